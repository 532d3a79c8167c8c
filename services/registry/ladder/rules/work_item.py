"""Which cases of the registry wait, for whom, and what is asked."""

from services.registry.ladder.rules.register_application import RegisterStatus
from shared.kernel.actor import Role

APPLICATION_WAITS_FOR: dict[RegisterStatus, Role] = {
    RegisterStatus.SUBMITTED: Role.DISTRICT,
    RegisterStatus.RETURNED: Role.ENTERPRISE,
    RegisterStatus.CHECKED: Role.CITY,
}
"""Status of an open application → whose turn it is."""
APPLICATION_ASKS: dict[RegisterStatus, tuple[str, str]] = {
    RegisterStatus.SUBMITTED: ("待区县审核", "to be checked by the district"),
    RegisterStatus.RETURNED: ("待补正后重新提交", "to be corrected and submitted again"),
    RegisterStatus.CHECKED: ("待入库", "to be listed by the city"),
}
"""What is asked, in Chinese and English."""
FILING_ASKS = ("草稿待提交", "a draft to be submitted")
"""〃"""

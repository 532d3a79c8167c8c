"""Which cases of lending wait, for whom, and what is asked."""

from services.finance.lending.rules.cover import CoverStatus
from services.finance.lending.rules.loan_application import ApplicationStatus
from shared.kernel.actor import Role

APPLICATION_WAITS_FOR: dict[ApplicationStatus, Role] = {
    ApplicationStatus.SUBMITTED: Role.BANK,
    ApplicationStatus.BANK_REVIEW: Role.BANK,
    ApplicationStatus.RETURNED: Role.ENTERPRISE,
    ApplicationStatus.APPROVED: Role.BANK,
}
"""Status of an open application → whose turn it is."""
ANSWER_RUNS = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.BANK_REVIEW})
"""Where the clock of the bank's answer runs."""
COVER_WAITS_FOR: dict[CoverStatus, Role] = {CoverStatus.FILED: Role.FUND_MANAGER}
"""Status of open cover → whose turn it is."""
APPLICATION_ASKS: dict[ApplicationStatus, tuple[str, str]] = {
    ApplicationStatus.SUBMITTED: ("待受理", "to be taken into review"),
    ApplicationStatus.BANK_REVIEW: ("待批复", "to be decided"),
    ApplicationStatus.RETURNED: ("待更正后重新提交", "to be corrected and submitted again"),
    ApplicationStatus.APPROVED: ("待签约", "to be signed"),
}
"""What is asked, in Chinese and English."""
COVER_ASKS: dict[CoverStatus, tuple[str, str]] = {CoverStatus.FILED: ("待审核备案", "cover to be decided")}
"""What is asked, in Chinese and English."""

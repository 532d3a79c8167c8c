"""Which rights wait, for whom, and what is asked."""

from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind

WAITS_FOR: dict[WorkKind, Role] = {
    WorkKind.RIGHT_ATTESTATION: Role.IP_CENTRE,
    WorkKind.RIGHT_HELD_MOVE: Role.IP_CENTRE,
    WorkKind.ANNUITY: Role.ENTERPRISE,
}
"""Kind of waiting right → whose turn it is."""
ASKS: dict[WorkKind, tuple[str, str]] = {
    WorkKind.RIGHT_ATTESTATION: ("待核验企业申报的权利", "a right that a firm declared, to be attested"),
    WorkKind.RIGHT_HELD_MOVE: (
        "有暂存的状态变动，待登记所缺变动或更正",
        "a change of status that does not follow from the one before: record what is missing, or correct it",
    ),
    WorkKind.ANNUITY: ("待缴专利年费", "annual fee of a patent to be paid"),
}
"""What is asked, in Chinese and English."""
OF_ALL = frozenset(WAITS_FOR) - {WorkKind.ANNUITY}
"""Kinds that the city and the auditor see too; a fee is between a firm and the patent office."""

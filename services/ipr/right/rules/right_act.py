"""What may be done with a right: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass

from services.ipr.right.rules import blemish as blemish_rules
from services.ipr.right.rules import right as rules
from services.ipr.right.rules import right_owner as owner_rules
from services.ipr.right.rules import right_term as term_rules
from services.ipr.right.rules.blemish import BlemishKind, OpenBlemish
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.action import Act, Bodies
from shared.kernel.evidence import EvidenceLevel

_ONE = "/v1/ip-rights/{right_id}"
_MOVE = "ipr.right:move"
BODIES: Bodies = dict.fromkeys(rules.REGISTRARS)
"""Whose acts these are: whoever enters what the registering bodies say, for any right."""


@dataclass(frozen=True, slots=True)
class RightStanding:
    """How a right stands today, as far as acts depend on it.

    Attributes:
        kind: of the right.
        status: its legal status.
        level: of the evidence that it stands on.
        open_cases: accepted cases against it that are not closed.
    """

    kind: RightKind
    status: LegalStatus
    level: EvidenceLevel
    open_cases: tuple[OpenBlemish, ...]


def _any(_: RightStanding) -> None:
    """Refuse nothing: a move or a correction is judged by its words and the whole history."""


ACTS: tuple[Act[RightStanding], ...] = (
    Act(
        name="attest",
        label_zh="核验",
        label_en="Attest",
        operation=f"POST {_ONE}:attest",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: rules.attestable(case.level),
    ),
    Act(
        name="move",
        label_zh="登记法律状态变动",
        label_en="Record a change of status",
        operation=f"POST {_ONE}:move",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=_any,
    ),
    Act(
        name="correct",
        label_zh="更正法律状态",
        label_en="Correct a status",
        operation=f"POST {_ONE}:correct",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=_any,
    ),
    Act(
        name="transfer",
        label_zh="登记权利转移",
        label_en="Record a transfer",
        operation=f"POST {_ONE}:transfer",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: owner_rules.transferable(case.status),
    ),
    Act(
        name="extend",
        label_zh="登记续展或期限补偿",
        label_en="Record a renewal or compensation",
        operation=f"POST {_ONE}:extend",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: term_rules.extendable(case.kind),
    ),
    Act(
        name="mark-high-value",
        label_zh="认定高价值发明专利",
        label_en="Record a ground of high value",
        operation=f"POST {_ONE}:mark-high-value",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: rules.may_be_high_value(case.kind),
    ),
    Act(
        name="mark-blemish",
        label_zh="登记瑕疵",
        label_en="Record a blemish",
        operation=f"POST {_ONE}:mark-blemish",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: blemish_rules.markable(
            case.status, [one.kind for one in case.open_cases], list(BlemishKind)
        ),
    ),
    Act(
        name="clear-blemish",
        label_zh="清除瑕疵",
        label_en="Clear a blemish",
        operation=f"POST {_ONE}:clear-blemish",
        scope=_MOVE,
        roles=rules.REGISTRARS,
        check=lambda case: blemish_rules.clearable(case.open_cases),
    ),
)
"""In the order in which they are offered."""

"""What may be done with an application for the register: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.registry.ladder.rules import register_application as rules
from services.registry.ladder.rules.register_application import RegisterStatus
from shared.kernel.action import Act
from shared.kernel.actor import Role

_ONE = "/v1/register-applications/{application_id}"
_REASONS = "GET /v1/register-applications/reasons"
_FIRM, _DISTRICT, _CITY = frozenset({Role.ENTERPRISE}), frozenset({Role.DISTRICT}), frozenset({Role.CITY})
_APPLY, _CHECK, _LIST = "registry.register:apply", "registry.register:check", "registry.register:list"


@dataclass(frozen=True, slots=True)
class RegisterStanding:
    """How an application stands, as far as acts depend on it; the check is due on `check_due_on`."""

    status: RegisterStatus
    check_due_on: date


def _check_due(case: RegisterStanding) -> date:
    return case.check_due_on


ACTS: tuple[Act[RegisterStanding], ...] = (
    Act(
        name="pass",
        label_zh="审核通过",
        label_en="Pass",
        operation=f"POST {_ONE}:check",
        scope=_CHECK,
        roles=_DISTRICT,
        check=lambda case: rules.checkable(case.status),
        due_on=_check_due,
    ),
    Act(
        name="return",
        label_zh="退回企业补正",
        label_en="Return to the enterprise",
        operation=f"POST {_ONE}:check",
        scope=_CHECK,
        roles=_DISTRICT,
        check=lambda case: rules.checkable(case.status),
        needs_reason=True,
        due_on=_check_due,
    ),
    Act(
        name="reject",
        label_zh="不予通过",
        label_en="Reject",
        operation=f"POST {_ONE}:check",
        scope=_CHECK,
        roles=_DISTRICT,
        check=lambda case: rules.checkable(case.status),
        needs_reason=True,
        reasons=_REASONS,
        due_on=_check_due,
    ),
    Act(
        name="list",
        label_zh="入库并编号",
        label_en="List and number",
        operation=f"POST {_ONE}:list",
        scope=_LIST,
        roles=_CITY,
        check=lambda case: rules.listable(case.status),
    ),
    Act(
        name="review-return",
        label_zh="退回企业补正",
        label_en="Return to the enterprise",
        operation=f"POST {_ONE}:review",
        scope=_LIST,
        roles=_CITY,
        check=lambda case: rules.listable(case.status),
        needs_reason=True,
    ),
    Act(
        name="review-reject",
        label_zh="不予入库",
        label_en="Do not list",
        operation=f"POST {_ONE}:review",
        scope=_LIST,
        roles=_CITY,
        check=lambda case: rules.listable(case.status),
        needs_reason=True,
        reasons=_REASONS,
    ),
    Act(
        name="resubmit",
        label_zh="补正后重新提交",
        label_en="Correct and submit again",
        operation=f"POST {_ONE}:resubmit",
        scope=_APPLY,
        roles=_FIRM,
        check=lambda case: rules.correctable(case.status),
    ),
    Act(
        name="withdraw",
        label_zh="撤回申请",
        label_en="Withdraw the application",
        operation=f"POST {_ONE}:withdraw",
        scope=_APPLY,
        roles=_FIRM,
        check=lambda case: rules.withdraw(case.status),
    ),
)
"""In the order in which they are offered."""

"""What may be done with a loan application: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date, datetime

from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.loan_application import ApplicationFlag, ApplicationStatus
from services.finance.partner.rules import consent as consent_rules
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope, HeldConsent
from shared.kernel.action import Act
from shared.kernel.actor import Role

_ONE = "/v1/loan-applications/{application_id}"
_FIRM, _BANK = frozenset({Role.ENTERPRISE}), frozenset({Role.BANK})
_APPLY, _DECIDE = "credit.application:write", "credit.decision:write"


@dataclass(frozen=True, slots=True)
class ApplicationStanding:
    """How an application stands today, as far as acts depend on it.

    Attributes:
        status: of the application.
        flag: what the bank is told; None where nothing changed.
        is_acknowledged: whether the bank has said that it saw the flag.
        answer_due_on: by when the bank answers.
        valid_until_on: last day of its approval; None before.
        today: in Chongqing.
        enterprise_uscc: the firm.
        consents: all that the firm ever gave to the bank.
        now: instant at which they are judged.
    """

    status: ApplicationStatus
    flag: ApplicationFlag | None
    is_acknowledged: bool
    answer_due_on: date
    valid_until_on: date | None
    today: date
    enterprise_uscc: str
    consents: tuple[HeldConsent, ...]
    now: datetime

    @property
    def open_flag(self) -> ApplicationFlag | None:
        """What the bank has not acknowledged yet."""
        return None if self.is_acknowledged else self.flag


def _answer_due(case: ApplicationStanding) -> date:
    return case.answer_due_on


def _approvable(case: ApplicationStanding) -> None:
    rules.approvable(case.status, case.open_flag)
    consent_rules.require(
        case.consents,
        enterprise_uscc=case.enterprise_uscc,
        purpose=ConsentPurpose.LOAN_APPLICATION,
        scope=ConsentScope.EVALUATION_RESULT,
        now=case.now,
    )


ACTS: tuple[Act[ApplicationStanding], ...] = (
    Act(
        name="accept",
        label_zh="受理",
        label_en="Take into review",
        operation=f"POST {_ONE}:accept",
        scope=_DECIDE,
        roles=_BANK,
        check=lambda case: rules.accept(case.status),
        due_on=_answer_due,
    ),
    Act(
        name="acknowledge",
        label_zh="确认评价变化",
        label_en="Acknowledge what changed",
        operation=f"POST {_ONE}:acknowledge",
        scope=_DECIDE,
        roles=_BANK,
        check=lambda case: rules.acknowledge(case.flag, acknowledged=case.is_acknowledged),
    ),
    Act(
        name="approve",
        label_zh="批复",
        label_en="Approve",
        operation=f"POST {_ONE}:approve",
        scope=_DECIDE,
        roles=_BANK,
        check=_approvable,
        due_on=_answer_due,
    ),
    Act(
        name="return",
        label_zh="退回企业补正",
        label_en="Return to the firm",
        operation=f"POST {_ONE}:return",
        scope=_DECIDE,
        roles=_BANK,
        check=lambda case: rules.send_back(case.status),
        needs_reason=True,
        due_on=_answer_due,
    ),
    Act(
        name="reject",
        label_zh="拒绝",
        label_en="Reject",
        operation=f"POST {_ONE}:reject",
        scope=_DECIDE,
        roles=_BANK,
        check=lambda case: rules.rejectable(case.status),
        needs_reason=True,
        reasons="GET /v1/loan-applications/reasons",
        due_on=_answer_due,
    ),
    Act(
        name="sign",
        label_zh="登记签约",
        label_en="Record the contract",
        operation=f"POST {_ONE}:sign",
        scope=_DECIDE,
        roles=_BANK,
        check=lambda case: rules.signable(case.status, case.valid_until_on, case.today),
        due_on=lambda case: case.valid_until_on,
    ),
    Act(
        name="resubmit",
        label_zh="更正后重新提交",
        label_en="Correct and submit again",
        operation=f"POST {_ONE}:resubmit",
        scope=_APPLY,
        roles=_FIRM,
        check=lambda case: rules.resubmit(case.status),
    ),
    Act(
        name="cancel",
        label_zh="撤销申请",
        label_en="Withdraw the application",
        operation=f"POST {_ONE}:cancel",
        scope=_APPLY,
        roles=_FIRM,
        check=lambda case: rules.cancel(case.status),
    ),
)
"""In the order in which they are offered."""

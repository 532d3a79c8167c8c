"""What may be done with a drawdown: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.finance.lending.rules import cover as cover_rules
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules.drawdown import DrawdownStatus
from shared.kernel.action import Act
from shared.kernel.actor import Role
from shared.kernel.workday import WorkCalendar
from shared.policy.rule_set import RuleSet

_ONE = "/v1/drawdowns/{drawdown_id}"
_BANK = frozenset({Role.BANK})


@dataclass(frozen=True, slots=True)
class DrawdownStanding:
    """How a drawdown stands today, as far as acts depend on it.

    Attributes:
        status: of the drawdown.
        starts_on: day of the pay-out.
        matures_on: day by which it is repaid.
        outstanding_fen: principal owed, in fen.
        is_filed: whether cover was ever filed for it.
        policy: rules of the fund on the day of the pay-out.
        calendar: working days as they are known now.
        today: in Chongqing.
    """

    status: DrawdownStatus
    starts_on: date
    matures_on: date
    outstanding_fen: int
    is_filed: bool
    policy: RuleSet
    calendar: WorkCalendar
    today: date


def _file(case: DrawdownStanding) -> None:
    cover_rules.file(
        case.policy,
        starts_on=case.starts_on,
        status=case.status,
        filed_before=case.is_filed,
        today=case.today,
        calendar=case.calendar,
    )


def _filing_due(case: DrawdownStanding) -> date:
    return cover_rules.filing_due(case.policy, starts_on=case.starts_on, calendar=case.calendar).on


ACTS: tuple[Act[DrawdownStanding], ...] = (
    Act(
        name="repay",
        label_zh="登记还款",
        label_en="Record a repayment",
        operation=f"POST {_ONE}/repayments",
        scope="credit.loan:write",
        roles=_BANK,
        check=lambda case: rules.repayable(case.outstanding_fen),
        due_on=lambda case: case.matures_on,
    ),
    Act(
        name="cover",
        label_zh="申请备案",
        label_en="File for cover",
        operation=f"POST {_ONE}/cover",
        scope="fund.cover:write",
        roles=_BANK,
        check=_file,
        due_on=_filing_due,
    ),
)
"""In the order in which they are offered."""

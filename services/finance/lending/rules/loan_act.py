"""What may be done with a signed loan: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules.loan import LoanState
from shared.kernel.action import Act
from shared.kernel.actor import Role


@dataclass(frozen=True, slots=True)
class LoanStanding:
    """How a loan stands, as far as acts depend on it: its principal in fen, its balances, and the day of drawing."""

    principal_fen: int
    state: LoanState
    draw_until_on: date


ACTS: tuple[Act[LoanStanding], ...] = (
    Act(
        name="draw",
        label_zh="登记放款",
        label_en="Record a drawdown",
        operation="POST /v1/loans/{loan_id}/drawdowns",
        scope="credit.loan:write",
        roles=frozenset({Role.BANK}),
        check=lambda case: rules.drawable(case.principal_fen, case.state),
        due_on=lambda case: case.draw_until_on,
    ),
)
"""In the order in which they are offered."""

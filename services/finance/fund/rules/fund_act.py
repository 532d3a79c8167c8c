"""What may be done with a unit's account of the fund: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.finance.fund.rules import fund_account as rules
from shared.kernel.action import Act
from shared.kernel.actor import Role


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """How an account stands, as far as acts depend on it: whose it is, and the day in Chongqing."""

    unit_id: str
    today: date


ACTS: tuple[Act[AccountStanding], ...] = (
    Act(
        name="contribute",
        label_zh="登记出资到账",
        label_en="Record a contribution",
        operation="POST /v1/fund-accounts/{unit_id}/contributions",
        scope="fund.account:write",
        roles=frozenset({Role.CITY}),
        check=lambda case: rules.open_to_money(case.unit_id, case.today),
    ),
)
"""In the order in which they are offered."""

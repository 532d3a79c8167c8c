"""Acts on accounts of the fund: offered where the rule takes them, to whom the use case admits."""

from datetime import date
from itertools import product

import pytest

from services.finance.fund.rules import fund_account as rules
from services.finance.fund.rules import fund_act
from services.finance.fund.rules.fund_act import AccountStanding
from shared.kernel.action import Bodies, actions
from shared.kernel.actor import Role
from tests.unit.finance.lending.test_acts import ROLES, accepts, callers

BODIES: Bodies = {Role.CITY: None}
STANDINGS = [
    AccountStanding(unit_id, today)
    for unit_id, today in product(("500107", "500105", "CQ-GX", "nowhere"), (date(2025, 11, 5), date(2026, 6, 10)))
]


@pytest.mark.parametrize("role", ROLES)
def test_a_contribution_is_offered_to_the_city_while_the_unit_reports(role: Role) -> None:
    offers = 0
    for (who, _is_own), case in product(callers(role), STANDINGS):
        told = [one.name for one in actions(fund_act.ACTS, case, who, BODIES)]
        taken = role is Role.CITY and accepts(lambda one: rules.open_to_money(one.unit_id, one.today), case)
        assert told == (["contribute"] if taken else []), (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.CITY)


def test_money_for_a_unit_that_ended_is_offered_no_more() -> None:
    before, after = (AccountStanding("500105", day) for day in (date(2025, 11, 5), date(2025, 11, 6)))
    (city, _), *_ = callers(Role.CITY)
    assert actions(fund_act.ACTS, before, city, BODIES)
    assert actions(fund_act.ACTS, after, city, BODIES) == []

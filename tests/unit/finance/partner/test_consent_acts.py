"""Acts on consents: its firm withdraws it once, nobody else does."""

from datetime import UTC, datetime
from itertools import product

import pytest

from services.finance.partner.rules import consent as rules
from services.finance.partner.rules import consent_act
from services.finance.partner.rules.consent_act import ConsentStanding
from shared.kernel.action import Bodies, actions
from shared.kernel.actor import Role
from tests.unit.finance.builders import BANK, BOOK, TODAY
from tests.unit.finance.lending.test_acts import FIRM, ROLES, accepts, callers

POLICY = BOOK.pick(rules.POLICY, TODAY)
NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)
BODIES: Bodies = {Role.ENTERPRISE: FIRM, Role.BANK: BANK}
STANDINGS = [ConsentStanding(None), ConsentStanding(NOW)]


def _withdraws(case: ConsentStanding) -> None:
    rules.revoke(POLICY, revoked_at=case.revoked_at, now=NOW, today=TODAY)


@pytest.mark.parametrize("role", ROLES)
def test_its_withdrawal_is_offered_to_the_firm_that_gave_it_until_it_is_made(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role), STANDINGS):
        told = [one.name for one in actions(consent_act.ACTS, case, who, BODIES)]
        taken = role is Role.ENTERPRISE and is_own and accepts(_withdraws, case)
        assert told == (["withdraw"] if taken else []), (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.ENTERPRISE)


@pytest.mark.parametrize(
    ("revoked", "after_s", "is_open"), [(False, 1, True), (False, 0, False), (True, 1, False), (True, 0, False)]
)
def test_a_consent_is_open_until_its_end_or_its_withdrawal(revoked: bool, after_s: int, is_open: bool) -> None:
    expires_at = datetime.fromtimestamp(NOW.timestamp() + after_s, UTC)
    assert rules.is_open(revoked_at=NOW if revoked else None, expires_at=expires_at, now=NOW) is is_open

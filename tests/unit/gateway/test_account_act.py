"""Administration of accounts: who administers whom, and every act over state, role and own or another's account."""

from itertools import product

import pytest

from gateway.rules import account_act as rules
from gateway.rules.account import AccountTerms
from gateway.rules.account_act import ADMINISTRATION, AccountStanding
from gateway.rules.client import AccountStatus
from shared.kernel.action import actions
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal

BANK_A, BANK_B = "91500000DEMBANKA1R", "91500000MA5U0000XY"
REFUSED_TO_OWN = {"suspend", "reset-password", "end-sessions"}


def actor(role: Role, party: str | None = None, *, scopes: frozenset[str] = ADMINISTRATION) -> Actor:
    return Actor(client_id="person.x", role=role, scopes=scopes, party=party)


def terms(role: Role, party: str | None = None, scopes: list[str] | None = None) -> AccountTerms:
    return AccountTerms(login="zhang", role=role, party=party, scopes=scopes or [])


def test_an_administrator_of_a_body_makes_people_of_that_body_alone_and_no_administrator() -> None:
    own = actor(Role.BANK, BANK_A)
    rules.admit_body(own, terms(Role.BANK, BANK_A))
    for wanted in (
        terms(Role.BANK, BANK_B),
        terms(Role.BANK),
        terms(Role.CITY),
        terms(Role.OPERATOR),
        terms(Role.BANK, BANK_A, ["access.account:read"]),
    ):
        with pytest.raises(Refusal) as refused:
            rules.admit_body(own, wanted)
        assert refused.value.code.code == "forbidden_role"
        for role in rules.PLATFORM:
            rules.admit_body(actor(role), wanted)


@pytest.mark.parametrize(
    ("status", "is_own", "role", "party", "has_scope"),
    list(product(AccountStatus, (True, False), (Role.OPERATOR, Role.BANK, Role.CITY), (BANK_A, BANK_B), (True, False))),
)
def test_what_is_offered_is_what_is_not_refused(
    status: AccountStatus, is_own: bool, role: Role, party: str, has_scope: bool
) -> None:
    case = AccountStanding(status, is_own)
    scopes = ADMINISTRATION if has_scope else frozenset()
    reader = actor(role, party if role is Role.BANK else None, scopes=scopes)
    offered = {one.name for one in actions(rules.ACTS, case, reader, {Role.OPERATOR: None, Role.BANK: BANK_A})}
    expected = set()
    if has_scope and (role is Role.OPERATOR or (role is Role.BANK and party == BANK_A)):
        expected = {"resume"} if status is AccountStatus.SUSPENDED else {"suspend"}
        expected |= {"reset-password", "end-sessions"}
        expected -= REFUSED_TO_OWN if is_own else set()
    assert offered == expected


def test_an_identity_is_bound_where_an_issuer_is_set() -> None:
    rules.bindable(AccountStanding(AccountStatus.ACTIVE, is_own=False, has_issuer=True))
    for is_own, has_issuer, code in ((True, True, "account_is_own"), (False, False, "issuer_not_set")):
        with pytest.raises(Refusal) as refused:
            rules.bindable(AccountStanding(AccountStatus.ACTIVE, is_own=is_own, has_issuer=has_issuer))
        assert refused.value.code.code == code

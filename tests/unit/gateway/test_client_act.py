"""What the operator may do with a client: every act over state, role and own or another's client."""

from itertools import product

import pytest

from gateway.rules import client_act as rules
from gateway.rules.client import AccountStatus
from gateway.rules.client_act import ClientStanding
from shared.kernel.action import actions
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal

CHECKS = {"suspend": rules.suspendable, "resume": rules.resumable, "renew-secret": rules.renewable}


@pytest.mark.parametrize(
    ("status", "is_own", "role", "has_scope"),
    list(product(AccountStatus, (True, False), (Role.OPERATOR, Role.CITY, Role.BANK), (True, False))),
)
def test_what_is_offered_is_what_is_not_refused(
    status: AccountStatus, is_own: bool, role: Role, has_scope: bool
) -> None:
    case = ClientStanding(status, is_own=is_own)
    reader = Actor(client_id="person.x", role=role, scopes=frozenset({rules.WRITE}) if has_scope else frozenset())
    offered = {one.name for one in actions(rules.ACTS, case, reader, {Role.OPERATOR: None})}
    expected: set[str] = set()
    if role is Role.OPERATOR and has_scope:
        expected = {"renew-secret", "resume"} if status is AccountStatus.SUSPENDED else {"renew-secret", "suspend"}
        expected -= {"suspend"} if is_own else set()
    assert offered == expected
    for name, check in CHECKS.items():
        may = name == "renew-secret" or name in (
            {"resume"} if status is AccountStatus.SUSPENDED else {"suspend"} - ({"suspend"} if is_own else set())
        )
        if may:
            check(case)
        else:
            with pytest.raises(Refusal):
                check(case)

"""Each role has the scopes of its work, and the services themselves have none."""

import pytest

from shared.kernel.actor import Role
from shared.kernel.role_scope import known_scopes, scopes_of


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_role_that_a_client_may_have_has_scopes_each_once(role: Role) -> None:
    scopes = scopes_of(role.value)
    assert scopes
    assert len(set(scopes)) == len(scopes)
    assert set(scopes) <= known_scopes()


def test_the_services_themselves_are_no_clients() -> None:
    with pytest.raises(KeyError):
        scopes_of(Role.SYSTEM.value)


def test_who_checks_does_not_list_and_who_lends_does_not_cover() -> None:
    assert "registry.register:check" in scopes_of("district")
    assert "registry.register:list" not in scopes_of("district")
    assert "fund.cover:decide" not in scopes_of("bank")
    assert not [scope for scope in scopes_of("auditor") if not scope.endswith(":read")]


def test_the_auditor_reads_whatever_is_kept_but_what_a_consent_opens_and_what_operators_mend() -> None:
    reads = {scope for scope in known_scopes() if scope.endswith(":read")}
    assert reads - set(scopes_of("auditor")) == {
        "ipr.sheet:read",
        "operation.dead_letter:read",
        "operation.suite:read",
        "access.account:read",
        "access.client:read",
    }

"""What a client needs, and what it is granted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.client import AccountStatus, ClientTerms, OAuthError, admit, grant
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SCOPES = st.lists(st.sampled_from(["a:read", "a:write", "b:read", "c:decide"]), max_size=4)


def terms(**values: object) -> ClientTerms:
    base = {"client_id": "c", "role": "city", "scopes": [], "title_zh": "示例", "title_en": "Demo"}
    return ClientTerms.model_validate({**base, **values})


@pytest.mark.parametrize(
    ("role", "pointer"),
    [("enterprise", "/party"), ("bank", "/party"), ("agency", "/party"), ("district", "/unit_id")],
)
def test_a_client_without_the_body_it_acts_for_is_refused(role: str, pointer: str) -> None:
    with pytest.raises(Refusal) as refusal:
        admit(terms(role=role))
    assert (refusal.value.code.code, refusal.value.pointer) == ("client_role_unusable", pointer)
    assert admit(terms(role=role, party="91500000MA5U0000XY", unit_id="500107")).role is Role(role)


def test_nobody_is_given_the_role_of_the_services() -> None:
    with pytest.raises(Refusal) as refusal:
        admit(terms(role="system"))
    assert refusal.value.pointer == "/role"


@given(held=SCOPES, asked=SCOPES)
def test_a_grant_never_exceeds_what_the_client_holds(held: list[str], asked: list[str]) -> None:
    given = grant(
        status=AccountStatus.ACTIVE, held=held, asked=" ".join(asked) or None, now=NOW, lifetime=timedelta(minutes=10)
    )
    assert set(given.scopes) <= set(held)
    if not set(asked) <= set(held):
        assert (given.scopes, given.error) == ((), OAuthError.INVALID_SCOPE)
    else:
        assert (set(given.scopes), given.error) == (set(asked) or set(held), None)
    assert given.expires_at - given.issued_at == timedelta(minutes=10)


@given(held=SCOPES, asked=SCOPES)
def test_a_suspended_client_is_granted_nothing(held: list[str], asked: list[str]) -> None:
    given = grant(
        status=AccountStatus.SUSPENDED, held=held, asked=" ".join(asked), now=NOW, lifetime=timedelta(minutes=10)
    )
    assert (given.scopes, given.error) == ((), OAuthError.UNAUTHORIZED_CLIENT)

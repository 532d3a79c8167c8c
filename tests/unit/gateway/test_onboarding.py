"""An operator registers existing bodies only, with no scope beyond their role."""

from datetime import date

import pytest

from gateway.rules.client import ClientTerms, onboard
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.role_scope import scopes_of

TODAY = date(2026, 11, 28)


def terms(**changes: object) -> ClientTerms:
    values: dict[str, object] = {
        "client_id": "bank-c",
        "role": "bank",
        "party": "91500000DEMBANKA1R",
        "scopes": list(scopes_of("bank")),
        "title_zh": "示例银行",
        "title_en": "Example bank",
    }
    return ClientTerms.model_validate(values | changes)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_role_can_be_onboarded_with_its_own_scopes(role: Role) -> None:
    found = terms(
        role=role,
        unit_id="500107" if role is Role.DISTRICT else None,
        scopes=list(scopes_of(role.value)),
    )
    assert onboard(found, TODAY) == found


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"party": None}, "client_role_unusable"),
        ({"party": "91500000DEMBANKA1X"}, "client_party_invalid"),
        ({"role": "district", "party": None, "scopes": [], "unit_id": "500999"}, "client_unit_unknown"),
        # Jiangbei was taken over by the Liangjiang New Area on 2025-11-06.
        ({"role": "district", "party": None, "scopes": [], "unit_id": "500105"}, "client_unit_unknown"),
        ({"scopes": ["credit.application:read", "fund.cover:decide"]}, "client_scope_beyond_role"),
        ({"scopes": ["credit.aplication:read"]}, "client_scope_beyond_role"),
    ],
)
def test_a_body_that_does_not_exist_and_a_scope_beyond_the_role_are_refused(
    changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        onboard(terms(**changes), TODAY)
    assert refused.value.code.code == code

"""Acts that services offer name operations that exist, with the scope that these demand."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.rules import account_act
from services.finance.fund.rules import fund_act
from services.finance.lending.rules import application_act, cover_act, drawdown_act, loan_act
from services.finance.partner.rules import consent_act
from services.ipr.right.rules import right_act
from services.registry.enterprise.rules import filing_act
from services.registry.ladder.rules import register_application_act
from services.techtransfer.listing.rules import listing_act
from shared.kernel.action import Act
from shared.kernel.role_scope import scopes_of
from shared.web.edge import EdgeRoute
from tests.support.contracts import application

ACTS: dict[str, Sequence[Act[Any]]] = {
    "finance": (
        *consent_act.ACTS,
        *application_act.ACTS,
        *loan_act.ACTS,
        *drawdown_act.ACTS,
        *cover_act.ACTS,
        *fund_act.ACTS,
    ),
    "gateway": account_act.ACTS,
    "registry": (*filing_act.ACTS, *register_application_act.ACTS),
    "ipr": right_act.ACTS,
    "techtransfer": tuple(act for acts in listing_act.ACTS.values() for act in acts),
}


def operations(name: str) -> dict[str, str]:
    """Return the operations of a service with their scopes."""
    return {
        f"{method} {one.path_format}": one.edge_rule.scope
        for one in application(name).routes
        if isinstance(one, EdgeRoute)
        for method in one.methods or ()
    }


@pytest.mark.parametrize("name", ACTS)
def test_every_act_names_an_operation_with_its_scope(name: str) -> None:
    known = operations(name)
    assert len(known) > 20
    assert {one.operation: one.scope for one in ACTS[name]}.items() <= known.items()
    assert {one.reasons for one in ACTS[name]} - {None} <= known.keys()


@pytest.mark.parametrize("name", ACTS)
def test_an_act_has_a_role_that_holds_its_scope_unless_told_otherwise(name: str) -> None:
    for one in ACTS[name]:
        # Administration is given to single people, whatever their role.
        given = one.scope in account_act.ADMINISTRATION
        assert given or any(one.scope in scopes_of(role.value) for role in one.roles), one.name


@pytest.mark.parametrize("name", ACTS)
def test_a_coded_reason_is_demanded_where_a_list_of_them_is_named(name: str) -> None:
    assert [one.name for one in ACTS[name] if one.reasons is not None and not one.needs_reason] == []

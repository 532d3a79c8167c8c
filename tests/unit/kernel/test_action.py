"""What a reader may do with a case: whose it is, by which role and scope, and in which state."""

from datetime import date

import pytest

from shared.kernel.action import Act, actions, acts_for
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND

DAY = date(2026, 11, 27)


def _open(case: str) -> None:
    if case != "OPEN":
        raise Refusal(NOT_FOUND, noun="case")


ACT: Act[str] = Act(
    name="close",
    label_zh="办结",
    label_en="Close",
    operation="POST /v1/cases/{case_id}:close",
    scope="case:write",
    roles=frozenset({Role.BANK, Role.DISTRICT}),
    check=_open,
    due_on=lambda _: DAY,
)
BODIES = {Role.BANK: "bank-a", Role.DISTRICT: "500107", Role.ENTERPRISE: "firm", Role.FUND_MANAGER: None}


def actor(role: Role, party: str | None = None, unit_id: str | None = None, scope: str = "case:write") -> Actor:
    return Actor("client", role, frozenset({scope}), party, unit_id)


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        (actor(Role.BANK, "bank-a"), ["close"]),
        (actor(Role.BANK, "bank-b"), []),
        (actor(Role.BANK), []),
        (actor(Role.DISTRICT, unit_id="500107"), ["close"]),
        (actor(Role.DISTRICT, unit_id="500106"), []),
        (actor(Role.DISTRICT, party="500107"), []),
        (actor(Role.ENTERPRISE, "firm"), []),
        (actor(Role.CITY), []),
        (actor(Role.BANK, "bank-a", scope="case:read"), []),
    ],
)
def test_an_act_is_offered_to_the_body_whose_the_case_is_and_to_no_other(who: Actor, offered: list[str]) -> None:
    assert [one.name for one in actions([ACT], "OPEN", who, BODIES)] == offered
    assert actions([ACT], "CLOSED", who, BODIES) == []


def test_a_case_of_any_body_of_a_role_belongs_to_all_of_them() -> None:
    assert acts_for(actor(Role.FUND_MANAGER), BODIES)
    assert acts_for(actor(Role.FUND_MANAGER, "any"), BODIES)
    assert not acts_for(actor(Role.AUDITOR), BODIES)


def test_an_offered_act_says_its_operation_and_its_day() -> None:
    (told,) = actions([ACT], "OPEN", actor(Role.BANK, "bank-a"), BODIES)
    assert (told.operation, told.due_on, told.reasons) == ("POST /v1/cases/{case_id}:close", DAY, None)

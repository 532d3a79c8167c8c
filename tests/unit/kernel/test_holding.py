"""Who of a body has a waiting case: taken once, handed over knowingly, never beyond the body."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.holding import Holder, check_colleague, check_turn, handed_over, take_case

NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=2)
ME = Actor(client_id="person.me", role=Role.BANK, party="91500000DEMBANKA1R")
MINE, THEIRS = Holder("person.me", BEFORE), Holder("person.other", BEFORE)


def test_a_case_that_nobody_has_is_taken_and_ones_own_stays_since_it_was_taken() -> None:
    assert take_case(None, ME, NOW) == Holder("person.me", NOW)
    assert take_case(MINE, ME, NOW) == MINE


def test_a_case_that_a_colleague_has_is_refused_with_who_and_since_when() -> None:
    with pytest.raises(Refusal) as refused:
        take_case(THEIRS, ME, NOW)
    assert refused.value.code.code == "work_item_held"
    assert refused.value.details == {"holder": "person.other", "since_at": BEFORE}


def test_a_case_goes_to_a_colleague_or_back_to_nobody_also_from_a_colleague_who_is_away() -> None:
    assert handed_over(MINE, held_by="person.me", to="person.other", now=NOW) == Holder("person.other", NOW)
    assert handed_over(THEIRS, held_by="person.other", to="person.me", now=NOW) == Holder("person.me", NOW)
    assert handed_over(MINE, held_by="person.me", to=None, now=NOW) is None


def test_a_hand_over_that_does_not_know_who_has_the_case_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        handed_over(THEIRS, held_by="person.me", to=None, now=NOW)
    assert refused.value.code.code == "work_item_held"
    with pytest.raises(Refusal) as refused:
        handed_over(None, held_by="person.me", to="person.other", now=NOW)
    assert refused.value.code.code == "work_item_free"


def test_a_hand_over_that_was_done_already_changes_nothing() -> None:
    assert handed_over(THEIRS, held_by="person.me", to="person.other", now=NOW) == THEIRS


def test_a_case_that_waits_for_another_body_is_not_ones_own_to_take() -> None:
    check_turn(ME, Role.BANK)
    with pytest.raises(Refusal) as refused:
        check_turn(ME, Role.ENTERPRISE)
    assert refused.value.code.code == "forbidden_role"


@pytest.mark.parametrize(
    "other",
    [
        Actor(client_id="person.x", role=Role.BANK, party="91500000DEMBANKB2Y"),
        Actor(client_id="person.x", role=Role.ENTERPRISE, party="91500000DEMBANKA1R"),
        Actor(client_id="person.x", role=Role.BANK),
        Actor(client_id="person.x", role=Role.BANK, party="91500000DEMBANKA1R", unit_id="500107"),
    ],
)
def test_nobody_of_another_body_receives_a_case(other: Actor) -> None:
    with pytest.raises(Refusal) as refused:
        check_colleague(ME, other)
    assert (refused.value.code.code, refused.value.pointer) == ("colleague_unknown", "/to")

"""The legal status: every allowed move, every forbidden one, the order of dates, restoration and correction."""

from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import (
    LegalStatus,
    MoveState,
    RecordedMove,
    check_day,
    check_evidence,
    check_kind,
    correct,
    fold,
    in_order,
    last_day_to_restore,
    move,
)
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from tests.unit.ipr.rule_sets import book

S = LegalStatus
TODAY = date(2026, 11, 23)
RULES = book().pick("right_status", TODAY)

# Typed from the register's vocabulary: what may follow what.
AFTER_GRANT = "LAPSED_FEE EXPIRED ABANDONED INVALIDATION_DECIDED INVALID_FULL INVALID_PART"
ALLOWED = {
    "FILED": "PUBLISHED UNDER_EXAM GRANTED DEEMED_ABANDONED WITHDRAWN DEEMED_WITHDRAWN REJECTED",
    "PUBLISHED": "UNDER_EXAM WITHDRAWN DEEMED_WITHDRAWN REJECTED",
    "UNDER_EXAM": "PUBLISHED GRANTED DEEMED_ABANDONED WITHDRAWN DEEMED_WITHDRAWN REJECTED",
    "REJECTED": "UNDER_EXAM",
    "WITHDRAWN": "",
    "DEEMED_WITHDRAWN": "",
    "DEEMED_ABANDONED": "",
    "GRANTED": AFTER_GRANT,
    "RESTORED": AFTER_GRANT,
    "INVALID_PART": "LAPSED_FEE EXPIRED ABANDONED INVALIDATION_DECIDED INVALID_FULL",
    "INVALIDATION_DECIDED": "GRANTED INVALID_FULL INVALID_PART EXPIRED",
    "LAPSED_FEE": "RESTORED",
    "EXPIRED": "",
    "ABANDONED": "",
    "INVALID_FULL": "",
}
PAIRS = [(first, second) for first, second in product(S, S) if first is not second]
# A restored right is still called granted by the register, and a restoration may arrive before its lapse.
SAID_ALREADY = {(S.RESTORED, S.GRANTED)}
WAITS = {(one, S.RESTORED) for one in (S.GRANTED, S.INVALID_PART, S.INVALIDATION_DECIDED)}


def recorded(number: int, status: LegalStatus, on: date, **values: object) -> RecordedMove:
    given = {"notice_on": on, **values}
    return RecordedMove(  # type: ignore[misc]  # a table row
        move_id=UUID(int=number),
        recorded_no=number,
        to_status=status,
        effective_on=on,
        **given,  # type: ignore[arg-type]
    )


def moved(history: list[RecordedMove], new: RecordedMove) -> tuple[LegalStatus, bool]:
    found = move(history, new, kind=RightKind.INVENTION, rules=RULES, today=TODAY)
    return found.timeline.status, found.changed


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_move_is_allowed_exactly_as_the_register_knows_it(first: LegalStatus, second: LegalStatus) -> None:
    history = [recorded(1, first, date(2024, 1, 1))]
    new = recorded(2, second, date(2024, 2, 1))
    if second.value in ALLOWED[first.value].split():
        assert moved(history, new) == (second, True)
    elif (first, second) in SAID_ALREADY:
        assert moved(history, new) == (first, False)
    elif (first, second) in WAITS:
        assert moved(history, new) == (first, True)
    else:
        with pytest.raises(Refusal) as refusal:
            moved(history, new)
        assert refusal.value.code.code == "status_move_not_allowed"
        assert refusal.value.details == {"from_status": first.value, "to_status": second.value}


def test_two_moves_on_one_day_count_in_the_order_they_were_recorded() -> None:
    day = date(2024, 1, 1)
    history = [recorded(1, S.UNDER_EXAM, day)]
    assert moved(history, recorded(2, S.GRANTED, day)) == (S.GRANTED, True)
    with pytest.raises(Refusal) as refusal:
        moved([*history, recorded(2, S.GRANTED, day)], recorded(3, S.PUBLISHED, day))
    assert refusal.value.details == {"from_status": "GRANTED", "to_status": "PUBLISHED"}


def test_nothing_leaves_an_expired_or_a_fully_invalid_right() -> None:
    assert ALLOWED["EXPIRED"] == ALLOWED["INVALID_FULL"] == ""


@pytest.mark.parametrize("status", S)
def test_the_same_status_twice_changes_nothing(status: LegalStatus) -> None:
    history = [recorded(1, status, date(2024, 1, 1))]
    assert moved(history, recorded(2, status, date(2024, 1, 1))) == (status, False)
    assert moved(history, recorded(2, status, date(2024, 5, 1))) == (status, False)


@pytest.mark.parametrize(
    ("asked_on", "in_time"), [(date(2026, 5, 15), True), (date(2026, 5, 16), False), (date(2026, 3, 15), True)]
)
def test_restoration_is_asked_for_within_two_months_of_the_notice(asked_on: date, in_time: bool) -> None:
    lapse = recorded(2, S.LAPSED_FEE, date(2026, 3, 1), notice_on=date(2026, 3, 15))
    assert last_day_to_restore(lapse.notice_on, RULES) == date(2026, 5, 15)
    history = [recorded(1, S.GRANTED, date(2024, 1, 1)), lapse]
    restored = recorded(3, S.RESTORED, date(2026, 7, 1), requested_on=asked_on)
    if in_time:
        assert moved(history, restored) == (S.RESTORED, True)
    else:
        with pytest.raises(Refusal, match="restoration_too_late"):
            moved(history, restored)


def test_moves_count_in_the_order_of_their_dates_not_of_their_arrival() -> None:
    granted = recorded(1, S.GRANTED, date(2024, 1, 1))
    restored = recorded(2, S.RESTORED, date(2026, 4, 1))
    lapsed = recorded(3, S.LAPSED_FEE, date(2026, 3, 1))
    assert fold([granted, restored], RULES).states[restored.move_id] is MoveState.HELD
    assert moved([granted, restored], lapsed) == (S.RESTORED, True)
    assert [one.recorded_no for one in in_order([granted, restored, lapsed])] == [1, 3, 2]


def test_a_late_news_of_the_past_does_not_undo_what_followed() -> None:
    history = [recorded(1, S.GRANTED, date(2024, 1, 1)), recorded(2, S.LAPSED_FEE, date(2026, 3, 1))]
    with pytest.raises(Refusal) as refusal:
        moved(history, recorded(3, S.ABANDONED, date(2025, 3, 1)))
    assert refusal.value.code.code == "status_move_contradicts_later"
    with pytest.raises(Refusal, match="status_move_not_allowed"):
        moved(history, recorded(3, S.PUBLISHED, date(2023, 3, 1)))


@given(st.permutations([2, 3, 4]))
def test_whatever_the_order_of_arrival_what_is_sent_again_until_taken_leads_to_one_status(order: list[int]) -> None:
    news = {
        2: recorded(2, S.LAPSED_FEE, date(2025, 3, 1)),
        3: recorded(3, S.RESTORED, date(2025, 4, 1)),
        4: recorded(4, S.INVALIDATION_DECIDED, date(2026, 1, 1)),
    }
    history = [recorded(1, S.GRANTED, date(2024, 1, 1))]
    waiting = list(order)
    while waiting:
        refused = [number for number in waiting if not taken(history, news[number])]
        assert len(refused) < len(waiting)
        waiting = refused
    assert fold(history, RULES).status is S.INVALIDATION_DECIDED


def taken(history: list[RecordedMove], new: RecordedMove) -> bool:
    try:
        found = move(history, new, kind=RightKind.INVENTION, rules=RULES, today=TODAY)
    except Refusal:
        return False
    assert found.changed
    history.append(new)
    return True


def test_a_correction_keeps_the_wrong_move_and_takes_it_out_of_the_count() -> None:
    history = [recorded(1, S.GRANTED, date(2024, 1, 1)), recorded(2, S.LAPSED_FEE, date(2026, 3, 1))]
    after = corrected(history, 2)
    assert (after.status, after.states[UUID(int=2)]) == (S.GRANTED, MoveState.CORRECTED)
    replaced = corrected(history, 2, replacement=recorded(3, S.ABANDONED, date(2026, 2, 1)))
    assert (replaced.status, replaced.since_on) == (S.ABANDONED, date(2026, 2, 1))


def test_the_first_status_is_replaced_never_removed() -> None:
    history = [recorded(1, S.GRANTED, date(2024, 1, 1)), recorded(2, S.LAPSED_FEE, date(2026, 3, 1))]
    with pytest.raises(Refusal, match="status_move_not_allowed"):
        corrected(history, 1)
    after = corrected(history, 1, replacement=recorded(3, S.UNDER_EXAM, date(2023, 1, 1)))
    assert after.status is S.UNDER_EXAM
    assert after.states[UUID(int=2)] is MoveState.HELD


def test_a_correction_needs_evidence_as_strong_as_what_it_corrects() -> None:
    strong = recorded(2, S.LAPSED_FEE, date(2026, 3, 1), level=EvidenceLevel.AUTHORITY_FEED)
    history = [recorded(1, S.GRANTED, date(2024, 1, 1)), strong]
    with pytest.raises(Refusal, match="status_evidence_too_weak"):
        corrected(history, 2, level=EvidenceLevel.ATTESTED)
    assert corrected(history, 2, level=EvidenceLevel.AUTHORITY_FEED).status is S.GRANTED
    with pytest.raises(Refusal, match="move_unknown"):
        corrected(history, 9)
    with pytest.raises(Refusal, match="status_move_not_allowed"):
        corrected(history, 2, level=EvidenceLevel.AUTHORITY_FEED, replacement=recorded(3, S.PUBLISHED, TODAY))


def corrected(history: list[RecordedMove], number: int, **values: object):  # noqa: ANN201  # a Timeline
    given = {"level": EvidenceLevel.DOCUMENT, "replacement": None, **values}
    return correct(history, UUID(int=number), kind=RightKind.INVENTION, rules=RULES, today=TODAY, **given)  # type: ignore[arg-type]


def test_a_move_needs_a_document_at_least() -> None:
    for level in EvidenceLevel:
        if level is EvidenceLevel.DECLARED:
            with pytest.raises(Refusal, match="status_evidence_too_weak"):
                check_evidence(level, RULES)
        else:
            check_evidence(level, RULES)


def test_what_takes_effect_tomorrow_is_not_recorded_today() -> None:
    check_day(TODAY, TODAY)
    with pytest.raises(Refusal, match="status_move_in_future"):
        check_day(TODAY + timedelta(days=1), TODAY)


def test_only_kinds_with_annual_fees_lapse_for_an_unpaid_one() -> None:
    with_fee = {"INVENTION", "DEFENCE_PATENT", "UTILITY_MODEL", "DESIGN", "PLANT_VARIETY"}
    for kind in RightKind:
        if kind.value in with_fee:
            check_kind(kind, S.LAPSED_FEE, RULES)
        else:
            with pytest.raises(Refusal, match="status_kind_has_no_fee"):
                check_kind(kind, S.LAPSED_FEE, RULES)
        check_kind(kind, S.EXPIRED, RULES)

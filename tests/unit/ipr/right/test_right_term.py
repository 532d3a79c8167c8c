"""How long rights last, against dates worked out by hand from the laws."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_term import (
    TermFacts,
    extend,
    last_day,
    months_left,
    over_on,
    require_dates,
    start_of_term,
)
from shared.kernel.errors import Refusal
from tests.unit.ipr.rule_sets import book

K = RightKind


def facts(kind: RightKind, **dates: object) -> TermFacts:
    return TermFacts(kind=kind, **dates)  # type: ignore[arg-type]  # a table row


# kind, dates, last day in force
TERMS = [
    (facts(K.INVENTION, filed_on=date(2022, 3, 1)), date(2042, 2, 28)),
    (facts(K.INVENTION, filed_on=date(2004, 2, 29)), date(2024, 2, 28)),
    (facts(K.UTILITY_MODEL, filed_on=date(1999, 9, 6)), date(2009, 9, 5)),
    (facts(K.DESIGN, filed_on=date(2021, 5, 31)), date(2031, 5, 30)),
    (facts(K.DESIGN, filed_on=date(2021, 6, 1)), date(2036, 5, 31)),
    (facts(K.DEFENCE_PATENT, filed_on=date(2010, 7, 1)), date(2030, 6, 30)),
    (facts(K.SOFTWARE_COPYRIGHT, published_on=date(2020, 5, 1)), date(2070, 12, 31)),
    (facts(K.TRADEMARK, granted_on=date(2017, 2, 7)), date(2027, 2, 6)),
    (facts(K.IC_LAYOUT, filed_on=date(2020, 8, 1)), date(2030, 7, 31)),
    (facts(K.IC_LAYOUT, filed_on=date(2020, 8, 1), commercialised_on=date(2019, 1, 1)), date(2028, 12, 31)),
    (facts(K.IC_LAYOUT, filed_on=date(2020, 8, 1), completed_on=date(2012, 1, 1)), date(2026, 12, 31)),
    (facts(K.PLANT_VARIETY, granted_on=date(2025, 5, 31)), date(2040, 5, 30)),
    (facts(K.PLANT_VARIETY, granted_on=date(2025, 6, 1)), date(2045, 5, 31)),
    (facts(K.PLANT_VARIETY, granted_on=date(2025, 5, 31), woody=True), date(2045, 5, 30)),
    (facts(K.PLANT_VARIETY, granted_on=date(2025, 6, 1), woody=True), date(2050, 5, 31)),
    (facts(K.GEOGRAPHICAL_INDICATION), None),
    (facts(K.CROP_VARIETY, stated_ends_on=date(2033, 1, 1)), date(2033, 1, 1)),
    (facts(K.INVENTION), None),
]


@pytest.mark.parametrize(("right", "expected"), TERMS)
def test_the_last_day_follows_from_kind_and_dates(right: TermFacts, expected: date | None) -> None:
    assert last_day(book(), right) == expected


def test_a_term_before_the_first_rule_set_is_not_guessed() -> None:
    with pytest.raises(Refusal) as refusal:
        last_day(book(), facts(K.INVENTION, filed_on=date(1992, 12, 31)))
    assert refusal.value.code.code == "rule_set_not_in_force"


def test_each_kind_counts_from_its_own_day() -> None:
    assert start_of_term(facts(K.TRADEMARK, filed_on=date(2020, 1, 1), granted_on=date(2021, 1, 1))) == date(2021, 1, 1)
    assert start_of_term(facts(K.IC_LAYOUT, commercialised_on=date(2019, 1, 1))) == date(2019, 1, 1)
    assert start_of_term(facts(K.GEOGRAPHICAL_INDICATION, filed_on=date(2020, 1, 1))) is None


@pytest.mark.parametrize(
    ("right", "field"),
    [
        (facts(K.INVENTION), "filed_on"),
        (facts(K.SOFTWARE_COPYRIGHT, filed_on=date(2020, 1, 1)), "published_on"),
        (facts(K.TRADEMARK, filed_on=date(2020, 1, 1)), "granted_on"),
        (facts(K.NEW_DRUG), "stated_ends_on"),
    ],
)
def test_a_right_in_force_needs_the_date_that_starts_its_term(right: TermFacts, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        require_dates(right, book().pick("right_term", date(2026, 1, 1)))
    assert (refusal.value.code.code, refusal.value.details) == ("term_date_missing", {"field": field})
    given = {field: date(2020, 1, 1), "kind": right.kind}
    require_dates(TermFacts(**given), book().pick("right_term", date(2026, 1, 1)))  # type: ignore[arg-type]
    require_dates(facts(K.GEOGRAPHICAL_INDICATION), book().pick("right_term", date(2026, 1, 1)))


def test_a_trademark_is_over_only_after_six_months_of_grace() -> None:
    mark = facts(K.TRADEMARK, granted_on=date(2017, 2, 7))
    assert over_on(book(), mark, date(2027, 2, 6)) == date(2027, 8, 7)
    invention = facts(K.INVENTION, filed_on=date(2007, 2, 7))
    assert over_on(book(), invention, date(2027, 2, 6)) == date(2027, 2, 7)


def test_a_trademark_is_renewed_by_ten_years_at_most() -> None:
    mark = facts(K.TRADEMARK, granted_on=date(2017, 2, 7))
    assert extend(book(), mark, date(2037, 2, 6)) == date(2037, 2, 6)
    for until in (date(2037, 2, 7), date(2027, 2, 6)):
        with pytest.raises(Refusal) as refusal:
            extend(book(), mark, until)
        assert refusal.value.code.code == "term_extension_invalid"
    renewed = facts(K.TRADEMARK, granted_on=date(2017, 2, 7), extended_until_on=date(2037, 2, 6))
    assert last_day(book(), renewed) == date(2037, 2, 6)
    assert extend(book(), renewed, date(2047, 2, 6)) == date(2047, 2, 6)


def test_an_invention_is_compensated_by_five_years_at_most_and_others_not_at_all() -> None:
    invention = facts(K.INVENTION, filed_on=date(2022, 3, 1))
    assert extend(book(), invention, date(2047, 2, 28)) == date(2047, 2, 28)
    with pytest.raises(Refusal, match="term_extension_invalid"):
        extend(book(), invention, date(2047, 3, 1))
    with pytest.raises(Refusal, match="term_not_extendable"):
        extend(book(), facts(K.DESIGN, filed_on=date(2022, 3, 1)), date(2047, 2, 28))
    with pytest.raises(Refusal, match="term_date_missing"):
        extend(book(), facts(K.TRADEMARK), date(2047, 2, 28))


@pytest.mark.parametrize(
    ("ends_on", "on", "months"),
    [
        (date(2026, 12, 22), date(2026, 11, 23), 1),
        (date(2026, 12, 21), date(2026, 11, 23), 0),
        (date(2026, 11, 22), date(2026, 11, 23), 0),
        (date(2020, 1, 1), date(2026, 11, 23), 0),
        (date(2036, 11, 22), date(2026, 11, 23), 120),
        (None, date(2026, 11, 23), None),
    ],
)
def test_whole_months_are_counted_with_the_last_day(ends_on: date | None, on: date, months: int | None) -> None:
    assert months_left(ends_on, on) == months


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 9000))
def test_months_left_never_grow_as_days_pass(ends_on: date, days: int) -> None:
    on = date(2005, 1, 1) + timedelta(days=days)
    today, tomorrow = months_left(ends_on, on), months_left(ends_on, on + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert 0 <= tomorrow <= today

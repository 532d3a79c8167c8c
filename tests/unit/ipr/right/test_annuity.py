"""Annual fees, surcharge and reduction, against the tariff typed year by year in yuan."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.annuity import (
    FeeCase,
    FeeStatus,
    Payers,
    annual_fee_fen,
    in_grace,
    next_due,
    reduced_fen,
    surcharge_fen,
)
from services.ipr.right.rules.right_kind import RightKind
from shared.kernel.workday import PUBLISHED
from tests.unit.ipr.rule_sets import book

RULES = book().pick("annual_fee", date(2026, 11, 23))
INVENTION, MODEL, DESIGN = RightKind.INVENTION, RightKind.UTILITY_MODEL, RightKind.DESIGN

YUAN = {
    INVENTION: [
        *(900, 900, 900),
        *(1200, 1200, 1200),
        *(2000, 2000, 2000),
        *(4000, 4000, 4000),
        *(6000, 6000, 6000),
        *(8000, 8000, 8000, 8000, 8000),
    ],
    MODEL: [600, 600, 600, 900, 900, 1200, 1200, 1200, 2000, 2000],
    DESIGN: [600, 600, 600, 900, 900, 1200, 1200, 1200, 2000, 2000, 3000, 3000, 3000, 3000, 3000],
}


@pytest.mark.parametrize(
    ("kind", "year", "yuan"),
    [(kind, year, yuan) for kind, fees in YUAN.items() for year, yuan in enumerate(fees, 1)],
)
def test_the_fee_of_each_patent_year_is_that_of_the_tariff(kind: RightKind, year: int, yuan: int) -> None:
    assert annual_fee_fen(kind, year, RULES) == yuan * 100


@pytest.mark.parametrize(("kind", "year"), [(INVENTION, 21), (MODEL, 11), (DESIGN, 16), (INVENTION, 0)])
def test_there_is_no_fee_outside_the_term(kind: RightKind, year: int) -> None:
    assert annual_fee_fen(kind, year, RULES) is None
    assert annual_fee_fen(RightKind.TRADEMARK, 1, RULES) is None


# Due on 2026-03-31: months late → surcharge in percent of the full fee.
LATE = [
    (date(2026, 3, 31), 0),
    (date(2026, 4, 1), 0),
    (date(2026, 4, 30), 0),
    (date(2026, 5, 1), 5),
    (date(2026, 5, 31), 5),
    (date(2026, 6, 1), 10),
    (date(2026, 7, 1), 15),
    (date(2026, 8, 1), 20),
    (date(2026, 9, 1), 25),
    (date(2026, 9, 30), 25),
    (date(2026, 10, 15), 25),
]


@pytest.mark.parametrize(("paid_on", "percent"), LATE)
def test_each_month_of_delay_after_the_first_adds_five_percent(paid_on: date, percent: int) -> None:
    assert surcharge_fen(200_000, date(2026, 3, 31), paid_on, RULES) == 2_000 * percent


GRANTED_IN_YEAR_3 = FeeCase(INVENTION, date(2021, 3, 1), date(2024, 2, 1), Payers.NOT_ELIGIBLE)


@pytest.mark.parametrize(
    ("payers", "year", "yuan"),
    [
        (Payers.NOT_ELIGIBLE, 7, 2000),
        (Payers.ONE_ELIGIBLE, 3, 300),
        (Payers.ONE_ELIGIBLE, 12, 300),
        (Payers.ONE_ELIGIBLE, 13, 2000),
        (Payers.SEVERAL_ELIGIBLE, 12, 600),
    ],
)
def test_eligible_payers_pay_less_in_ten_fee_years_that_of_the_grant_included(
    payers: Payers, year: int, yuan: int
) -> None:
    assert reduced_fen(200_000, replace(GRANTED_IN_YEAR_3, payers=payers), year, RULES) == yuan * 100
    assert RULES.param("reduction_fee_years").confidence == "assumed"


@pytest.mark.parametrize(
    ("payers", "year", "yuan"),
    [(Payers.NOT_ELIGIBLE, 7, 1700), (Payers.ONE_ELIGIBLE, 7, 300), (Payers.ONE_ELIGIBLE, 13, 1700)],
)
def test_an_open_licence_takes_fifteen_percent_off_where_no_better_reduction_holds(
    payers: Payers, year: int, yuan: int
) -> None:
    case = replace(GRANTED_IN_YEAR_3, payers=payers, open_licence=True)
    assert reduced_fen(200_000, case, year, RULES) == yuan * 100


CASE = FeeCase(INVENTION, date(2020, 4, 15), date(2022, 6, 1), Payers.NOT_ELIGIBLE)


def test_the_fee_is_due_on_the_anniversary_of_the_filing_day_as_in_the_guidelines() -> None:
    """审查指南 5-9: filed 1997-06-03, the sixth year is paid by 2002-06-03."""
    filed = FeeCase(INVENTION, date(1997, 6, 3), date(2001, 8, 1), Payers.NOT_ELIGIBLE)
    due = next_due(filed, date(2002, 6, 3), RULES, PUBLISHED)
    assert due is not None
    assert (due.patent_year, due.due_on, due.grace_until_on) == (6, date(2002, 6, 3), date(2002, 12, 3))


def test_the_next_fee_is_due_on_the_day_its_patent_year_begins() -> None:
    due = next_due(CASE, date(2026, 11, 23), RULES, PUBLISHED)
    assert due is not None
    assert (due.patent_year, due.fee_fen) == (8, 200_000)
    assert (due.pay_from_on, due.due_on, due.grace_until_on, due.lost_from_on) == (
        date(2027, 3, 15),
        date(2027, 4, 15),
        date(2027, 10, 15),
        date(2027, 4, 15),
    )
    assert due.days_assumed  # the holidays of 2027 are not published


def test_a_due_day_and_a_day_of_grace_that_are_holidays_move_to_the_next_working_day() -> None:
    filed = FeeCase(INVENTION, date(2020, 10, 1), date(2022, 6, 1), Payers.NOT_ELIGIBLE)
    due = next_due(filed, date(2025, 9, 1), RULES, PUBLISHED)
    assert due is not None
    assert due.due_on == date(2025, 10, 9)  # 国庆节 and 中秋节: 1 to 8 October
    assert due.grace_until_on == date(2026, 4, 9)
    assert not due.days_assumed
    saturday = next_due(replace(filed, filed_on=date(2021, 1, 10)), date(2026, 1, 1), RULES, PUBLISHED)
    assert saturday is not None
    assert (saturday.due_on, saturday.grace_until_on) == (date(2026, 1, 12), date(2026, 7, 13))


def test_no_fee_follows_the_last_patent_year() -> None:
    last = FeeCase(MODEL, date(2017, 4, 15), date(2018, 1, 1), Payers.NOT_ELIGIBLE, ends_on=date(2027, 4, 14))
    assert next_due(last, date(2026, 4, 16), RULES, PUBLISHED) is None
    assert next_due(last, date(2026, 4, 15), RULES, PUBLISHED) is not None


def test_a_compensated_term_has_fees_from_year_21_on_whose_amount_was_not_found() -> None:
    """§0.2a b: the docket answers for a patent past its twentieth year, and says what it does not know."""
    long = FeeCase(INVENTION, date(2005, 9, 1), date(2012, 1, 4), Payers.NOT_ELIGIBLE, ends_on=date(2028, 3, 31))
    due, late = next_due(long, date(2026, 5, 1), RULES, PUBLISHED), in_grace(long, date(2026, 1, 15), RULES, PUBLISHED)
    assert due is not None
    assert late is not None
    assert (due.patent_year, due.due_on, due.fee_status, due.fee_fen) == (
        22,
        date(2026, 9, 1),
        FeeStatus.NOT_FOUND,
        None,
    )
    assert (late.patent_year, late.fee_status, late.surcharge_fen) == (21, FeeStatus.NOT_FOUND, None)
    assert next_due(long, date(2027, 9, 2), RULES, PUBLISHED) is None


@pytest.mark.parametrize(
    ("on", "owed"),
    [(date(2026, 4, 15), False), (date(2026, 4, 16), True), (date(2026, 10, 15), True), (date(2026, 10, 16), False)],
)
def test_a_fee_is_in_grace_for_six_months(on: date, *, owed: bool) -> None:
    late = in_grace(replace(CASE, payers=Payers.ONE_ELIGIBLE), on, RULES, PUBLISHED)
    assert (late is not None) == owed
    if late is not None:
        assert (late.patent_year, late.fee_fen) == (7, 30_000)
        assert late.surcharge_fen == (0 if on <= date(2026, 5, 15) else 50_000)


def test_the_fee_of_the_year_of_grant_is_paid_with_the_grant() -> None:
    late = in_grace(
        FeeCase(INVENTION, date(2020, 4, 15), date(2026, 5, 1), Payers.NOT_ELIGIBLE), date(2026, 6, 1), RULES, PUBLISHED
    )
    assert late is None


@given(st.integers(0, 182), st.integers(1, 10**9))
def test_paying_later_never_costs_less(days: int, fee_fen: int) -> None:
    due_on = date(2026, 3, 31)
    paid_on = due_on + timedelta(days=days)
    today, tomorrow = (surcharge_fen(fee_fen, due_on, paid_on + timedelta(days=more), RULES) for more in (0, 1))
    assert 0 <= today <= tomorrow <= fee_fen // 4 + 1

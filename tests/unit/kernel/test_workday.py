"""Working days by the notices of the State Council, and by Monday to Friday with a mark beyond them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.workday import PUBLISHED, DueDate

# 国办发明电〔2024〕12号 for 2025: National Day 1-8 October, work on Sunday 28 September and Saturday 11 October.
HOLIDAYS = [date(2025, 10, day) for day in range(1, 9)]
MAKE_UP = [date(2025, 9, 28), date(2025, 10, 11)]


@pytest.mark.parametrize("on", HOLIDAYS)
def test_public_holidays_are_no_working_days(on: date) -> None:
    assert not PUBLISHED.is_working_day(on)


@pytest.mark.parametrize("on", MAKE_UP)
def test_make_up_days_at_the_weekend_are_working_days(on: date) -> None:
    assert PUBLISHED.is_working_day(on)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2025, 9, 26), 1, date(2025, 9, 28)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),
        (date(2025, 9, 30), 4, date(2025, 10, 13)),
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_the_day_of_the_start_is_not_counted(start: date, days: int, due: date) -> None:
    assert PUBLISHED.add_working_days(start, days) == DueDate(due, assumed=False)


def test_a_clock_that_runs_into_a_year_without_a_notice_says_so() -> None:
    assert PUBLISHED.add_working_days(date(2026, 12, 17), 10) == DueDate(date(2026, 12, 31), assumed=False)
    assert PUBLISHED.add_working_days(date(2026, 12, 18), 10) == DueDate(date(2027, 1, 4), assumed=True)
    assert PUBLISHED.add_working_days(date(2030, 1, 4), 1) == DueDate(date(2030, 1, 7), assumed=True)


@pytest.mark.parametrize("on", [date(2027, 1, 1), date(2029, 5, 1), date(2029, 5, 2), date(2030, 10, 2)])
def test_a_fixed_holiday_is_none_of_the_working_days_before_the_notice_is_out(on: date) -> None:
    assert on.weekday() < 5
    assert not PUBLISHED.is_working_day(on)
    assert PUBLISHED.is_assumed(on)


def test_a_day_of_a_published_year_is_no_assumption() -> None:
    assert not PUBLISHED.is_assumed(date(2026, 10, 1))


def test_beyond_the_notices_monday_to_friday_are_working_days() -> None:
    monday = date(2031, 1, 6)
    assert [PUBLISHED.is_working_day(monday + timedelta(days=day)) for day in range(7)] == [True] * 5 + [False] * 2


def test_a_negative_time_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        PUBLISHED.add_working_days(date(2026, 1, 1), -1)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 40))
def test_the_due_day_is_a_working_day_and_counts_exactly(start: date, days: int) -> None:
    due = PUBLISHED.add_working_days(start, days).on
    between = [start + timedelta(days=step) for step in range(1, (due - start).days + 1)]
    assert PUBLISHED.is_working_day(due)
    assert sum(PUBLISHED.is_working_day(day) for day in between) == days


def test_a_last_day_that_is_a_holiday_moves_to_the_next_working_day() -> None:
    assert PUBLISHED.next_working_day(date(2025, 10, 1)) == DueDate(date(2025, 10, 9), assumed=False)
    assert PUBLISHED.next_working_day(date(2025, 9, 28)) == DueDate(date(2025, 9, 28), assumed=False)
    assert PUBLISHED.next_working_day(date(2040, 10, 1)) == DueDate(date(2040, 10, 4), assumed=True)

"""The State Council's notices as data, against their wording and against two other readings of them."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from shared.kernel.workday import PUBLISHED, HolidayNotice, WorkCalendar

# As the notices are worded: spans off, then the Saturdays and Sundays that are worked.
# 2022 国办发明电〔2021〕11号 · 2023 国办发明电〔2022〕16号 · 2024 国办发明电〔2023〕7号 · 2025 国办发明电〔2024〕12号 ·
# 2026 国办发明电〔2025〕7号
WORDED = {
    2022: (
        "01-01/01-03 01-31/02-06 04-03/04-05 04-30/05-04 06-03/06-05 09-10/09-12 10-01/10-07",
        "01-29 01-30 04-02 04-24 05-07 10-08 10-09",
    ),
    2023: (
        "01-01/01-02 01-21/01-27 04-05/04-05 04-29/05-03 06-22/06-24 09-29/10-06",
        "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    ),
    2024: (
        "01-01/01-01 02-10/02-17 04-04/04-06 05-01/05-05 06-10/06-10 09-15/09-17 10-01/10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01/01-01 01-28/02-04 04-04/04-06 05-01/05-05 05-31/06-02 10-01/10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01/01-03 02-15/02-23 04-04/04-06 05-01/05-05 06-19/06-21 09-25/09-27 10-01/10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}
# Weekend days worked as another reading of the notices counts them, by the year of the notice. That of 2012 also works
# 31 December 2011 and that of 2019 works 29 December 2018.
COUNTED = {
    2008: 5, 2009: 6, 2010: 8, 2011: 5, 2012: 7, 2013: 12, 2014: 5, 2015: 5, 2016: 6, 2017: 5, 2018: 6, 2019: 7,
    2020: 6, 2021: 7, 2022: 7, 2023: 7, 2024: 8, 2025: 5, 2026: 6,
}  # fmt: skip
BEFORE = {date(2011, 12, 31): 2012, date(2018, 12, 29): 2019}


def days_of(year: int) -> list[date]:
    """Return the days of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=step) for step in range((date(year + 1, 1, 1) - first).days)]


def worded(year: int) -> dict[date, bool]:
    """Return whether each day of a year is worked, by the wording of its notice."""
    spans, worked = WORDED[year]
    off = set()
    for span in spans.split():
        first, last = (date.fromisoformat(f"{year}-{part}") for part in span.split("/"))
        off |= {first + timedelta(days=step) for step in range((last - first).days + 1)}
    work = {date.fromisoformat(f"{year}-{part}") for part in worked.split()}
    return {on: on in work or (on.weekday() < 5 and on not in off) for on in days_of(year)}


@pytest.mark.parametrize("year", sorted(WORDED))
def test_the_notices_as_published_arrange_the_working_days_of_2022_to_2026(year: int) -> None:
    assert {on: PUBLISHED.is_working_day(on) for on in days_of(year)} == worded(year)


def test_each_notice_works_as_many_weekend_days_as_counted_by_another_reading() -> None:
    worked = dict.fromkeys(COUNTED, 0)
    for notice in PUBLISHED.notices:
        for on in notice.work:
            year = BEFORE.get(on, on.year)
            worked[year] = worked.get(year, 0) + 1
    assert {year: worked[year] for year in COUNTED} == COUNTED


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_day_agrees_with_a_calendar_of_others(year: int) -> None:
    days = days_of(year)
    assert [on for on in days if PUBLISHED.is_working_day(on) != chinese_calendar.is_workday(on)] == []


def test_each_notice_since_2008_has_its_number_and_its_day_before_the_year() -> None:
    for year in COUNTED:
        notice = PUBLISHED.notice_of(year)
        assert notice is not None
        assert notice.number is not None
        assert notice.issued_on is not None
        assert notice.number.startswith(f"国办发明电〔{year - 1}〕")
        assert notice.issued_on.year == year - 1
        assert all(on.weekday() >= 5 for on in notice.work)
        assert not notice.work & notice.off


def test_a_notice_that_comes_later_ends_the_assumption_and_may_arrange_the_december_before() -> None:
    notice = HolidayNotice(
        2027, "示例〔2026〕1号", date(2026, 11, 20), "x", frozenset({date(2026, 12, 31)}), frozenset({date(2027, 1, 2)})
    )
    calendar = PUBLISHED.with_notices([notice])
    assert PUBLISHED.is_assumed(date(2027, 1, 4))
    assert not calendar.is_assumed(date(2027, 1, 4))
    assert (PUBLISHED.is_working_day(date(2026, 12, 31)), calendar.is_working_day(date(2026, 12, 31))) == (True, False)
    assert calendar.is_working_day(date(2027, 1, 2))
    assert calendar.is_working_day(date(2026, 12, 30))
    assert WorkCalendar([]).is_assumed(date(2026, 1, 5))

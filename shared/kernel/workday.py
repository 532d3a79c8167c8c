"""Working days (工作日) by the State Council's yearly notices; then Monday to Friday but for fixed holidays."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_FRIDAY = 4
_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Months and days that are holidays in every year; the others follow the moon and are known by the notice alone."""
_FILE = Path(__file__).with_name("holiday_notice.json")


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a time limit.

    Attributes:
        on: that day.
        assumed: a day on the way lay in a year whose holidays are not published here, so Monday to Friday was counted
            without the holidays that are the same in every year.
    """

    on: date
    assumed: bool


@dataclass(frozen=True, slots=True)
class HolidayNotice:
    """The State Council's notice of one year (国务院办公厅关于…年部分节假日安排的通知), and what changed it later.

    Attributes:
        year: the year that it arranges; it may also arrange days of the December before.
        number: number of the notice, those of later changes behind it; None where it was not seen.
        issued_on: its day, None where it was not seen.
        source: where it was read.
        off: days that are not worked; weekends within a holiday may be among them.
        work: Saturdays and Sundays that are worked (调休).
    """

    year: int
    number: str | None
    issued_on: date | None
    source: str
    off: frozenset[date]
    work: frozenset[date]


class WorkCalendar:
    """The working days as some notices arrange them."""

    def __init__(self, notices: Iterable[HolidayNotice]) -> None:
        """Keep the notices by their year; what a later one says of a day stands."""
        self._by_year = {one.year: one for one in notices}
        self._worked: dict[date, bool] = {}
        for one in self._by_year.values():
            self._worked |= dict.fromkeys(one.off, False) | dict.fromkeys(one.work, True)

    def with_notices(self, notices: Iterable[HolidayNotice]) -> "WorkCalendar":
        """Return this calendar with further notices, which stand before those that are held."""
        return WorkCalendar([*self._by_year.values(), *notices])

    @property
    def notices(self) -> list[HolidayNotice]:
        """The notices that are held, by year."""
        return [self._by_year[year] for year in sorted(self._by_year)]

    def notice_of(self, year: int) -> HolidayNotice | None:
        """Return the notice of a year, or None before it is known."""
        return self._by_year.get(year)

    def is_working_day(self, on: date) -> bool:
        """Tell whether `on` is a working day; make-up Saturdays and Sundays (调休) are.

        Before the notice of a year is out, its fixed holidays are none: 1 January is a holiday in every year.

        Source: K-DAY-03 (全国年节及纪念日放假办法 国务院令第795号 第二条).
        """
        arranged = self._worked.get(on)
        if arranged is not None:
            return arranged
        fixed = on.year not in self._by_year and (on.month, on.day) in _HOLIDAYS
        return on.weekday() <= _FRIDAY and not fixed

    def is_assumed(self, on: date) -> bool:
        """Tell whether the notice of that year is not known here, so that the answer about a day is an assumption.

        Source: K-DAY-03 (全国年节及纪念日放假办法 国务院令第795号 第二条).
        """
        return on.year not in self._by_year

    def add_working_days(self, start: date, days: int) -> DueDate:
        """Return the day that is `days` working days after `start`; the day of the start is not counted.

        Raises:
            ValueError: a negative number of days.

        Source: K-DAY-01 (民法典 第二百零一条: the day of the start is not counted).
        """
        if days < 0:
            raise ValueError("a time limit has 0 or more working days")
        on, left, assumed = start, days, False
        while left:
            on += timedelta(days=1)
            assumed |= self.is_assumed(on)
            left -= self.is_working_day(on)
        return DueDate(on, assumed)

    def next_working_day(self, on: date) -> DueDate:
        """Return `on` if it is a working day, else the first working day after it.

        Source: K-DAY-05 (民法典 第二百零三条: a last day that is a holiday moves to the day after it).
        """
        assumed = self.is_assumed(on)
        while not self.is_working_day(on):
            on += timedelta(days=1)
            assumed |= self.is_assumed(on)
        return DueDate(on, assumed)


def _read() -> list[HolidayNotice]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return [
        HolidayNotice(
            year=row["year"],
            number=row["number"],
            issued_on=None if row["issued_on"] is None else date.fromisoformat(row["issued_on"]),
            source=row["source"],
            off=frozenset(map(date.fromisoformat, row["off"])),
            work=frozenset(map(date.fromisoformat, row["work"])),
        )
        for row in rows
    ]


PUBLISHED = WorkCalendar(_read())
"""The notices that come with the product; what was recorded since is added by `shared.db.holiday_notice`."""

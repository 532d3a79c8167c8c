"""Working days (工作日) by the State Council's yearly notices; then Monday to Friday but for fixed holidays."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

_FRIDAY = 4
_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Months and days that are holidays in every year; the others follow the moon and are known by the notice alone."""


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


def _judge(on: date) -> tuple[bool, bool]:
    """Return whether `on` is a working day and whether that had to be assumed."""
    try:
        return bool(chinese_calendar.is_workday(on)), False
    except NotImplementedError:  # the calendar holds no notice for that year
        return on.weekday() <= _FRIDAY and (on.month, on.day) not in _HOLIDAYS, True


def is_working_day(on: date) -> bool:
    """Tell whether `on` is a working day; make-up Saturdays and Sundays (调休) are.

    Before the notice of a year is out, its fixed holidays are none: 1 January is a holiday in every year.

    Source: K-DAY-03 (全国年节及纪念日放假办法 国务院令第795号 第二条).
    """
    return _judge(on)[0]


def is_assumed(on: date) -> bool:
    """Tell whether the notice of that year is not known here, so that the answer about a day is an assumption.

    Source: K-DAY-03 (全国年节及纪念日放假办法 国务院令第795号 第二条).
    """
    return _judge(on)[1]


def add_working_days(start: date, days: int) -> DueDate:
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
        working, guessed = _judge(on)
        assumed |= guessed
        left -= working
    return DueDate(on, assumed)


def next_working_day(on: date) -> DueDate:
    """Return `on` if it is a working day, else the first working day after it.

    Source: K-DAY-05 (民法典 第二百零三条: a last day that is a holiday moves to the day after it).
    """
    assumed = False
    while True:
        working, guessed = _judge(on)
        assumed |= guessed
        if working:
            return DueDate(on, assumed)
        on += timedelta(days=1)

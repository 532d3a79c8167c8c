"""Working days (工作日) by the State Council's yearly notices; Monday to Friday beyond their years."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a time limit.

    Attributes:
        on: that day.
        assumed: a day on the way lay in a year whose holidays are not published here, so Monday to Friday was counted.
    """

    on: date
    assumed: bool


def _judge(on: date) -> tuple[bool, bool]:
    """Return whether `on` is a working day and whether that had to be assumed."""
    try:
        return bool(chinese_calendar.is_workday(on)), False
    except NotImplementedError:  # the calendar holds no notice for that year
        return on.weekday() <= _FRIDAY, True


def is_working_day(on: date) -> bool:
    """Tell whether `on` is a working day; make-up Saturdays and Sundays (调休) are."""
    return _judge(on)[0]


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

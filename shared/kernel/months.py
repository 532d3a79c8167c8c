"""Calendar months added to a date: the end of a short month stands for a day it has not."""

from calendar import monthrange
from datetime import date
from typing import TypeVar

D = TypeVar("D", bound=date)


def add_months(start: D, months: int) -> D:
    """Return the same day `months` later, or the last day of that month where it has no such day.

    Works for dates and for instants (the time of day stays). 2024-02-29 + 12 months is 2025-02-28.
    """
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))

"""Annual fees of patents computed a second time, written from the tariff and the examination guidelines alone.

Sources: the tariff by year (专利收费标准), the guidelines 5-9 (filed 1997-06-03, pay the sixth year by 2002-06-03; the
patent year runs from the filing day), the rule on time limits (a last day that is no working day moves to the next),
six months of grace with 0, 5, 10, 15, 20 and 25 % of the full fee, and ten fee years of reduction.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

TARIFF_YUAN = {
    "INVENTION": "900 900 900 1200 1200 1200 2000 2000 2000 4000 4000 4000 6000 6000 6000 8000 8000 8000 8000 8000",
    "UTILITY_MODEL": "600 600 600 900 900 1200 1200 1200 2000 2000",
    "DESIGN": "600 600 600 900 900 1200 1200 1200 2000 2000 3000 3000 3000 3000 3000",
}
PAID_PERCENT = {"NOT_ELIGIBLE": 100, "ONE_ELIGIBLE": 15, "SEVERAL_ELIGIBLE": 30}
OPEN_LICENCE_PERCENT = 85


@dataclass(frozen=True)
class Due:
    """One year's fee: what is paid in fen (None: no tariff), the last day, the last day of grace."""

    year: int
    fen: int | None
    due_on: date
    grace_until_on: date


def later(day: date, months: int) -> date:
    """Return the same day some months later, the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def working(day: date, holidays: frozenset[date], made_up: frozenset[date]) -> date:
    """Return the day, or the next one on which offices work."""
    while day in holidays or (day.weekday() >= 5 and day not in made_up):
        day += timedelta(days=1)
    return day


def schedule(
    kind: str,
    filed_on: date,
    granted_on: date,
    *,
    payers: str,
    open_licence: bool,
    years: int,
    holidays: frozenset[date],
    made_up: frozenset[date],
) -> list[Due]:
    """Return what falls due after the year of grant, year by year, to the last year of the term."""
    fees = [int(one) for one in TARIFF_YUAN[kind].split()]
    first = next(year for year in range(1, 99) if granted_on < later(filed_on, 12 * year))
    found = []
    for year in range(first + 1, years + 1):
        percent = PAID_PERCENT[payers] if year - first < 10 else 100
        percent = min(percent, OPEN_LICENCE_PERCENT) if open_licence else percent
        due_on = working(later(filed_on, 12 * (year - 1)), holidays, made_up)
        fen = fees[year - 1] * percent if year <= len(fees) else None
        found.append(Due(year, fen, due_on, working(later(due_on, 6), holidays, made_up)))
    return found


def late_percent(due_on: date, paid_on: date) -> int:
    """Return the surcharge in percent of the full fee."""
    return (
        next((5 * (month - 1) for month in range(1, 7) if paid_on <= later(due_on, month)), 25)
        if paid_on > due_on
        else 0
    )

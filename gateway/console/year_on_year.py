"""Annual filings side by side: what a firm declared of a year and of the year before, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PPM = 1_000_000
Filing = Mapping[str, Any]
FIELDS = (
    "staff",
    "science_staff",
    "rd_staff",
    "senior_title_staff",
    "revenue_fen",
    "cost_expense_fen",
    "assets_fen",
    "rd_expense_fen",
    "super_deduction_fen",
    "innovative_products",
)
"""Of a filing, in the order of the form."""


def is_money(name: str) -> bool:
    """Tell whether a field of a filing is an amount; the others count people or things."""
    return name.endswith("_fen")


@dataclass(frozen=True, slots=True)
class Compared:
    """One field in two years.

    Attributes:
        name: of the field.
        now: of the year, None where it is not declared.
        before: of the year before, 〃.
    """

    name: str
    now: int | None
    before: int | None

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, in fen."""
        return is_money(self.name)

    @property
    def change(self) -> int | None:
        """What changed; None where one of the years says nothing."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def change_ppm(self) -> int | None:
        """The change in parts per million of the year before; None where that is nothing."""
        if self.change is None or not self.before:
            return None
        # To whole per mille: the eye compares, it does not calculate.
        return round(self.change * 1000 / self.before) * (_PPM // 1000)


def compared(now: Filing | None, before: Filing | None) -> list[Compared]:
    """Return every field of a filing beside the year before."""
    return [Compared(name, (now or {}).get(name), (before or {}).get(name)) for name in FIELDS]


def of_year(filings: Sequence[Filing], year: int | None, *statuses: str) -> Filing | None:
    """Return the filing of a year in the first of `statuses` that it stands in; None where there is none."""
    held = {one["status"]: one for one in filings if one["year"] == year and one["status"] in statuses}
    return next((held[status] for status in statuses if status in held), None)

"""Rows of the table: what was measured, against what, and whether that is enough; arithmetic alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

_HUNDRED = 100
_TEN = 10


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row must reach: its ratio to the floor, or its own value."""

    of: Literal["ratio", "value"]
    at: Literal["least", "most"]
    number: float

    def holds(self, found: float) -> bool:
        """Tell whether `found` is enough."""
        return found >= self.number if self.at == "least" else found <= self.number

    def missing(self, found: float) -> float:
        """Return by what part of the goal `found` falls short, 0 if it does not."""
        gap = self.number - found if self.at == "least" else found - self.number
        return max(0.0, gap / self.number)


@dataclass(frozen=True, slots=True)
class Gate:
    """What must agree before a rate of messages means anything; None where a step does not exist."""

    accepted: int
    committed: int | None
    published: int | None
    consumed: int | None

    @property
    def is_valid(self) -> bool:
        """Whether every step counts the same, and not nothing."""
        return self.accepted > 0 and all(
            one in {None, self.accepted} for one in (self.committed, self.published, self.consumed)
        )

    def told(self) -> str:
        """Say what each step counted."""
        steps = (("accepted", self.accepted), ("committed", self.committed), ("published", self.published))
        return ", ".join(
            f"{name} {count:,}" for name, count in (*steps, ("consumed", self.consumed)) if count is not None
        )

    def and_then(self, other: "Gate | None") -> "Gate":
        """Return the gate of two runs together."""
        if other is None:
            return self
        return Gate(
            self.accepted + other.accepted,
            _added(self.committed, other.committed),
            _added(self.published, other.published),
            _added(self.consumed, other.consumed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        figure: what is measured.
        unit: of `ours`.
        ours: one value per run.
        floor: one value per run of what it is held against, measured in turn with ours; empty if it is held against
            its goal alone.
        floor_name: what that is.
        goal: of design; None for a row that only informs.
        disk: what is synced on either side of the ratio.
        gates: of each run whose messages were counted.
        skipped: why it was not measured; empty if it was.
    """

    figure: str
    unit: str = ""
    ours: tuple[float, ...] = ()
    floor: tuple[float, ...] = ()
    floor_name: str = ""
    goal: Goal | None = None
    disk: str = ""
    gates: tuple[Gate, ...] = ()
    skipped: str = ""

    def ratios(self) -> tuple[float, ...]:
        """Return ours ÷ floor of each pair of runs; empty without a floor."""
        return tuple(ours / floor for ours, floor in zip(self.ours, self.floor, strict=False) if floor > 0)

    def invalid(self) -> Gate | None:
        """Return the first gate that does not agree."""
        return next((gate for gate in self.gates if not gate.is_valid), None)

    def verdict(self) -> str:
        """Say whether the goal is met, by how much it is not, or why nothing can be said."""
        if self.skipped:
            return f"skipped: {self.skipped}"
        broken = self.invalid()
        if broken is not None:
            return f"INVALID: {broken.told()}"
        if self.goal is None:
            return "–"
        found = self.ratios() if self.goal.of == "ratio" else self.ours
        if not found:
            return "not measured"
        middle = median(found)
        if self.goal.holds(middle):
            return "met"
        return f"**not met**, {self.goal.missing(middle) * _HUNDRED:.0f} % short"


def number(value: float) -> str:
    """Return a value with as many digits as a person compares."""
    if abs(value) >= _HUNDRED:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _TEN else f"{value:.2f}"


def spread(values: Sequence[float]) -> str:
    """Return the median, and the lowest and highest where there are several."""
    if not values:
        return "–"
    middle = number(median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"


def line(row: Row) -> str:
    """Return a row in Markdown."""
    goal = "–"
    if row.goal is not None:
        sign = "≥" if row.goal.at == "least" else "≤"
        goal = f"{sign} {number(row.goal.number)}{' ×' if row.goal.of == 'ratio' else f' {row.unit}'}"
    cells = (
        row.figure,
        f"{spread(row.ours)} {row.unit}".strip() if row.ours else "–",
        f"{row.floor_name}: {spread(row.floor)}" if row.floor else row.floor_name or "–",
        spread(row.ratios()),
        goal,
        row.verdict(),
        row.disk or "–",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


HEAD = (
    "| Figure | Ours: median (min–max) | Floor or peer, same run | Ratio | Goal | Met | Disk, ours ÷ theirs |\n"
    "|---|---|---|---|---|---|---|"
)


def markdown(rows: Sequence[Row]) -> str:
    """Return the whole table in Markdown."""
    return "\n".join([HEAD, *map(line, rows)])


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which `part` (0 to 1) of the values lie; nan without values."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _added(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

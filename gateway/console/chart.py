"""The numbers of a chart: parts of a whole as lengths, so that a template draws them and a table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["own", "held", "left", "over", "rest"]
LENGTH = 1000
"""Length of a whole in the units of the drawing."""
_SHORTEST = 6
"""Length at least of a part that is not nothing: it can still be seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole.

    Attributes:
        label: what it is, in the reader's language.
        amount_fen: how much, in fen; below zero counts as nothing.
        tone: how it is drawn.
    """

    label: str
    amount_fen: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part with where it begins and how long it is, in units of `LENGTH`."""

    part: Part
    begins: int
    length: int


def drawn(parts: Sequence[Part]) -> list[Drawn]:
    """Return the parts side by side; the last one takes what rounding leaves, and together they fill the whole."""
    amounts = [max(0, one.amount_fen) for one in parts]
    whole = sum(amounts)
    if not whole:
        return [Drawn(one, 0, 0) for one in parts]
    lengths = [max(_SHORTEST, LENGTH * amount // whole) if amount else 0 for amount in amounts]
    longest = lengths.index(max(lengths))
    lengths[longest] += LENGTH - sum(lengths)
    begins = [sum(lengths[:at]) for at in range(len(lengths))]
    return [Drawn(*one) for one in zip(parts, begins, lengths, strict=True)]


def share(own: float, most: float) -> int:
    """Return how much of `LENGTH` a value takes against its maximum; nothing without one, never more than all."""
    return 0 if most <= 0 else round(LENGTH * min(1.0, max(0.0, own / most)))

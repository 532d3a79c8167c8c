"""Deliberate bugs that only a kill at the right instant shows; planted in the processes of an armed suite."""

from shared.db import engine
from tests.fault.mutants import Mutant


def _lost_line_is_a_crash() -> None:
    engine._is_lost = lambda _fault: False


AREA: tuple[Mutant, ...] = (
    Mutant("lost_line_is_a_crash", "a lost database answers 500 instead of 503", ("A5",), _lost_line_is_a_crash),
)

"""Deliberate bugs of the bus: relay, consumers, inbox, projections, dead letters."""

from tests.fault.mutants import Mutant

AREA: tuple[Mutant, ...] = ()

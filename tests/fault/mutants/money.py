"""Deliberate bugs of money: credit line, idempotency, cover."""

from tests.fault.mutants import Mutant

AREA: tuple[Mutant, ...] = ()

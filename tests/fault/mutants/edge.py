"""Deliberate bugs of the edge: tokens, scopes, bodies, exports."""

from tests.fault.mutants import Mutant

AREA: tuple[Mutant, ...] = ()

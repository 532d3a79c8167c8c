"""Deliberate bugs, one at a time: each must be caught by the cases that it names, and by no others."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

AREAS = ("bus", "money", "edge", "suite")
SETTING = "MUTANT"


@dataclass(frozen=True)
class Mutant:
    """A bug that a careless change could bring in; planted over the product's code, never part of it.

    Attributes:
        name: value of the environment variable `MUTANT` that plants it.
        sentence: what is broken, for the reader of a report.
        breaks: ids of the cases that must fail with it, such as B1; every other case of its area must pass.
        plant: replaces the product's code in this process.
    """

    name: str
    sentence: str
    breaks: tuple[str, ...]
    plant: Callable[[], None]


def _gathered() -> dict[str, Mutant]:
    found: dict[str, Mutant] = {}
    for area in AREAS:
        for mutant in import_module(f"{__name__}.{area}").AREA:
            assert mutant.name not in found, f"two mutants are named {mutant.name}"
            found[mutant.name] = mutant
    return found


MUTANTS = _gathered()
_planted: list[Mutant] = []


def plant_from_environment() -> Mutant | None:
    """Plant the mutant that `MUTANT` names, in a test run or in a process that it launched; return it.

    What a launcher planted stands in the children that it forks: they plant nothing a second time.
    """
    name = os.environ.get(SETTING)
    if not name:
        return None
    if _planted:
        return _planted[0]
    assert name in MUTANTS, f"no mutant is named {name!r}; there are {', '.join(sorted(MUTANTS))}"
    MUTANTS[name].plant()
    _planted.append(MUTANTS[name])
    return MUTANTS[name]

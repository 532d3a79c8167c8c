"""Each deliberate bug of money and of the edge breaks exactly the cases that it names, of all that it could touch."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.fault.judge import Judgement, judgement, under_way
from tests.fault.mutants import MUTANTS, edge, money
from tests.support.pooler import is_installed

pytestmark = [pytest.mark.fault("M3"), pytest.mark.timeout(1_800)]
# The files in which the cases of one kind stand: a bug is judged by all files of the kinds that it names.
GROUPS = {
    ("C1", "C2", "C3", "C4", "C8"): ("test_money.py",),
    ("E1", "E2", "E3"): ("test_strangers.py", "test_functions.py", "test_mass_assignment.py"),
    ("E4", "E7", "G1"): ("test_tokens.py", "test_headers.py", "test_clocks.py"),
    ("F1", "F2", "F3", "F4", "F5"): ("test_files.py", "test_bodies.py", "test_codes.py"),
    ("D4",): ("../test_crowd.py",),
    ("D5",): ("test_slow_clients.py",),
    ("G4",): ("test_stuck.py",),
    ("H1",): ("test_roles.py",),
    ("H2",): ("test_overload.py",),
    ("N2",): ("../test_pooler.py",),
    ("N3",): ("../test_slow_world.py",),
}
JUDGED = [*money.AREA, *edge.AREA]
LEFT_OUT = "not real and not midway"
"""Tests that take long and judge nothing that their neighbours do not."""


def _groups(name: str) -> list[tuple[str, ...]]:
    return [cases for cases in GROUPS if set(cases) & set(MUTANTS[name].breaks)]


def _judged(name: str) -> Judgement:
    files = [f"tests/fault/attack/{file}" for cases in _groups(name) for file in GROUPS[cases]]
    return judgement(name, [*files, "-k", LEFT_OUT])


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, "Future[Judgement]"]]:
    with under_way(_judged, request) as found:
        yield found


@pytest.mark.parametrize("name", [one.name for one in JUDGED])
def test_a_deliberate_bug_breaks_exactly_the_cases_it_names(name: str, runs: dict[str, "Future[Judgement]"]) -> None:
    if "N2" in MUTANTS[name].breaks and not is_installed:
        pytest.skip("PgBouncer is not installed")
    found = runs[name].result()
    assert found.tried == {case for cases in _groups(name) for case in cases}, found.printed[-3_000:]
    assert found.broken == set(MUTANTS[name].breaks), found.printed[-6_000:]


def test_every_case_of_these_groups_is_broken_by_a_deliberate_bug() -> None:
    assert {case for one in JUDGED for case in one.breaks} == {case for cases in GROUPS for case in cases}

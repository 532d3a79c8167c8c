"""Each deliberate bug of money and of the edge breaks exactly the cases that it names, of all that it could touch."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.fault.mutants import MUTANTS, SETTING, Mutant, edge, money
from tests.support.postgres import REPOSITORY

pytestmark = [pytest.mark.fault("M3"), pytest.mark.timeout(1_800)]
# The files in which the cases of one kind stand: a bug is judged by all files of the kinds that it names.
GROUPS = {
    ("C1", "C2", "C3", "C4", "C8"): ("test_money.py",),
    ("E1", "E2", "E3"): ("test_strangers.py", "test_functions.py", "test_mass_assignment.py"),
    ("E4", "E7", "G1"): ("test_tokens.py", "test_headers.py", "test_clocks.py"),
    ("F1", "F2", "F3", "F4", "F5"): ("test_files.py", "test_bodies.py", "test_codes.py"),
    ("G4",): ("test_stuck.py",),
}
JUDGED = [*money.AREA, *edge.AREA]
LEFT_OUT = "not real and not midway"
"""Tests that take long and judge nothing that their neighbours do not."""
_ROW = re.compile(r"^([A-Z]\d+)\s+(holds|BROKEN)", re.MULTILINE)


def judged(mutant: Mutant) -> tuple[set[str], set[str], str]:
    """Plant a bug in a run of its own; return the cases that were tried, those that broke, and what was printed."""
    groups = [files for cases, files in GROUPS.items() if set(cases) & set(mutant.breaks)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"tests/fault/attack/{one}" for one in sum(groups, ())), "-k", LEFT_OUT],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, SETTING: mutant.name},
        capture_output=True,
        text=True,
        timeout=900,
    )
    rows = _ROW.findall(run.stdout)
    broken = {case for case, verdict in rows if verdict == "BROKEN"}
    return {case for case, _ in rows}, broken, run.stdout + run.stderr


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, "Future[tuple[set[str], set[str], str]]"]]:
    """Every run under way, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {one.name: pool.submit(judged, one) for one in JUDGED}
        yield found
        for run in found.values():
            run.cancel()


@pytest.mark.parametrize("name", [one.name for one in JUDGED])
def test_a_deliberate_bug_breaks_exactly_the_cases_it_names(
    name: str, runs: dict[str, "Future[tuple[set[str], set[str], str]]"]
) -> None:
    tried, broken, printed = runs[name].result()
    expected = {case for cases in GROUPS if set(cases) & set(MUTANTS[name].breaks) for case in cases}
    assert tried == expected, printed[-3_000:]
    assert broken == set(MUTANTS[name].breaks), printed[-6_000:]


def test_every_case_of_these_groups_is_broken_by_a_deliberate_bug() -> None:
    assert {case for one in JUDGED for case in one.breaks} == {case for cases in GROUPS for case in cases}

"""Each deliberate bug of the bus breaks exactly the cases that it names: a case that no bug breaks is no test."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.fault.mutants import MUTANTS
from tests.fault.mutants.bus import AREA
from tests.support.postgres import REPOSITORY

# Quick cases, run with every mutant, and the long ones, run with the mutants that name them.
QUICK = tuple(f"bus/test_{name}.py" for name in ("delivery", "order", "poison", "loss", "histories"))
LONG = {
    "A6": "bus/test_sync.py",
    "A9": "bus/test_disk_full.py",
    "B7": "bus/test_backlog.py",
    "B10": "bus/test_forged.py",
    "G5": "test_restore.py",
}
ALSO = {"never_read_back": ("bus/test_store_loss.py",)}
"""Long cases of an id that quick ones have too."""
CASES = {"A8", "B1", "B2", "B3", "B4", "B5", "B6", "B8", "B9", "simulation", *LONG}
pytestmark = pytest.mark.fault("M2")
_ROW = re.compile(r"^(\S+)\s+(holds|BROKEN|left out)\b", re.MULTILINE)


def broken_with(mutant: str) -> tuple[set[str], str]:
    """Run the cases with a bug planted; return the ids of those that failed and what was printed."""
    files = (*QUICK, *(LONG[case] for case in MUTANTS[mutant].breaks if case in LONG), *ALSO.get(mutant, ()))
    environment = {**os.environ, "MUTANT": mutant, "FAULT_SEEDS": "1", "FAULT_PATIENCE": "30"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"tests/fault/{name}" for name in files)],
        check=False,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    found = {(case, verdict) for case, verdict in _ROW.findall(run.stdout) if case in CASES}
    assert {case for case, _ in found} >= CASES - set(LONG), run.stdout[-3000:] + run.stderr[-2000:]
    return {case for case, verdict in found if verdict == "BROKEN"}, run.stdout


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, "Future[tuple[set[str], str]]"]]:
    """Every run under way, as many at once as there are cores: most of their time they wait."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {one.name: pool.submit(broken_with, one.name) for one in AREA}
        yield found
        for run in found.values():
            run.cancel()


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("mutant", [one.name for one in AREA])
def test_a_deliberate_bug_breaks_exactly_the_cases_it_names(
    mutant: str, runs: dict[str, "Future[tuple[set[str], str]]"]
) -> None:
    if "A9" in MUTANTS[mutant].breaks and os.geteuid() != 0:
        pytest.skip("a disk of its own needs root")
    broken, printed = runs[mutant].result()
    assert broken == set(MUTANTS[mutant].breaks), printed[-6000:]


def test_every_case_of_the_bus_is_broken_by_a_deliberate_bug() -> None:
    assert {case for one in AREA for case in one.breaks} == CASES

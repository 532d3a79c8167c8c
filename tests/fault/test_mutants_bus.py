"""Each deliberate bug of the bus breaks exactly the cases that it names: a case that no bug breaks is no test."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.fault.judge import Judgement, judgement, under_way
from tests.fault.mount import may_mount
from tests.fault.mutants import MUTANTS
from tests.fault.mutants.bus import AREA

# Quick cases, run with every mutant, and the long ones, run with the mutants that name them.
QUICK = tuple(f"bus/test_{name}.py" for name in ("delivery", "order", "poison", "loss", "histories"))
LONG = {
    "A6": "bus/test_sync.py",
    "A9": "bus/test_disk_full.py",
    "B7": "bus/test_backlog.py",
    "B10": "bus/test_forged.py",
    "B11": "bus/test_provisioning.py",
    "B12": "bus/test_signed.py",
    "G5": "test_restore.py",
    "G7": "test_restore_under_load.py",
}
ALSO = {"never_read_back": ("bus/test_store_loss.py",)}
"""Long cases of an id that quick ones have too."""
CASES = {"A8", "B1", "B2", "B3", "B4", "B5", "B6", "B8", "B9", "simulation", *LONG}
pytestmark = [pytest.mark.fault("M2"), pytest.mark.timeout(1_800)]


def _judged(name: str) -> Judgement:
    long = (LONG[case] for case in MUTANTS[name].breaks if case in LONG)
    files = (*QUICK, *long, *ALSO.get(name, ()))
    return judgement(name, [f"tests/fault/{one}" for one in files], FAULT_SEEDS="1", FAULT_PATIENCE="30")


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, "Future[Judgement]"]]:
    with under_way(_judged, request) as found:
        yield found


@pytest.mark.parametrize("name", [one.name for one in AREA])
def test_a_deliberate_bug_breaks_exactly_the_cases_it_names(name: str, runs: dict[str, "Future[Judgement]"]) -> None:
    if "A9" in MUTANTS[name].breaks and not may_mount():
        pytest.skip("this machine lets nobody make a disk of its own")
    found = runs[name].result()
    assert found.tried >= CASES - set(LONG), found.printed[-3_000:]
    assert found.broken & CASES == set(MUTANTS[name].breaks), found.printed[-6_000:]


def test_every_case_of_the_bus_is_broken_by_a_deliberate_bug() -> None:
    assert {case for one in AREA for case in one.breaks} == CASES

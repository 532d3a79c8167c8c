"""What every fault run begins with: a deliberate bug, if `MUTANT` names one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.armed_suite import armed_suite
from tests.fault.mutants import plant_from_environment
from tests.fault.report import CaseReport
from tests.fault.world import World, found_world

HERE = Path(__file__).parent
PLANTED = plant_from_environment()


def pytest_configure(config: pytest.Config) -> None:
    """Print every case with its seeds and its verdict at the end."""
    config.pluginmanager.register(CaseReport(), "fault cases")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Judge the product, not the clients of the harness: what is cut off on purpose leaves its sockets behind."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """One armed suite with a firm that borrowed, for all scenarios that need no lines of their own."""
    with armed_suite("fault") as suite:
        yield found_world(suite)

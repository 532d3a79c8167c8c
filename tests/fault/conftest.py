"""What every fault run begins with: a deliberate bug, if `MUTANT` names one."""

from collections.abc import Iterator

import pytest

from tests.fault.armed_suite import armed_suite
from tests.fault.mutants import plant_from_environment
from tests.fault.report import CaseReport
from tests.fault.world import World, found_world

PLANTED = plant_from_environment()


def pytest_configure(config: pytest.Config) -> None:
    """Print every case with its seeds and its verdict at the end."""
    config.pluginmanager.register(CaseReport(), "fault cases")


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """One armed suite with a firm that borrowed, for all scenarios that need no lines of their own."""
    with armed_suite("fault") as suite:
        yield found_world(suite)

"""What every fault run begins with: a deliberate bug, if `MUTANT` names one."""

import pytest

from tests.fault.mutants import plant_from_environment
from tests.fault.report import CaseReport

PLANTED = plant_from_environment()


def pytest_configure(config: pytest.Config) -> None:
    """Print every case with its seeds and its verdict at the end."""
    config.pluginmanager.register(CaseReport(), "fault cases")

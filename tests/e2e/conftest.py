"""One launched suite for all stories of this folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.suite import LaunchedSuite, launched_suite

HERE = Path(__file__).parent
PATIENCE_SECONDS = 1_800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a launched suite the time that five processes need on a machine that is busy with something else."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(PATIENCE_SECONDS))


@pytest.fixture(scope="package")
def suite() -> Iterator[LaunchedSuite]:
    """The suite as `make run` starts it, with two finance processes; what it printed is `suite.printed`.

    It ends with the last story of this folder: beside all other tests it would idle at the cost of one of them.
    """
    with launched_suite("e2e", FINANCE_PROCESSES="2") as launched:
        launched.printed = launched.start()
        yield launched


@pytest.fixture
def waiting(suite: LaunchedSuite) -> Iterator[None]:
    """An application waits for the bank, also for the story that comes next."""

    def let_one_wait() -> None:
        order = [sys.executable, "-m", "deploy.demo"]
        done = subprocess.run(order, check=False, capture_output=True, text=True, env=suite.environment, timeout=600)
        assert done.returncode == 0, done.stderr

    let_one_wait()
    yield
    let_one_wait()

"""Servers of a test run: started once when the first test asks, on free ports, in folders of their own."""

import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.nats import Broker, running_nats
from tests.support.postgres import DatabaseServer, running_postgres

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.support.workers import FileByFile


# How long an example takes says how busy the machine is, not whether the property holds: a spreadsheet of 12 ms once
# took more than the 200 ms allowed, and the values it had were blamed. A property that fails prints what repeats it.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseServer]:
    """The PostgreSQL of this run, or of this worker."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def nats() -> Iterator[Broker]:
    """The NATS of this run, or of this worker: some tests stop it."""
    with running_nats() as broker:
        yield broker


@pytest.fixture
def database_url(postgres: DatabaseServer) -> Callable[[str], Awaitable[str]]:
    """`await database_url("finance")` gives a fresh, migrated database of that service."""
    return postgres.database_url


def pytest_collection_finish() -> None:
    """What was imported stays: no collection walks it again, a tenth of a second each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Say how many workers `-n auto` means."""
    from tests.support.workers import worker_count

    return worker_count()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "FileByFile":
    """Say how workers share the tests."""
    from tests.support.workers import FileByFile

    return FileByFile(config, log)

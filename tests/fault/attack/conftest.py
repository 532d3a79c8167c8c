"""Where the attacks happen: single services on a real PostgreSQL, and one suite as launched for the whole session."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fault.attack.lent import borrowed
from tests.service.finance.world import World
from tests.support.postgres import DatabaseServer, running_postgres
from tests.support.service import running_service
from tests.support.suite import LaunchedSuite, launched_suite


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseServer]:
    """The PostgreSQL of this run, or the one that the judge of the mutants lends to it."""
    if (lent := borrowed()) is not None:
        yield lent
        return
    with running_postgres() as server:
        yield server


@pytest.fixture
async def world(postgres: DatabaseServer) -> AsyncIterator[World]:
    """Finance with a client for each body."""
    async with running_service("finance", postgres, database_pool_size=8) as service:
        yield World(service)


@pytest.fixture(scope="session")
def city_suite() -> Iterator[LaunchedSuite]:
    """The suite as `make run` starts it, with two finance processes, after its main job was told."""
    with launched_suite("attack", FINANCE_PROCESSES="2") as launched:
        launched.printed = launched.start()
        yield launched


def rounds(whole: int, judged: int) -> int:
    """Return how often a race is run: fewer times where a mutant is judged, which needs one failure only."""
    return judged if os.environ.get("MUTANT") or os.environ.get("FAULT_POSTGRES") else whole

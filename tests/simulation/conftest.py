from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from shared.db.engine import Database
from shared.telemetry import configure_logging
from tests.simulation.world import empty_databases
from tests.support.postgres import DatabaseServer


@pytest.fixture(autouse=True, scope="session")
def no_lines() -> Iterator[None]:
    """The history tells what happened; thousands of log lines would hide it."""
    before = structlog.get_config()
    configure_logging("test", "CRITICAL")
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
async def databases(postgres: DatabaseServer) -> AsyncIterator[dict[str, Database]]:
    async with empty_databases(postgres) as found:
        yield found

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from sqlalchemy import text

from shared.db.engine import Database
from shared.telemetry import configure_logging
from tests.simulation.world import TABLES
from tests.support.lab import lab_database
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
    async with lab_database(postgres, "registry") as registry, lab_database(postgres, "finance") as finance:
        found = {"registry": registry, "finance": finance}
        for database in found.values():
            async with database.engine.begin() as connection:
                for table in TABLES:
                    await connection.execute(text(table))
        yield found

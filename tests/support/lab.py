"""A bare database with the infrastructure tables and one projection, for the tests of shared/db and shared/bus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, MetaData, NullPool, String, Table, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.base import NAMING
from shared.db.engine import Database, driver_url
from shared.db.tables import attach_infrastructure
from shared.kernel.clock import FixedClock
from shared.kernel.ids import new_id
from tests.support.postgres import DatabaseServer

METADATA = MetaData(naming_convention=NAMING)
attach_infrastructure(METADATA)
NAMES = Table(
    "enterprise_name",
    METADATA,
    Column("uscc", String(18), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", BigInteger, nullable=False),
)
COUNTS = Table(
    "effect", METADATA, Column("id", String(80), primary_key=True), Column("times", BigInteger, nullable=False)
)


def clock() -> FixedClock:
    """A clock at a fixed instant."""
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


_template_made: set[int] = set()
_making = asyncio.Lock()


async def _template(postgres: DatabaseServer) -> str:
    """Make the database that every lab is cloned from, once per server."""
    async with _making:
        if postgres.server.port not in _template_made:
            await postgres._admin('CREATE DATABASE "lab"')
            engine = create_async_engine(driver_url(postgres.server.url("lab")), poolclass=NullPool)
            async with engine.begin() as connection:
                await connection.run_sync(METADATA.create_all)
            await engine.dispose()
            _template_made.add(postgres.server.port)
    return "lab"


@contextlib.asynccontextmanager
async def lab_database(postgres: DatabaseServer, service: str, *, pool_size: int = 8) -> AsyncIterator[Database]:
    """Yield a database of its own for `service`, and drop it at the end."""
    name = f"lab_{service}_{new_id().hex[-12:]}"
    await postgres._admin(f'CREATE DATABASE "{name}" TEMPLATE "{await _template(postgres)}" STRATEGY FILE_COPY')
    url = postgres.server.url(name)
    database = Database(url, service=service, pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()
        await postgres.drop(url)


async def scalar(database: Database, sql: str, **words: object) -> object:
    """Return the one value of a query."""
    async with database.engine.connect() as connection:
        return (await connection.execute(text(sql), words)).scalar()

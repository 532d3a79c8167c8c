"""A bare database with the infrastructure tables and one projection, for the tests of shared/db and shared/bus."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, MetaData, NullPool, String, Table, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.base import NAMING
from shared.db.engine import Database, driver_url
from shared.db.tables import attach_infrastructure
from shared.db.transaction import Reactions
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


_free: dict[int, list[str]] = {}
_EMPTY = text(f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY")


@contextlib.asynccontextmanager
async def lab_database(
    postgres: DatabaseServer, service: str, *, pool_size: int = 8, reactions: Reactions | None = None
) -> AsyncIterator[Database]:
    """Yield an empty database that nobody else uses; afterwards it is emptied for the next one.

    Making a database costs two checkpoints, emptying one costs a statement.
    """
    free = _free.setdefault(postgres.server.port, [])
    name = free.pop() if free else await _made(postgres)
    url = postgres.server.url(name)
    database = Database(url, service=service, pool_size=pool_size, reactions=reactions)
    try:
        yield database
    finally:
        async with database.engine.begin() as connection:
            await connection.execute(_EMPTY)
        await database.close()
        free.append(name)


async def _made(postgres: DatabaseServer) -> str:
    name = f"lab_{new_id().hex[-12:]}"
    await postgres._admin(f'CREATE DATABASE "{name}"')
    engine = create_async_engine(driver_url(postgres.server.url(name)), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()
    return name


async def scalar(database: Database, sql: str, **words: object) -> object:
    """Return the one value of a query."""
    async with database.engine.connect() as connection:
        return (await connection.execute(text(sql), words)).scalar()

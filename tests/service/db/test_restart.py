"""A PostgreSQL that dies under warm connections is answered by "unavailable", and the pool heals by itself."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from shared.db.engine import Database, DatabaseUnavailable
from shared.kernel.actor import system_actor
from tests.support.lab import clock
from tests.support.postgres import state_folder

CONNECTIONS = 16


@pytest.fixture
async def server() -> AsyncIterator[tuple[PostgresServer, list[Child]]]:
    with state_folder("restart") as folder:
        server = PostgresServer(
            folder / "postgres",
            port=free_port(),
            password=secrets.token_hex(16),
            log=folder / "postgres.log",
            durable=False,
        )
        await asyncio.to_thread(server.initialise)
        children = [Child(server.program())]
        await asyncio.to_thread(server.wait_until_ready)
        yield server, children
        children[-1].stop()


async def read(db: Database, seconds: float = 0.0) -> int:
    async with db.transaction(actor=system_actor("finance"), clock=clock()) as tx:
        found = await tx.session.execute(text("SELECT 1 FROM pg_sleep(:seconds)"), {"seconds": seconds})
        return int(found.scalar_one())


async def test_sixteen_warm_connections_survive_a_killed_server(
    server: tuple[PostgresServer, list[Child]],
) -> None:
    postgres, children = server
    db = Database(postgres.url(), service="finance", pool_size=CONNECTIONS)
    try:
        assert await asyncio.gather(*(read(db, 0.2) for _ in range(CONNECTIONS))) == [1] * CONNECTIONS
        running = [asyncio.ensure_future(read(db, 5)) for _ in range(CONNECTIONS // 2)]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(children[-1].kill)
        cut = await asyncio.gather(*running, return_exceptions=True)
        assert {type(one) for one in cut} == {DatabaseUnavailable}
        down = await asyncio.gather(*(read(db) for _ in range(CONNECTIONS)), return_exceptions=True)
        assert {type(one) for one in down} == {DatabaseUnavailable}
        children.append(Child(postgres.program()))
        await asyncio.to_thread(postgres.wait_until_ready)
        # No warm connection of before may come back from the pool: the very first calls succeed.
        assert await asyncio.gather(*(read(db, 0.05) for _ in range(CONNECTIONS))) == [1] * CONNECTIONS
    finally:
        await db.close()


async def test_connections_that_slept_through_a_restart_fail_at_most_once_and_then_work(
    server: tuple[PostgresServer, list[Child]],
) -> None:
    postgres, children = server
    db = Database(postgres.url(), service="finance", pool_size=CONNECTIONS)
    try:
        await asyncio.gather(*(read(db, 0.2) for _ in range(CONNECTIONS)))
        await asyncio.to_thread(children[-1].kill)
        children.append(Child(postgres.program()))
        await asyncio.to_thread(postgres.wait_until_ready)
        first = await asyncio.gather(read(db), return_exceptions=True)
        assert first == [1] or isinstance(first[0], DatabaseUnavailable)
        assert await asyncio.gather(*(read(db) for _ in range(CONNECTIONS))) == [1] * CONNECTIONS
    finally:
        await db.close()

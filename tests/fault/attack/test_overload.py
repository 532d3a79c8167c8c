"""H2: two hundred registrations behind one lock close no page: reads go on, and what is too much is refused at once."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.service.registry.world import World, firm
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service

pytestmark = pytest.mark.fault("H2")
MANY = 200
READS = 5


@pytest.fixture
async def registry(postgres: DatabaseServer) -> AsyncIterator[World]:
    async with running_service("registry", postgres, database_pool_size=8) as service:
        yield World(service)


async def test_changes_that_wait_for_a_lock_leave_connections_for_reads_and_more_are_refused_at_once(
    registry: World,
) -> None:
    await registry.registered()
    city = registry.city
    bodies = [firm(number) for number in range(1_000, 1_000 + MANY)]
    person = await asyncpg.connect(registry.service.administrator_url)
    try:
        async with person.transaction():
            await person.execute("LOCK TABLE enterprise IN EXCLUSIVE MODE")  # changes wait, reads do not
            rush = [asyncio.ensure_future(city.post("/v1/enterprises", json=body)) for body in bodies]
            refused = [await one for one in rush[-READS:]]
            reads = [await city.get("/v1/enterprises", params={"limit": 1}) for _ in range(READS)]
            first_waits = not rush[0].done()
    finally:
        await person.close()
    assert {one.status_code for one in reads} == {200}
    assert first_waits, "others waited as long as the lock lasts"
    assert {one.status_code for one in refused} == {503}
    answers = await asyncio.gather(*rush)
    assert {one.status_code for one in answers} == {201, 503}
    assert {one.headers["retry-after"] for one in answers if one.status_code == 503} == {"2"}
    assert {one.json()["code"] for one in answers if one.status_code == 503} == {"unavailable"}
    again = await city.post("/v1/enterprises", json=bodies[-1])
    assert again.status_code == 201
    await city.aclose()

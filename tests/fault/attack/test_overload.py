"""H2: four hundred registrations behind one lock close no page: reads go on, what is too much is refused at once."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from shared.kernel.ids import new_id
from tests.service.registry.world import World, firm
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service

pytestmark = pytest.mark.fault("H2")
MANY, READS, FIRST = 400, 5, 1_000
_STANDS = """
SELECT (SELECT count(*) FROM enterprise) AS firms, (SELECT count(*) FROM unit_stay) AS stays,
       (SELECT count(*) FROM outbox_event WHERE subject = 'registry.enterprise.changed.v1') AS events,
       (SELECT count(*) FROM audit_entry WHERE action = 'enterprise.register') AS audited,
       (SELECT count(*) FROM idempotency_key) AS keys
"""


@pytest.fixture
async def registry(postgres: DatabaseServer) -> AsyncIterator[World]:
    async with running_service("registry", postgres, database_pool_size=8) as service:
        yield World(service)


async def test_changes_that_wait_for_a_lock_leave_connections_for_reads_and_more_are_refused_at_once(
    registry: World,
) -> None:
    await registry.registered()
    city = registry.city
    calls = {str(new_id()): firm(number) for number in range(FIRST, FIRST + MANY)}
    person = await asyncpg.connect(registry.service.administrator_url)
    try:
        async with person.transaction():
            await person.execute("LOCK TABLE enterprise IN EXCLUSIVE MODE")  # changes wait, reads do not
            rush = [asyncio.ensure_future(register(city, key, body)) for key, body in calls.items()]
            last = await rush[-1]
            reads = [await city.get("/v1/enterprises", params={"limit": 1}) for _ in range(READS)]
            first_waits = not rush[0].done()
            early = [one.result() for one in rush if one.done()]
    finally:
        await person.close()
    assert {one.status_code for one in reads} == {200}
    assert first_waits, "others waited as long as the lock lasts"
    assert last.status_code == 503
    assert len(early) >= MANY / 2, "few are refused at once"
    answers = await asyncio.gather(*rush)
    assert {one.status_code for one in answers} == {201, 503}
    refused = [one for one in answers if one.status_code == 503]
    assert {one.headers["content-type"] for one in refused} == {"application/problem+json"}
    assert {one.headers["retry-after"] for one in refused} == {"2"}
    assert {one.json()["code"] for one in refused} == {"unavailable"}
    # What was refused has left nothing, what was accepted has left all: registry.registered() is one more.
    (stands,) = await registry.service.rows(_STANDS)
    assert set(stands.values()) == {MANY - len(refused) + 1}
    for key, body in calls.items():  # with the same key: what was done is told again, what was not is done now
        assert (await register(city, key, body)).status_code == 201
    (stands,) = await registry.service.rows(_STANDS)
    assert set(stands.values()) == {MANY + 1}
    await city.aclose()


async def register(city: httpx.AsyncClient, key: str, body: dict[str, object]) -> httpx.Response:
    return await city.post("/v1/enterprises", json=body, headers={"idempotency-key": key})

"""G4: a person's session holds a lock and sleeps: who needs it is told "busy", the rest goes on, nobody waits long."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.fault.attack.conftest import rounds
from tests.service.finance.world import WAN, World, done, refused
from tests.support.postgres import DatabaseServer
from tests.support.source import SERVICES

pytestmark = pytest.mark.timeout(120)
TIMEOUTS = {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"}
PATIENCE_S = rounds(15, 6)


@asynccontextmanager
async def a_person(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A session such as psql opens."""
    session = await asyncpg.connect(url)
    try:
        yield session
    finally:
        if not session.is_closed():
            await session.close()


@pytest.mark.fault("G4")
async def test_a_lock_that_a_person_holds_is_answered_busy_and_the_rest_goes_on(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"], amount_fen=1 * WAN)
    await world.approve(application["id"], amount_fen=1 * WAN)
    url = f"/v1/loan-applications/{application['id']}:sign"
    contract, key = world.contract(principal_fen=1 * WAN), {"idempotency-key": "in-the-way"}
    async with a_person(world.service.database_url) as person:
        await person.execute("BEGIN; LOCK TABLE loan IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        waiting = asyncio.ensure_future(world.bank().post(url, json=contract, headers=key))
        others = 0
        while not waiting.done() and time.monotonic() < began + PATIENCE_S:
            done(await world.firm().get("/v1/consents"))
            await world.consent()
            others += 1
            await asyncio.sleep(0.05)
        assert waiting.done(), "whoever needs the lock waits for ever"
        answer = await waiting
        refused(answer, "unavailable", 503)
        assert answer.headers["retry-after"]
        assert others > 5, "the rest did not go on"
        await person.execute("ROLLBACK")
    record_property("noted", f"{others} other calls were answered while one waited {time.monotonic() - began:.1f} s")
    assert done(await world.bank().post(url, json=contract, headers=key), 201)["principal_fen"] == 1 * WAN


@pytest.mark.fault("G4")
async def test_more_callers_behind_a_lock_than_there_are_connections_do_not_stop_the_service(world: World) -> None:
    evaluation = await world.ready_firm()
    loans = []
    for _ in range(4):
        application = await world.apply(evaluation["id"], amount_fen=1 * WAN)
        await world.approve(application["id"], amount_fen=1 * WAN)
        loans.append(await world.sign(application["id"], principal_fen=1 * WAN))
    urls = [f"/v1/loans/{loan['id']}/drawdowns" for loan in loans]
    async with a_person(world.service.database_url) as person:
        await person.execute("BEGIN; LOCK TABLE drawdown IN ACCESS EXCLUSIVE MODE")
        calls = [world.bank().post(urls[number % 4], json=world.note(amount_fen=1)) for number in range(40)]
        answers = await asyncio.wait_for(asyncio.gather(*calls), 4 * PATIENCE_S)
        assert {answer.status_code for answer in answers} == {503}
        assert all(answer.headers["retry-after"] for answer in answers)
    assert done(await world.firm().get("/v1/consents"))
    drawn = await world.bank().post(urls[0], json=world.note(amount_fen=1))
    assert drawn.status_code == 201, drawn.text
    line = await world.line()
    assert line["drawn_fen"] == 1


@pytest.mark.fault("G4")
async def test_two_transactions_in_each_others_way_end_with_one_told_busy(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"], amount_fen=1 * WAN)
    await world.approve(application["id"], amount_fen=1 * WAN)
    url = f"/v1/loan-applications/{application['id']}:sign"
    async with a_person(world.service.database_url) as person:
        # The use case locks the line and then the application; this session goes the other way around.
        await person.execute("BEGIN; SELECT 1 FROM loan_application FOR UPDATE")
        waiting = asyncio.ensure_future(world.bank().post(url, json=world.contract(principal_fen=1 * WAN)))
        await asyncio.sleep(0.3)
        try:
            await person.execute("SELECT 1 FROM credit_line FOR UPDATE; COMMIT")
        except asyncpg.exceptions.DeadlockDetectedError:
            await person.execute("ROLLBACK")
        answer = await asyncio.wait_for(waiting, PATIENCE_S)
    assert answer.status_code in {201, 503}, answer.text
    if answer.status_code == 503:
        assert (await world.bank().post(url, json=world.contract(principal_fen=1 * WAN))).status_code == 201


@pytest.mark.fault("G4")
@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_the_limits_belong_to_the_role_so_that_a_persons_session_has_them_too(
    name: str, postgres: DatabaseServer
) -> None:
    url = await postgres.database_url(name)
    try:
        async with a_person(url) as person:
            for setting in TIMEOUTS:
                told = await person.fetchval(f"SELECT setting::int FROM pg_settings WHERE name = '{setting}'")
                assert 0 < told <= 60_000, f"{setting} of {name} is {told} ms"
            await person.execute("SET idle_in_transaction_session_timeout = 200")
            await person.execute("BEGIN")
            await asyncio.sleep(0.6)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
                await person.execute("SELECT 1")
    finally:
        await postgres.drop(url)

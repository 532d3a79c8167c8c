"""Slow handlers, late brokers and databases that go away: every effect comes, and comes once."""

import asyncio
import secrets

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from shared.bus.runner import Bus
from shared.bus.subscription import Subscription
from shared.db.engine import Database, driver_url
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import IntegrityChanged
from tests.support.lab import METADATA, lab_database
from tests.support.nats import Broker
from tests.support.pair import CLOCK, Listener, Pair, count, marked, named, reaches, until
from tests.support.postgres import DatabaseServer, state_folder


async def test_a_handler_slower_than_the_brokers_patience_has_one_effect_over_two_workers(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.streams.ACK_WAIT_SECONDS", 0.5)
    calls = 0

    async def slow(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(1.2)
        await pair.handlers.count(tx, event)

    subscriptions = [Subscription("finance.slow", IntegrityChanged, slow)]
    await pair.emit(marked("firm-1"), marked("firm-2"))
    second = Bus(pair.listener, CLOCK, url=pair.broker.url("finance"), subscriptions=subscriptions)
    async with pair.running(subscriptions=subscriptions):
        other = asyncio.ensure_future(second.run_forever(relay=False, consumers=True))
        await reaches(pair.listener, "SELECT count(*) FROM effect", 2)
        await asyncio.sleep(1)
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert await count(pair.listener, "SELECT count(*) FROM dead_letter") == 0
    assert calls == 2


async def test_a_service_that_starts_before_its_broker_waits_for_it(pair: Pair) -> None:
    await asyncio.to_thread(pair.broker.kill)
    async with pair.running():
        await pair.emit(marked("firm-1"))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(pair.broker.start)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1, seconds=20)


async def test_a_database_that_goes_away_is_waited_for_and_no_event_is_blamed(
    postgres: DatabaseServer, nats: Broker
) -> None:
    with state_folder("outage") as folder:
        server = PostgresServer(
            folder / "postgres",
            port=free_port(),
            password=secrets.token_hex(16),
            log=folder / "postgres.log",
            durable=False,
        )
        await asyncio.to_thread(server.initialise)
        child = Child(server.program())
        await asyncio.to_thread(server.wait_until_ready)
        engine = create_async_engine(driver_url(server.url()))
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        await engine.dispose()
        listener = Database(server.url(), service="finance")
        async with lab_database(postgres, "registry") as publisher:
            pair = Pair(publisher, listener, Listener(), nats)
            async with pair.running():
                await pair.emit(named("firm-1", "x"), marked("firm-1"))
                await reaches(listener, "SELECT count(*) FROM effect", 1)
                await asyncio.to_thread(child.kill)
                for _ in range(10):
                    await pair.emit(marked("firm-1"), named("firm-1", "y"))
                # Longer than five deliveries take.
                await asyncio.sleep(3)
                child = Child(server.program())
                await asyncio.to_thread(server.wait_until_ready)

                async def all_there() -> bool:
                    return len(pair.handlers.happened) == 11

                await until(all_there)
                await reaches(listener, "SELECT version FROM enterprise_name", 22)
            async with listener.engine.connect() as connection:
                assert (await connection.execute(text("SELECT count(*) FROM dead_letter"))).scalar() == 0
            async with pair.client() as client:
                await client.jetstream().delete_stream("REGISTRY")
        await listener.close()
        await asyncio.to_thread(child.stop)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 12)]


def test_two_handlers_of_one_name_are_refused() -> None:
    twice = [Subscription("finance.same", IntegrityChanged, Listener().count)] * 2
    database = Database("postgresql://nobody:x@127.0.0.1:1/none", service="finance")
    with pytest.raises(ValueError, match="name of its own"):
        Bus(database, CLOCK, url="nats://127.0.0.1:1", subscriptions=twice)

"""Slow handlers, late brokers and databases that go away: every effect comes, and comes once."""

import asyncio
import contextlib
import gc
import random
import secrets
from typing import Any

import nats as nats_client
import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from shared.bus.cancellation import end_if_cancelled
from shared.bus.runner import Bus
from shared.bus.subscription import Subscription
from shared.db.engine import Database, driver_url
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import IntegrityChanged
from tests.support.event_keys import event_keys
from tests.support.lab import METADATA, lab_database
from tests.support.nats import Broker
from tests.support.pair import CLOCK, Listener, Pair, count, marked, named, reaches, until
from tests.support.postgres import DatabaseServer, state_folder

# A connection cut in the middle of connecting leaves its stream to the garbage collector: the client library's habit.
CUT_SHORT = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


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
    second = pair.listening(subscriptions)
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
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)


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
            await pair.lose_stream(anew=True)
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
        await listener.close()
        await asyncio.to_thread(child.stop)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 12)]


def test_two_handlers_of_one_name_are_refused() -> None:
    twice = [Subscription("finance.same", IntegrityChanged, Listener().count)] * 2
    database = Database("postgresql://nobody:x@127.0.0.1:1/none", service="finance")
    with pytest.raises(ValueError, match="name of its own"):
        Bus(database, CLOCK, url="nats://127.0.0.1:1", subscriptions=twice, keys=event_keys(database.service))


async def test_a_task_that_swallowed_its_cancellation_ends_at_the_head_of_its_loop() -> None:
    rounds = 0

    async def stubborn() -> None:
        nonlocal rounds
        while True:
            end_if_cancelled()
            rounds += 1
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    task = asyncio.ensure_future(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert rounds == 1


@CUT_SHORT
async def test_a_bus_ends_at_whatever_moment_it_is_told_to(pair: Pair) -> None:
    chance = random.Random(20261123)  # a seed, so that a failure can be repeated
    for round_ in range(25):
        async with asyncio.timeout(60):
            async with pair.running():
                await pair.emit(*(named(f"firm-{number}", f"{round_}") for number in range(3)), marked("firm-1"))
                await asyncio.sleep(chance.uniform(0, 0.08) if round_ % 5 else chance.uniform(1.0, 1.1))
    async with pair.running():
        await reaches(pair.listener, "SELECT count(*) FROM effect", 25)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    gc.collect()  # here, where it is expected, and not in the next test


@CUT_SHORT
async def test_a_cancellation_that_connecting_swallows_still_ends_the_bus(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting, plain = asyncio.Event(), nats_client.connect

    async def deaf(*words: Any, **named: Any) -> Client:
        connecting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return await plain(*words, **named)

    bus = pair.listening()
    with monkeypatch.context() as patched:
        patched.setattr(nats_client, "connect", deaf)
        task = asyncio.ensure_future(bus.run_forever(relay=True, consumers=True))
        await connecting.wait()
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=50)
    assert done == {task}
    assert task.cancelled()
    gc.collect()


async def test_what_a_stopped_worker_had_in_hand_is_handled_at_once_by_the_next(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than this test may take: what the broker itself delivers again would come too late.
    monkeypatch.setattr("shared.bus.streams.ACK_WAIT_SECONDS", 600.0)
    reached = asyncio.Event()

    async def never(_tx: Transaction, _event: Envelope[IntegrityChanged]) -> None:
        reached.set()
        await asyncio.sleep(60)

    await pair.emit(*(marked("firm-1") for _ in range(20)))
    async with pair.running(subscriptions=[Subscription("finance.integrity", IntegrityChanged, never)]):
        await asyncio.wait_for(reached.wait(), 60)
    async with pair.running(subscriptions=pair.handlers.subscriptions()[1:]):
        await reaches(pair.listener, "SELECT count(*) FROM effect", 20)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 21)]


async def test_a_handler_that_takes_its_time_is_not_given_its_event_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.streams.ACK_WAIT_SECONDS", 2.1)
    monkeypatch.setattr("shared.bus.receiver.ACK_WAIT_SECONDS", 2.1)
    calls: list[int] = []

    async def slow(_tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        calls.append(event.sequence)
        await asyncio.sleep(3)

    await pair.emit(marked("firm-1"))
    async with pair.running(subscriptions=[Subscription("finance.slow", IntegrityChanged, slow)]):
        await reaches(pair.listener, "SELECT count(*) FROM inbox_entry", 1)
        client = await nats_client.connect(pair.broker.url("finance"), inbox_prefix=b"_INBOX_finance")
        held = await client.jetstream().consumer_info("REGISTRY", "finance")
        await client.close()
    assert held.delivered is not None
    assert held.delivered.consumer_seq == 1
    assert calls == [1]


async def test_a_bus_one_of_whose_tasks_failed_begins_again(pair: Pair) -> None:
    bus = pair.publishing()
    running = asyncio.ensure_future(bus.run_forever(relay=True, consumers=False))

    async def connected() -> bool:
        return bus.is_connected and bus._relay is not None

    for name in ("firm-1", "firm-2"):
        await until(connected)
        await pair.emit(named(name, "x"))
        await reaches(pair.publisher, "SELECT count(*) FROM outbox_waiting", 0)
        relay, bus._relay = bus._relay, None
        assert relay is not None
        await relay._js._nc.close()
    await until(connected)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

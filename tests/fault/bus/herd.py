"""Several workers and relays of one service at once, and what the broker says of them."""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Iterable, Sequence

import nats as nats_client
import pytest
from nats.js import api

from shared.bus.runner import Bus
from shared.bus.subscription import Subscription
from shared.db import outbox
from shared.db.engine import Database
from shared.events.envelope import Recorded, to_wire
from shared.kernel.ids import new_id
from tests.support.event_keys import event_keys, signed
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, reaches, until

SEEDS = range(1, int(os.environ.get("FAULT_SEEDS", "5")) + 1)
PATIENCE_SECONDS = float(os.environ.get("FAULT_PATIENCE", "60"))
"""How long what must come is waited for; a run with a deliberate bug waits less for what never comes."""
seeded = pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
FIRMS = tuple(f"firm-{number}" for number in range(4))
TWICE = "SELECT count(*) FROM effect WHERE times <> 1"
WAITING = "SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL"
UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"


def chance_of(seed: int) -> random.Random:
    """Return the generator of a case."""
    return random.Random(seed)


@contextlib.asynccontextmanager
async def workers(
    pair: Pair, number: int, subscriptions: Sequence[Subscription] | None = None
) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Run so many processes' worth of consumers of the listener, each with connections of its own."""
    listened = pair.handlers.subscriptions() if subscriptions is None else subscriptions
    async with _buses(pair.listener, pair.broker.url("finance"), number, listened) as (_, tasks):
        yield tasks


@contextlib.asynccontextmanager
async def relays(pair: Pair, number: int) -> AsyncIterator[tuple[list[Bus], list["asyncio.Task[None]"]]]:
    """Run so many processes' worth of relays of the publisher."""
    async with _buses(pair.publisher, pair.broker.url("registry"), number, []) as found:
        yield found


@contextlib.asynccontextmanager
async def _buses(
    database: Database, url: str, number: int, subscriptions: Sequence[Subscription]
) -> AsyncIterator[tuple[list[Bus], list["asyncio.Task[None]"]]]:
    databases = [Database(database.url, service=database.service, pool_size=4) for _ in range(number)]
    buses = [Bus(one, CLOCK, url=url, subscriptions=subscriptions, keys=event_keys(one.service)) for one in databases]
    tasks = [
        asyncio.ensure_future(bus.run_forever(relay=not subscriptions, consumers=bool(subscriptions))) for bus in buses
    ]
    try:
        yield buses, tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in databases:
            await one.close()


async def recorded(pair: Pair) -> list[Recorded]:
    """Return what waits in the publisher's outbox."""
    async with pair.publisher.engine.connect() as connection:
        return await outbox.pending(connection, limit=100_000)


async def publish_raw(pair: Pair, events: Iterable[Recorded]) -> None:
    """Publish events past the relay, each under a message id of its own, in the order given."""
    async with pair.client() as client:
        js = client.jetstream()
        for event in events:
            payload = to_wire(event)
            headers = {"Nats-Msg-Id": str(new_id()), **signed("registry", event.subject, payload)}
            await js.publish(event.subject, payload, headers=headers)


async def consumer_of(pair: Pair) -> api.ConsumerInfo:
    """Return what the broker knows of the listener's consumer."""
    client = await nats_client.connect(pair.broker.url("finance"), inbox_prefix=b"_INBOX_finance")
    try:
        return await client.jetstream().consumer_info("REGISTRY", "finance")
    finally:
        await client.close()


async def drained(pair: Pair) -> None:
    """Wait until the broker has nothing left for the listener."""

    async def is_drained() -> bool:
        try:
            held = await consumer_of(pair)
        except nats_client.js.errors.NotFoundError:
            return False
        return held.num_pending == 0 and held.num_ack_pending == 0

    await until(is_drained, seconds=PATIENCE_SECONDS)


async def comes_to(database: Database, sql: str, value: object) -> None:
    """Wait until a query gives `value`."""
    await reaches(database, sql, value, seconds=PATIENCE_SECONDS)


async def number(pair: Pair, sql: str) -> int:
    """Return a count of the listener's database."""
    value = await scalar(pair.listener, sql)
    assert isinstance(value, int)
    return value

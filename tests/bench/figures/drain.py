"""Draining a backlog: how fast a service that was away catches up, by batches and one by one."""

import asyncio
import time
from contextlib import suppress

from shared.bus.runner import Bus
from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Database
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from tests.bench.bench import Bench
from tests.bench.figures.relay import SERVICE, drop_stream
from tests.bench.filling import fill_happenings, fill_states
from tests.bench.table import Gate, Goal, Row
from tests.support.event_keys import event_keys
from tests.support.lab import lab_database, scalar
from tests.support.nats import Broker
from tests.support.pair import CLOCK, Listener
from tests.support.postgres import DatabaseServer

_WAIT_S = 240.0
_DISK = "PostgreSQL with fsync: one commit per batch or per event; inbox, effect and order in it"


async def measure(bench: Bench) -> None:
    """Add a row for batches and one for single events."""
    postgres, broker = await bench.lab()
    for mode, events, goal in ((Mode.BATCH, bench.pace.backlog, 10_000), (Mode.SINGLE, bench.pace.singles, 1_000)):
        rates, gates = [], []
        for _ in range(bench.pace.runs):
            rate, gate = await _drained(postgres, broker, mode, events)
            rates.append(rate)
            gates.append(gate)
        what = "batch projection" if mode is Mode.BATCH else "one by one, one handler"
        bench.add(
            Row(
                figure=f"drain of {events:,} waiting events, {what}",
                unit="events/s",
                ours=tuple(rates),
                goal=Goal("value", "least", goal),
                disk=_DISK,
                gates=tuple(gates),
            )
        )


async def _drained(postgres: DatabaseServer, broker: Broker, mode: Mode, events: int) -> tuple[float, Gate]:
    """Publish the backlog while nobody listens, then listen until all of it took effect."""
    await drop_stream(broker, SERVICE)
    handlers = Listener()
    if mode is Mode.BATCH:
        fill, effects = fill_states, "SELECT count(*) FROM enterprise_name"
        subscription = Subscription("finance.enterprise", EnterpriseChanged, handlers.project, mode)
    else:
        fill, effects = fill_happenings, "SELECT count(*) FROM effect WHERE times = 1"
        subscription = Subscription("finance.integrity", IntegrityChanged, handlers.count, mode)
    async with lab_database(postgres, SERVICE) as publisher, lab_database(postgres, "finance") as listener:
        committed = await fill(publisher, events)
        out = Bus(publisher, CLOCK, url=broker.url(SERVICE), subscriptions=[], keys=event_keys(publisher.service))
        await _run_until(out, publisher, "SELECT count(*) FROM outbox_waiting", 0, relay=True)
        published = await scalar(publisher, "SELECT count(*) FROM outbox_published WHERE stream_sequence > 0")
        into = Bus(
            listener, CLOCK, url=broker.url("finance"), subscriptions=[subscription], keys=event_keys(listener.service)
        )
        began = time.perf_counter()
        await _run_until(into, listener, "SELECT count(*) FROM inbox_entry", events, relay=False)
        took = time.perf_counter() - began
        consumed = await scalar(listener, effects)
    return events / took, Gate(events, committed, int(str(published)), int(str(consumed)))


async def _run_until(bus: Bus, database: Database, query: str, value: int, *, relay: bool) -> None:
    running = asyncio.ensure_future(bus.run_forever(relay=relay, consumers=not relay))
    try:
        async with asyncio.timeout(_WAIT_S):
            while await scalar(database, query) != value:  # noqa: ASYNC110  # a row in the database
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

"""The relay of the outbox beside pipelined JetStream publishing, and beside faststream-outbox with the same servers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import nats
from nats.aio.client import Client
from nats.js import api
from nats.js.errors import NotFoundError

from deploy.embedded.nats import NatsServer
from shared.bus.runner import Bus
from shared.bus.streams import make_reading
from shared.events.catalogue import stream_of
from shared.events.permission import PROVISIONER, inbox_of
from tests.bench.bench import Bench
from tests.bench.filling import fill_states, payload
from tests.bench.peer import Peer, peer_or_reason
from tests.bench.table import Gate, Goal, Row
from tests.support.event_keys import event_keys
from tests.support.lab import lab_database, scalar
from tests.support.nats import Broker
from tests.support.pair import CLOCK
from tests.support.postgres import DatabaseServer

SERVICE = "registry"
_FLOOR_STREAM = "FINANCE"
_IN_FLIGHT = 4_000
_WAIT_S = 120.0
_WAITS = "SELECT EXISTS (SELECT FROM outbox_waiting)"
_DISK = "outbox marks in PostgreSQL with fsync, JetStream synced per atomic batch ÷ JetStream synced per message"
_PEER_DISK = "PostgreSQL with fsync on both sides; JetStream synced per atomic batch ÷ per message"


async def measure(bench: Bench) -> None:
    """Add the relay's rows: against the pipeline, in absolute numbers, and against the peer."""
    postgres, broker = await bench.lab()
    events = bench.pace.relayed
    ours, floor, gates = [], [], []
    for _ in range(bench.pace.runs):
        floor.append(await pipelined(broker, max(events // 10, 500)))
        rate, gate = await relayed(postgres, broker, events)
        ours.append(rate)
        gates.append(gate)
    against = {"unit": "events/s", "ours": tuple(ours), "gates": tuple(gates), "disk": _DISK}
    name = f"relay, {events:,} waiting events"
    bench.add(
        Row(
            figure=f"{name} ÷ pipeline",
            floor=tuple(floor),
            floor_name=f"pipelined publish, {_IN_FLIGHT:,} on their way",
            goal=Goal("ratio", "least", 4),
            **against,  # type: ignore[arg-type]
        )
    )
    bench.add(Row(figure=name, goal=Goal("value", "least", 20_000), **against))  # type: ignore[arg-type]
    await _peer_rows(bench, postgres, broker, tuple(ours), tuple(gates))


async def _peer_rows(
    bench: Bench, postgres: DatabaseServer, broker: Broker, ours: tuple[float, ...], gates: tuple[Gate, ...]
) -> None:
    found = await asyncio.to_thread(peer_or_reason)
    for workers in (1, 8):
        name = f"relay ÷ faststream-outbox, {workers} worker{'s' if workers > 1 else ''}"
        if isinstance(found, str):
            bench.add(Row(figure=name, skipped=found))
            continue
        rates, peer_gates = [], []
        for _ in range(bench.pace.runs):
            rate, gate = await _peer(found, postgres, broker, bench.pace.peer_events, workers)
            rates.append(rate)
            peer_gates.append(gate)
        bench.add(
            Row(
                figure=name,
                unit="events/s",
                ours=ours,
                floor=tuple(rates),
                floor_name=found.name,
                disk=_PEER_DISK,
                gates=(*gates, *peer_gates),
            )
        )


async def relayed(postgres: DatabaseServer, broker: Broker, events: int) -> tuple[float, Gate]:
    """Return events per second from the outbox to the stream, marks in the database included."""
    await drop_stream(broker, SERVICE)
    async with lab_database(postgres, SERVICE) as database:
        committed = await fill_states(database, events)
        bus = Bus(database, CLOCK, url=broker.url(SERVICE), subscriptions=[], keys=event_keys(database.service))
        began = time.perf_counter()
        running = asyncio.ensure_future(bus.run_forever(relay=True, consumers=False))
        try:
            async with asyncio.timeout(_WAIT_S):
                while await scalar(database, _WAITS):  # noqa: ASYNC110  # a row in the database
                    await asyncio.sleep(0.02)
            took = time.perf_counter() - began
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        published = int(str(await scalar(database, "SELECT count(*) FROM outbox_published WHERE stream_sequence > 0")))
    consumed = await read_all(broker, SERVICE)
    return events / took, Gate(events, committed, published, consumed)


async def pipelined(broker: Broker, events: int) -> float:
    """Return events per second of publishing with acknowledgements awaited later, in a stream of its own."""
    await drop_stream(broker, "finance")
    await _make_plain_stream(broker)
    async with client_of(broker, "finance") as client:
        js = client.jetstream(publish_async_max_pending=_IN_FLIGHT)
        content = payload()
        began = time.perf_counter()
        waiting = [
            await js.publish_async("finance.bench.v1", content, headers={"Nats-Msg-Id": str(number)}, wait_stall=30)
            for number in range(events)
        ]
        async with asyncio.timeout(_WAIT_S):
            await asyncio.gather(*waiting)
        took = time.perf_counter() - began
        info = await js.stream_info(_FLOOR_STREAM)
        if info.state.messages != events:
            raise RuntimeError(f"the floor published {info.state.messages} of {events}")
        return events / took


async def _peer(peer: Peer, postgres: DatabaseServer, broker: Broker, events: int, workers: int) -> tuple[float, Gate]:
    await drop_stream(broker, "finance")
    await _make_plain_stream(broker)
    told = await peer.run(postgres, broker.url("finance"), events=events, workers=workers)
    async with client_of(broker, "finance") as client:
        info = await client.jetstream().stream_info(_FLOOR_STREAM)
    consumed = await read_all(broker, "finance")
    return events / told["seconds"], Gate(events, int(told["committed"]), info.state.messages, consumed)


async def _make_plain_stream(broker: Broker) -> None:
    """Make a stream without a setting of ours, as whoever publishes without an outbox has it."""
    async with client_of(broker, PROVISIONER) as client:
        await client.jetstream().add_stream(api.StreamConfig(name=_FLOOR_STREAM, subjects=["finance.>"]))


async def drop_stream(broker: Broker, service: str) -> None:
    """Throw a stream away, so that each run begins with an empty one."""
    async with client_of(broker, PROVISIONER) as client:
        with suppress(NotFoundError):
            await client.jetstream().delete_stream(stream_of(service))


async def read_all(broker: Broker, service: str) -> int:
    """Read a stream to its end as its owner and return how many different events it gave."""
    async with client_of(broker, PROVISIONER) as client:
        await make_reading(client.jetstream(), service, first=1)
    async with client_of(broker, service) as client:
        js = client.jetstream()
        last = (await js.stream_info(stream_of(service))).state.last_seq
        seen: set[str] = set()
        inbox = await js.pull_subscribe_bind(stream=stream_of(service), consumer=service)
        reached = 0
        while reached < last:
            for message in await inbox.fetch(1_000, timeout=10):
                seen.add((message.headers or {})["Nats-Msg-Id"])
                reached = message.metadata.sequence.stream
        return len(seen)


@asynccontextmanager
async def client_of(broker: Broker | NatsServer, user: str) -> AsyncIterator[Client]:
    """Yield a connection of a user of the broker."""
    client = await nats.connect(broker.url(user), inbox_prefix=inbox_of(user).encode())
    try:
        yield client
    finally:
        await client.close()

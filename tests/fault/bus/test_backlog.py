"""A listener that was away for long: its backlog drains in bounded memory to the owner's state."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import psutil
import pytest
from sqlalchemy import text

from shared.bus.consumer import Consumer
from shared.bus.runner import Bus
from tests.fault.bus.herd import SEEDS, TWICE, UNPUBLISHED, comes_to, drained, number, relays
from tests.support.pair import Pair, marked, named

BACKLOG = 50_000 if len(SEEDS) > 1 else 10_000
_AT_ONCE = 500
# What one open pull may bring while the batch before it is handled.
_MOST_IN_HAND = 1_000
_MOST_MEMORY = 150 * 2**20


@dataclass
class Peak:
    """The most of each that was seen."""

    memory: int = 0
    in_hand: int = 0


@contextlib.asynccontextmanager
async def watched(bus: Bus) -> AsyncIterator[Peak]:
    """Look at the memory of this process and at what its consumers hold, many times a second."""
    process, peak = psutil.Process(), Peak()

    def in_hand(consumer: Consumer) -> int:
        return len(consumer._receiver.in_hand)

    async def watch() -> None:
        while True:
            peak.memory = max(peak.memory, process.memory_info().rss)
            peak.in_hand = max([peak.in_hand, *map(in_hand, bus._consumers)])
            await asyncio.sleep(0.005)

    task = asyncio.ensure_future(watch())
    try:
        yield peak
    finally:
        task.cancel()


@pytest.mark.fault("B7")
@pytest.mark.timeout(400)
async def test_a_long_backlog_drains_in_bounded_memory_to_the_state_of_the_owner(
    pair: Pair, record_property: Callable[[str, object], None]
) -> None:
    singles = BACKLOG // 10
    async with relays(pair, 1):
        for start in range(0, BACKLOG - singles, _AT_ONCE):
            firms = range(start, start + _AT_ONCE)
            await pair.emit(*(named(f"firm-{firm % 20_000}", f"name {firm}") for firm in firms))
        for start in range(0, singles, _AT_ONCE):
            await pair.emit(*(marked(f"firm-{firm % 100}") for firm in range(start, start + _AT_ONCE)))
        await comes_to(pair.publisher, UNPUBLISHED, 0)
    before = psutil.Process().memory_info().rss
    bus = pair.listening()
    began = time.monotonic()
    async with watched(bus) as peak:
        task = asyncio.ensure_future(bus.run_forever(relay=False, consumers=True))
        try:
            async with asyncio.timeout(300):
                while await number(pair, "SELECT count(*) FROM inbox_entry") < BACKLOG:  # noqa: ASYNC110  # rows
                    await asyncio.sleep(0.2)
            seconds = time.monotonic() - began
            await drained(pair)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    grown = peak.memory - before
    record_property(
        "noted",
        f"{BACKLOG} events, a tenth singly: {BACKLOG / seconds:.0f}/s, at most {peak.in_hand} in hand, "
        f"memory +{grown // 2**20} MB",
    )
    assert 0 < peak.in_hand <= _MOST_IN_HAND
    assert grown < _MOST_MEMORY
    assert await number(pair, TWICE) == 0
    assert await number(pair, "SELECT count(*) FROM effect") == singles
    assert await _held(pair) == await _owned(pair)


async def _owned(pair: Pair) -> dict[str, str]:
    newest = text("""
        SELECT DISTINCT ON (aggregate_id) aggregate_id, data ->> 'name' FROM outbox_event
        WHERE subject = 'registry.enterprise.changed.v1' ORDER BY aggregate_id, version DESC
    """)
    async with pair.publisher.engine.connect() as connection:
        return dict(map(tuple, await connection.execute(newest)))


async def _held(pair: Pair) -> dict[str, str]:
    async with pair.listener.engine.connect() as connection:
        return dict(map(tuple, await connection.execute(text("SELECT uscc, name FROM enterprise_name"))))

"""A7, A8: the broker's store is lost, cut or bitten; what is missing is noticed, published again and applied once."""

import asyncio
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.js.errors import APIError
from prometheus_client import REGISTRY

from shared.bus.relay import main as relay_main
from tests.support.lab import scalar
from tests.support.pair import Pair, count, marked, named, reaches

pytestmark = pytest.mark.timeout(400)
STORED, BEHIND = 10_000, 2_000
BITTEN = 300
SEEDS = range(1, int(os.environ.get("FAULT_SEEDS", "6")) + 1)
UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"
HELD = "SELECT count(*) FROM enterprise_name"
# Patience is wide on a busy machine; what it took is printed.
PATIENCE = float(os.environ.get("FAULT_PATIENCE", "120"))
STATE = """
SELECT md5(string_agg(uscc || name || version, ',' ORDER BY uscc)) FROM enterprise_name
"""
OWNED = """
SELECT md5(string_agg(aggregate_id || (data ->> 'name') || version, ',' ORDER BY aggregate_id)) FROM (
    SELECT DISTINCT ON (aggregate_id) * FROM outbox_event WHERE subject = 'registry.enterprise.changed.v1'
    ORDER BY aggregate_id, version DESC) AS newest
"""


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"kechuang_{name}_total", labels) or 0.0


async def emit_many(pair: Pair, first: int, last: int, round_: str) -> None:
    """Emit states of three thousand firms, again and again, so that only the newest of each may stand."""
    for start in range(first, last, 500):
        numbers = range(start, min(start + 500, last))
        await pair.emit(*(named(f"firm-{number % 3_000}", f"{round_} {number}") for number in numbers))


@pytest.mark.fault("A7")
async def test_a_wiped_store_is_published_again_until_all_hold_what_the_owner_says(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    entries = "SELECT count(*) FROM inbox_entry WHERE handler = 'finance.enterprise'"
    async with pair.running():
        await emit_many(pair, 0, STORED - BEHIND, "heard")
        await pair.emit(*(marked(f"firm-{number}") for number in range(20)))
        await reaches(pair.listener, entries, STORED - BEHIND, seconds=PATIENCE)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 20, seconds=PATIENCE)
    async with pair.running(consumers=False):
        await emit_many(pair, STORED - BEHIND, STORED, "missed")
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=PATIENCE)
    assert await scalar(pair.listener, STATE) != await scalar(pair.publisher, OWNED)
    await asyncio.to_thread(pair.broker.stop)
    await asyncio.to_thread(shutil.rmtree, pair.broker.server.store)
    pair.broker.server.initialise()
    await asyncio.to_thread(pair.broker.start)

    skipped = {"service": "finance", "handler": "finance.enterprise"}
    before = counted("inbox_duplicate", **skipped)
    monkeypatch.setenv("REGISTRY_DATABASE_URL", pair.publisher.url)
    began = time.monotonic()
    async with pair.running():
        assert await asyncio.to_thread(relay_main, ["republish", "registry"]) == 0
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=PATIENCE)
        await reaches(pair.listener, STATE, await scalar(pair.publisher, OWNED), seconds=PATIENCE)
        await reaches(pair.listener, entries, STORED, seconds=PATIENCE)
        seconds = time.monotonic() - began
    duplicates = counted("inbox_duplicate", **skipped) - before
    record_property("seconds", round(seconds, 1))
    record_property("duplicates", int(duplicates))
    print(f"A7: whole again after {seconds:.1f} s, {duplicates:.0f} duplicates skipped")
    assert duplicates >= STORED - BEHIND
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


def bite(block: Path, chance: random.Random) -> str:
    """Flip one bit of one byte."""
    content = bytearray(block.read_bytes())
    place, bit = chance.randrange(len(content)), chance.randrange(8)
    content[place] ^= 1 << bit
    block.write_bytes(content)
    return f"bit {bit} of byte {place} of {len(content)}"


def cut(block: Path, chance: random.Random) -> str:
    """Cut the end off."""
    content = block.read_bytes()
    kept = chance.randrange(len(content))
    block.write_bytes(content[:kept])
    return f"{kept} of {len(content)} bytes kept"


async def readable(client: Client) -> int:
    """Return how many of the numbers up to the last the stream still gives out."""
    js = client.jetstream()
    last = (await js.stream_info("REGISTRY")).state.last_seq
    found = 0
    for number in range(1, last + 1):
        try:
            await js.get_msg("REGISTRY", number)
        except APIError:
            continue
        found += 1
    return found


@pytest.mark.fault("A8")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("damage", [bite, cut])
async def test_a_damaged_store_is_noticed_and_healed(
    pair: Pair,
    damage: Callable[[Path, random.Random], str],
    killed: bool,  # pytest gives it by name
    seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("seed", seed)
    async with pair.running(consumers=False):
        await pair.emit(*(named(f"firm-{number}", "示例" * 50) for number in range(BITTEN)))
        await pair.emit(*(marked("firm-1") for _ in range(20)))
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=PATIENCE)
    await asyncio.to_thread(pair.broker.kill if killed else pair.broker.stop)
    (block,) = pair.broker.server.store.glob("**/streams/REGISTRY/msgs/1.blk")
    done = damage(block, random.Random(seed))
    await asyncio.to_thread(pair.broker.start)
    async with pair.client() as client:
        lost = BITTEN + 20 - await readable(client)
    before = counted("outbox_republished", service="registry")
    async with pair.running():
        await reaches(pair.listener, HELD, BITTEN, seconds=PATIENCE)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 20, seconds=PATIENCE)
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=PATIENCE)
    again = counted("outbox_republished", service="registry") - before
    print(f"A8: {done}: {lost} records lost, {again:.0f} events published again")
    assert again >= lost, "a loss that was not noticed"
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 21)]
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0

"""Deliveries that come twice, late or from two places at once: one effect each, nothing lost."""

import asyncio
import contextlib
from collections import defaultdict
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.bus.subscription import Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import IntegrityChanged
from shared.kernel.actor import system_actor
from shared.telemetry import METRIC_PREFIX
from tests.fault.bus.herd import (
    FIRMS,
    TWICE,
    UNPUBLISHED,
    WAITING,
    chance_of,
    comes_to,
    consumer_of,
    drained,
    number,
    publish_raw,
    recorded,
    relays,
    seeded,
    workers,
)
from tests.support.outbox_marks import waiting_again
from tests.support.pair import CLOCK, Pair, marked, named

WRITERS = 8

# A relay that is ended in the middle of connecting leaves its stream to the garbage collector.
CUT_SHORT = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def skipped(handler: str) -> float:
    """Return how many deliveries of a handler had no effect because the event had taken effect before."""
    words = {"service": "finance", "handler": handler}
    names = (f"{METRIC_PREFIX}inbox_duplicate_total", f"{METRIC_PREFIX}inbox_stale_total")
    return sum(REGISTRY.get_sample_value(name, words) or 0.0 for name in names)


@pytest.mark.fault("B1")
@seeded
async def test_the_same_event_ten_times_over_three_workers_has_one_effect(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    await pair.emit(*(event for firm in FIRMS for event in (marked(firm), named(firm, "x"), marked(f"{firm}'s twin"))))
    events = [event for event in await recorded(pair) for _ in range(10)]
    chance.shuffle(events)
    before = {name: skipped(name) for name in ("finance.enterprise", "finance.integrity")}
    publishing = asyncio.ensure_future(publish_raw(pair, events))
    async with workers(pair, 3):
        await publishing
        await drained(pair)
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 8)
        await comes_to(pair.listener, WAITING, 0)
    assert await number(pair, TWICE) == 0
    assert await number(pair, "SELECT count(*) FROM inbox_entry") == 12
    assert sorted(pair.handlers.projected) == sorted(FIRMS)
    assert skipped("finance.enterprise") - before["finance.enterprise"] >= 4 * 9
    assert skipped("finance.integrity") - before["finance.integrity"] >= 8 * 9


@pytest.mark.fault("B2")
@seeded
async def test_a_duplicate_after_the_brokers_window_has_one_effect(
    pair: Pair, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.streams._DUPLICATE_WINDOW_SECONDS", 0.5)
    await pair.lose_stream(anew=True)
    chance = chance_of(seed)
    await pair.emit(*(event for firm in FIRMS for event in (named(firm, "x"), marked(firm))))
    async with relays(pair, 1), workers(pair, 2):
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 4)
        await comes_to(pair.publisher, UNPUBLISHED, 0)
        await asyncio.sleep(0.6 + chance.random())
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again()))
        await pair.emit(marked("last"))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 5)
        await comes_to(pair.publisher, UNPUBLISHED, 0)
        await drained(pair)
    async with pair.client() as client:
        # The broker did take them twice: it is the inbox that decides.
        assert (await client.jetstream().stream_info("REGISTRY")).state.messages == 17
    assert await number(pair, TWICE) == 0
    assert len(pair.handlers.projected) == 4


@pytest.mark.fault("B6")
@seeded
async def test_a_worker_that_hangs_over_the_brokers_patience_leaves_one_effect(
    pair: Pair, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The worker's own patience stays long: it hangs and says nothing, as one that is stopped does.
    monkeypatch.setattr("shared.bus.streams.ACK_WAIT_SECONDS", 0.4)
    chance = chance_of(seed)
    calls: list[str] = []

    async def slow(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        calls.append(str(event.id))
        await asyncio.sleep(chance.uniform(0.6, 1.0))
        await pair.handlers.count(tx, event)

    await pair.emit(marked("firm-1"), marked("firm-2"))
    async with relays(pair, 1), workers(pair, 3, [Subscription("finance.slow", IntegrityChanged, slow)]):
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 2)
        await drained(pair)
        held = await consumer_of(pair)
    assert held.delivered is not None
    assert held.delivered.consumer_seq > 2, "no redelivery happened: the case proves nothing"
    assert await number(pair, TWICE) == 0
    assert await number(pair, "SELECT count(*) FROM dead_letter") == 0
    # The database lets the second worker wait for the first, so the handler itself runs once.
    assert len(calls) == 2


@pytest.mark.fault("B6")
@seeded
async def test_a_worker_that_says_it_is_working_is_not_doubled(
    pair: Pair, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.streams.ACK_WAIT_SECONDS", 1.2)
    monkeypatch.setattr("shared.bus.receiver.ACK_WAIT_SECONDS", 1.2)
    chance = chance_of(seed)

    async def slow(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        await asyncio.sleep(2.4 + chance.random())
        await pair.handlers.count(tx, event)

    await pair.emit(marked("firm-1"))
    async with relays(pair, 1), workers(pair, 2, [Subscription("finance.slow", IntegrityChanged, slow)]):
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 1)
        await drained(pair)
        held = await consumer_of(pair)
    assert held.delivered is not None
    assert held.delivered.consumer_seq == 1


async def write(pair: Pair, firm: str, gate: asyncio.Semaphore) -> None:
    """Emit one event of a firm, when its turn among the writers has come."""
    async with gate:
        await pair.emit(marked(firm))


@CUT_SHORT
@pytest.mark.fault("B8")
@seeded
async def test_of_three_relays_one_publishes_and_another_takes_over_with_nothing_lost(pair: Pair, seed: int) -> None:
    chance, gate = chance_of(seed), asyncio.Semaphore(WRITERS)
    most_active = 0
    async with relays(pair, 3) as (buses, tasks), workers(pair, 1):
        for round_ in range(6):
            # No more writers at once than the pool keeps: to open further connections may take too long on a busy
            # machine, and it is the relays that are judged.
            writing = asyncio.gather(*(write(pair, firm, gate) for firm in FIRMS for _ in range(10)))
            await asyncio.sleep(chance.uniform(0, 0.3))
            active = [place for place, bus in enumerate(buses) if bus._relay is not None and bus._relay.is_active]
            most_active = max(most_active, len(active))
            if active and round_ in {1, 3}:
                tasks[active[0]].cancel()
            await writing
        await comes_to(pair.publisher, UNPUBLISHED, 0)
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 240)
    assert most_active == 1
    assert await number(pair, TWICE) == 0
    await _stream_is_in_order(pair)


async def _stream_is_in_order(pair: Pair) -> None:
    """Each aggregate's events stand in the stream in their sequence; twice only where a relay died."""
    async with pair.client() as client:
        js = client.jetstream()
        last = (await js.stream_info("REGISTRY")).state.last_seq
        by_firm: dict[str, list[int]] = defaultdict(list)
        async with pair.publisher.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT aggregate_id, sequence FROM outbox_event JOIN outbox_published USING (position)"
                    " ORDER BY stream_sequence"
                )
            )
            for firm, sequence in rows:
                by_firm[firm].append(sequence)
    assert last >= sum(map(len, by_firm.values()))
    assert all(later == earlier + 1 for told in by_firm.values() for earlier, later in pairwise(told)), by_firm


@pytest.mark.fault("B9")
@seeded
async def test_transactions_that_commit_in_another_order_than_they_began_are_all_published(
    pair: Pair, seed: int
) -> None:
    chance = chance_of(seed)
    async with relays(pair, 1), workers(pair, 1), contextlib.AsyncExitStack() as left_open:
        transactions = []
        for place in range(8):
            manager = pair.publisher.transaction(actor=system_actor("registry"), clock=CLOCK)
            tx = await manager.__aenter__()
            tx.emit(named(f"open-{place}", "x"), marked(f"open-{place}"))
            await tx.flush()
            tx._kept.events.clear()
            transactions.append((manager, tx))
        left_open.push_async_callback(_give_up, [manager for manager, _ in transactions])
        chance.shuffle(transactions)
        for done, (_, tx) in enumerate(transactions, start=1):
            await tx.session.commit()
            # Each is seen to be published before the next one commits, most often under a lower position.
            await comes_to(pair.publisher, UNPUBLISHED, 0)
            await comes_to(pair.listener, "SELECT count(*) FROM effect", done)
            await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", done)
    assert await number(pair, TWICE) == 0


async def _give_up(managers: list[contextlib.AbstractAsyncContextManager[Transaction]]) -> None:
    for manager in managers:
        with contextlib.suppress(Exception):  # committed already
            await manager.__aexit__(None, None, None)

"""Events that are handled singly share a transaction, and nobody can tell but by the clock."""

import asyncio

import pytest
from sqlalchemy import text

from shared.bus.apply import Delivery, apply_together
from shared.bus.subscription import Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import IntegrityChanged
from shared.kernel.actor import system_actor
from shared.kernel.ids import new_id
from shared.telemetry import continue_trace
from tests.support.bus import wrap
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, count, marked, named, reaches

TRANSACTIONS = "SELECT count(DISTINCT xmin::text) FROM effect"
EFFECTS = "SELECT count(*) FROM effect"
UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"


async def test_many_events_share_few_transactions(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    # The handlers count as quick also on a busy machine, and the events are there before they are listened to.
    monkeypatch.setattr("shared.bus.receiver._TOGETHER_SECONDS", 60.0)
    await pair.emit(*(marked(f"firm-{number % 10}") for number in range(60)))
    async with pair.running(consumers=False):
        await reaches(pair.publisher, UNPUBLISHED, 0)
    async with pair.running():
        await reaches(pair.listener, EFFECTS, 60)
    assert await count(pair.listener, TRANSACTIONS) < 15
    assert pair.handlers.happened == [(f"firm-{number % 10}", number // 10 + 1) for number in range(60)]


async def test_what_each_event_causes_carries_its_own_cause_request_and_trace(pair: Pair) -> None:
    async def answer(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        assert (tx.causation_id, tx.request_id) == (event.causation_id, event.request_id)
        tx.emit(named(event.data.uscc, "an answer"))
        tx.audit("firm.marked", subject=event.data.uscc)

    causes, traces = {}, {}
    for number in range(5):
        firm, causes[f"firm-{number}"] = f"firm-{number}", new_id()
        with continue_trace("registry", None, "request") as span:
            traces[firm] = f"{span.get_span_context().trace_id:032x}"
            async with pair.publisher.transaction(
                actor=system_actor("registry"), clock=CLOCK, request_id=f"for {firm}", causation_id=causes[firm]
            ) as tx:
                tx.emit(marked(firm))
    async with pair.running(consumers=False):
        await reaches(pair.publisher, UNPUBLISHED, 0)
    async with pair.running(subscriptions=[Subscription("finance.answer", IntegrityChanged, answer)]):
        await reaches(pair.listener, "SELECT count(*) FROM outbox_event", 5)
    assert await count(pair.listener, "SELECT count(DISTINCT xmin::text) FROM outbox_event") < 5
    async with pair.listener.engine.connect() as connection:
        emitted = (await connection.execute(text("SELECT * FROM outbox_event"))).all()
        audited = (await connection.execute(text("SELECT * FROM audit_entry"))).all()
    assert {one.aggregate_id: one.causation_id for one in emitted} == causes
    assert {one.aggregate_id: one.request_id for one in emitted} == {firm: f"for {firm}" for firm in causes}
    assert {one.aggregate_id: one.traceparent.split("-")[1] for one in emitted} == traces
    assert {one.subject: one.causation_id for one in audited} == causes


async def test_a_poisonous_event_among_many_is_parked_alone(pair: Pair) -> None:
    pair.handlers.fail_on = {"firm-7"}
    await pair.emit(*(marked(f"firm-{number}") for number in range(20)))
    async with pair.running():
        await reaches(pair.listener, EFFECTS, 19)
        await reaches(pair.listener, "SELECT count(*) FROM dead_letter", 1)
    assert "this firm is poison" in str(await scalar(pair.listener, "SELECT reason FROM dead_letter"))
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert await count(pair.listener, "SELECT count(*) FROM inbox_entry") == 19


async def test_nothing_of_a_transaction_stands_when_one_of_its_handlers_fails(pair: Pair) -> None:
    (_, subscription) = pair.handlers.subscriptions()
    pair.handlers.fail_on = {"firm-2"}
    deliveries = [Delivery(subscription, wrap(marked(f"firm-{number}"))) for number in range(4)]
    with pytest.raises(RuntimeError):
        await apply_together(pair.listener, CLOCK, deliveries)
    for table in ("effect", "inbox_entry", "inbox_cursor"):
        assert await count(pair.listener, f"SELECT count(*) FROM {table}") == 0


async def test_a_gap_a_duplicate_and_an_old_event_among_many_are_told_apart(pair: Pair) -> None:
    (_, subscription) = pair.handlers.subscriptions()
    first, second, fourth = (wrap(marked("firm-1"), version=number) for number in (1, 2, 4))
    other = wrap(marked("firm-2"))
    row = [first, first, second, fourth, other, first]
    gaps = await apply_together(pair.listener, CLOCK, [Delivery(subscription, one) for one in row])
    assert [gap.event_id if gap else None for gap in gaps] == [None, None, None, fourth.id, None, None]
    assert pair.handlers.happened == [("firm-1", 1), ("firm-1", 2), ("firm-2", 1)]
    # An entry that stands although its cursor does not: the entry decides.
    async with pair.listener.engine.begin() as connection:
        await connection.execute(text("DELETE FROM inbox_cursor WHERE aggregate_id = 'firm-2'"))
    assert (
        await apply_together(pair.listener, CLOCK, [Delivery(subscription, one) for one in (other, first)])
        == [None] * 2
    )
    assert len(pair.handlers.happened) == 3


async def test_workers_that_hold_the_same_events_give_each_one_effect(pair: Pair) -> None:
    (_, subscription) = pair.handlers.subscriptions()
    row = [Delivery(subscription, wrap(marked(f"firm-{number % 5}"), version=number // 5 + 1)) for number in range(20)]
    await asyncio.gather(*(apply_together(pair.listener, CLOCK, row) for _ in range(6)))
    assert await count(pair.listener, EFFECTS) == 20
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0


async def test_slow_handlers_do_not_hold_many_locks_at_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus.receiver._TOGETHER_SECONDS", 0.02)

    async def slow(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        await asyncio.sleep(0.02)
        await pair.handlers.count(tx, event)

    await pair.emit(*(marked(f"firm-{number}") for number in range(40)))
    async with pair.running(subscriptions=[Subscription("finance.slow", IntegrityChanged, slow)]):
        await reaches(pair.listener, EFFECTS, 40)
    # Eight at first, then one by one.
    assert await count(pair.listener, TRANSACTIONS) > 30

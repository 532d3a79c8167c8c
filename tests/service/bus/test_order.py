"""Order, independence of handlers, and what a listener carries over from the publisher."""

import asyncio
import contextlib
from typing import Any

import nats as nats_client
import pytest
import structlog
from nats.js.errors import NotFoundError
from opentelemetry import trace
from sqlalchemy import text

from deploy.embedded.nats import NatsServer
from deploy.embedded.process import Child, free_port
from shared.bus.dead_letter import replay
from shared.bus.monitor import syncs_always
from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Database
from shared.db.inbox import Turn, take_next
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from shared.kernel.actor import system_actor
from shared.kernel.ids import new_id
from shared.telemetry import continue_trace
from tests.support.bus import deliver, wrap
from tests.support.event_keys import trust
from tests.support.nats import Broker
from tests.support.outbox_marks import published_unsent, waiting_again
from tests.support.pair import CLOCK, Listener, Pair, count, marked, named, reaches, until
from tests.support.postgres import state_folder


async def test_an_event_handled_singly_finds_every_earlier_projection_done(pair: Pair) -> None:
    seen: list[tuple[str, int]] = []

    async def look(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        found = await tx.session.execute(
            text("SELECT version FROM enterprise_name WHERE uscc = :uscc"), {"uscc": event.data.uscc}
        )
        seen.append((event.data.uscc, found.scalar_one()))

    listener = Listener()
    subscriptions = [
        Subscription("finance.enterprise", EnterpriseChanged, listener.project, Mode.BATCH),
        Subscription("finance.look", IntegrityChanged, look),
    ]
    for number in range(20):
        await pair.emit(named(f"firm-{number}", "a"), marked(f"firm-{number}"), named("firm-0", f"again {number}"))
    async with pair.running(subscriptions=subscriptions):

        async def all_seen() -> bool:
            return len(seen) == 20

        await until(all_seen)
    # firm-0 changed first of all, and then once more per round: its version at its own mark was 1.
    assert seen == [("firm-0", 1), *((f"firm-{number}", 1) for number in range(1, 20))]


async def test_one_handler_that_fails_for_good_does_not_keep_the_event_from_another(pair: Pair) -> None:
    async def fail(_tx: Transaction, _event: Envelope[IntegrityChanged]) -> None:
        raise RuntimeError("this handler never works")

    subscriptions = [Subscription("finance.broken", IntegrityChanged, fail), *pair.handlers.subscriptions()]
    await pair.emit(marked("firm-1"))
    async with pair.running(subscriptions=subscriptions):
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1, seconds=3)
        await reaches(pair.listener, "SELECT string_agg(handler, ',') FROM dead_letter", "finance.broken")
    assert pair.handlers.happened == [("firm-1", 1)]


async def test_a_subject_that_a_listener_takes_up_later_is_read_from_its_first_event(pair: Pair) -> None:
    both = pair.handlers.subscriptions()
    await pair.emit(named("firm-1", "x"), marked("firm-1"), named("firm-2", "x"))
    async with pair.running(subscriptions=both[:1]):
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 2)
    async with pair.running(subscriptions=both):
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)
    assert pair.handlers.happened == [("firm-1", 1)]


async def test_a_parked_event_takes_effect_by_itself_once_the_one_before_it_came(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.runner.DEAD_LETTER_SECONDS", 0.2)
    await pair.emit(marked("firm-1"), marked("firm-1"), marked("firm-1"), marked("firm-1"))
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text(published_unsent("sequence = 2")))
    async with pair.running():
        await reaches(pair.listener, "SELECT count(*) FROM dead_letter WHERE reason LIKE 'gap:%'", 2)
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again("sequence = 2")))
        await reaches(pair.listener, "SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL", 0)
    assert pair.handlers.happened == [("firm-1", number) for number in (1, 2, 3, 4)]


async def test_happenings_in_any_order_have_the_effect_of_the_right_one(pair: Pair) -> None:
    (_, subscription) = pair.handlers.subscriptions()
    events = [wrap(marked("firm-1"), version=number) for number in (1, 2, 3)]
    first, second, third = events
    assert [gap.event_id for gap in await deliver(pair.listener, subscription, third)] == [third.id]
    assert await deliver(pair.listener, subscription, first) == []
    assert len(await deliver(pair.listener, subscription, third)) == 1
    assert await deliver(pair.listener, subscription, second, third, second, first) == []
    assert pair.handlers.happened == [("firm-1", 1), ("firm-1", 2), ("firm-1", 3)]


async def test_two_workers_never_let_an_older_state_win(pair: Pair) -> None:
    held: list[int] = []

    async def slow(tx: Transaction, event: Envelope[EnterpriseChanged]) -> None:
        await tx.session.execute(text("SELECT pg_sleep(0.01)"))
        held.append(event.version)

    subscription = Subscription("finance.slow", EnterpriseChanged, slow)
    events = [wrap(named("firm-1", "x"), version=number) for number in range(1, 21)]
    await asyncio.gather(*(deliver(pair.listener, subscription, one) for one in reversed(events)))
    assert held == sorted(held)
    assert held[-1] == 20


async def test_ten_deliveries_at_once_of_one_event_have_one_effect(pair: Pair) -> None:
    event = wrap(marked("firm-1"))
    for subscription in pair.handlers.subscriptions()[1:]:
        await asyncio.gather(*(deliver(pair.listener, subscription, event) for _ in range(10)))
    assert pair.handlers.happened == [("firm-1", 1)]
    batch = wrap(named("firm-1", "x"))
    project = pair.handlers.subscriptions()[0]
    await asyncio.gather(*(deliver(pair.listener, project, batch, batch) for _ in range(5)))
    assert pair.handlers.projected == ["firm-1"]


async def test_a_handler_that_raises_leaves_neither_inbox_entry_nor_cursor(pair: Pair) -> None:
    pair.handlers.fail_on = {"firm-1"}
    event = wrap(marked("firm-1"))
    with pytest.raises(RuntimeError):
        await deliver(pair.listener, pair.handlers.subscriptions()[1], event)
    assert await count(pair.listener, "SELECT count(*) FROM inbox_entry") == 0
    assert await count(pair.listener, "SELECT count(*) FROM inbox_cursor") == 0
    pair.handlers.fail_on = set()
    assert await deliver(pair.listener, pair.handlers.subscriptions()[1], event) == []
    assert pair.handlers.happened == [("firm-1", 1)]


async def test_cause_request_and_trace_go_over_the_hop_and_into_the_next_event(pair: Pair) -> None:
    causation, seen = new_id(), dict[str, Any]()

    async def answer(tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        seen.update(structlog.contextvars.get_contextvars())
        seen["trace"] = trace.get_current_span().get_span_context().trace_id
        tx.emit(named("firm-2", "an answer"))
        assert event.causation_id == causation

    with continue_trace("registry", None, "request") as span:
        sent = span.get_span_context().trace_id
        async with pair.publisher.transaction(
            actor=system_actor("registry"), clock=CLOCK, request_id="request-1", causation_id=causation
        ) as tx:
            tx.emit(marked("firm-1"))
    async with pair.running(subscriptions=[Subscription("finance.answer", IntegrityChanged, answer)]):
        await reaches(pair.listener, "SELECT count(*) FROM outbox_event", 1)
    assert await _first(pair.listener, "causation_id") == causation
    assert await _first(pair.listener, "request_id") == "request-1"
    assert (seen["causation_id"], seen["request_id"]) == (str(causation), "request-1")
    assert seen["event_id"] == str(await _first(pair.publisher, "id"))
    assert seen["trace"] == sent
    assert f"{sent:032x}" in str(await _first(pair.listener, "traceparent"))


async def _first(database: Database, column: str) -> Any:
    async with database.engine.connect() as connection:
        return (await connection.execute(text(f"SELECT {column} FROM outbox_event ORDER BY position"))).scalar()


async def test_a_letter_is_not_kept_twice_and_a_second_replay_does_nothing(pair: Pair) -> None:
    pair.handlers.fail_on = {"firm-1"}
    await pair.emit(marked("firm-1"))
    async with pair.running():
        await reaches(pair.listener, "SELECT count(*) FROM dead_letter", 1)
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again()))
        await pair.lose_stream()
        await reaches(pair.publisher, "SELECT count(*) FROM outbox_waiting", 0)
        reader = await nats_client.connect(pair.broker.url("finance"), inbox_prefix=b"_INBOX_finance")

        async def answered() -> bool:
            with contextlib.suppress(NotFoundError):
                held = await reader.jetstream().consumer_info("REGISTRY", "finance")
                delivered = held.delivered.consumer_seq if held.delivered else 0
                return delivered > 0 and (held.num_pending, held.num_ack_pending) == (0, 0)
            return False

        await until(answered)
        await reader.close()
    assert await count(pair.listener, "SELECT count(*) FROM dead_letter") == 1
    pair.handlers.fail_on = set()
    assert await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust()) == (1, [])
    assert await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust()) == (0, [])
    assert pair.handlers.happened == [("firm-1", 1)]


async def test_a_broker_that_acknowledges_before_it_syncs_is_told_apart(nats: Broker) -> None:
    assert await syncs_always(nats.monitor_url) is False
    assert await syncs_always("http://127.0.0.1:1") is None
    with state_folder("synced") as folder:
        server = NatsServer(
            folder / "nats",
            port=free_port(),
            monitor_port=free_port(),
            passwords={"finance": "x"},
            log=folder / "nats.log",
        )
        server.initialise()
        child = Child(server.program())
        await asyncio.to_thread(server.wait_until_ready)
        assert await syncs_always(server.monitor_url) is True
        await asyncio.to_thread(child.stop)


@pytest.mark.parametrize("place", [2, 3])
async def test_an_event_takes_its_turn_although_those_before_it_commit_just_while_it_is_judged(
    pair: Pair, place: int
) -> None:
    (subscription,) = [one for one in pair.handlers.subscriptions() if one.event is IntegrityChanged]
    *before, event = [wrap(marked("firm-1"), version=number) for number in range(1, place + 1)]
    async with pair.listener.transaction(actor=system_actor("finance"), clock=CLOCK) as tx:
        execute, asked = tx.session.execute, 0

        async def another_worker_between(*words: object) -> object:
            nonlocal asked
            asked += 1
            if asked == 2:
                await deliver(pair.listener, subscription, *before)
            return await execute(*words)

        tx.session.execute = another_worker_between  # type: ignore[method-assign, assignment]
        turn = await take_next(tx, subscription.handler_name, event, happening=True)
    assert turn == (Turn.NOW, place)
    assert await count(pair.listener, "SELECT max(value) FROM inbox_cursor") == place
    assert await count(pair.listener, "SELECT count(*) FROM inbox_entry") == place

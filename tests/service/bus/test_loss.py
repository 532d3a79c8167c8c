"""A stream that lost something is noticed and published again from the outbox, and nothing takes effect twice."""

import asyncio

import pytest
from sqlalchemy import text

from shared.bus.relay import main as relay_main
from shared.bus.runner import Bus
from shared.bus.scrub import scrub
from shared.db import outbox
from shared.db.engine import Database
from shared.events.envelope import to_wire
from shared.kernel.actor import system_actor
from tests.support.event_keys import event_keys, signed
from tests.support.pair import CLOCK, Pair, count, marked, named, reaches, until

NAMES_HELD = "SELECT count(*) FROM enterprise_name"
UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"
TWICE = "SELECT count(*) FROM effect WHERE times <> 1"


async def forget_projection(pair: Pair) -> None:
    """Make the listener forget what it held, so that only a second publication can bring it back."""
    async with pair.listener.engine.begin() as connection:
        await connection.execute(text("DELETE FROM enterprise_name"))
        await connection.execute(text("DELETE FROM inbox_entry WHERE handler = 'finance.enterprise'"))


async def test_a_stream_that_was_swapped_under_a_running_relay_is_noticed_by_its_numbers(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "before") for number in range(40)), marked("firm-1"))
        await reaches(pair.listener, NAMES_HELD, 40)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)
        await forget_projection(pair)
        await pair.lose_stream(anew=True)
        # The next event gets number 1, which another one had: more than 40 of them would hide the loss from a look at
        # the last number alone.
        await pair.emit(*(named(f"late-{number}", "after") for number in range(45)))
        await reaches(pair.listener, NAMES_HELD, 85)
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.listener, TWICE) == 0


async def test_a_loss_that_fresh_events_cover_is_noticed_by_the_events_behind_the_numbers(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "before") for number in range(40)), marked("firm-1"))
        await reaches(pair.listener, NAMES_HELD, 40)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)
        await reaches(pair.publisher, UNPUBLISHED, 0)
    await forget_projection(pair)
    await pair.emit(*(named(f"late-{number}", "after") for number in range(45)))
    async with pair.client() as client, pair.publisher.engine.connect() as connection:
        await pair.lose_stream(anew=True)
        # A relay that ended after the acknowledgement and before its mark: the stream ends above what was ever marked.
        for row in await outbox.pending(connection, limit=100):
            payload = to_wire(row)
            headers = {"Nats-Msg-Id": str(row.id), **signed("registry", row.subject, payload)}
            await client.jetstream().publish(row.subject, payload, headers=headers)
    async with pair.running():
        await reaches(pair.listener, NAMES_HELD, 85)
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.listener, TWICE) == 0


async def test_a_stream_with_holes_is_made_anew_and_published_again(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "before") for number in range(40)), marked("firm-1"))
        await reaches(pair.listener, NAMES_HELD, 40)
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)
        await forget_projection(pair)
        async with pair.operator() as client:
            await client.jetstream().purge_stream("REGISTRY", keep=5)
        await reaches(pair.listener, NAMES_HELD, 40)
        await reaches(pair.publisher, UNPUBLISHED, 0)
        async with pair.client() as client:
            state = (await client.jetstream().stream_info("REGISTRY")).state
    assert (state.messages, state.first_seq, state.last_seq) == (41, 1, 41)
    assert await count(pair.listener, TWICE) == 0


async def test_republish_by_hand_brings_back_what_a_listener_lost(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "before") for number in range(30)), marked("firm-1"))
        await reaches(pair.listener, NAMES_HELD, 30)
        await forget_projection(pair)
        await pair.lose_stream()
        monkeypatch.setenv("REGISTRY_DATABASE_URL", pair.publisher.url)
        assert await asyncio.to_thread(relay_main, ["republish", "registry", "--since", "2026-11-23"]) == 0
        await reaches(pair.listener, NAMES_HELD, 30)
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.listener, TWICE) == 0


async def test_what_a_lost_stream_held_is_put_back_in_chunks(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "CHUNK", 7)
    await pair.emit(*(named(f"firm-{number}", "x") for number in range(25)))
    async with pair.publisher.engine.connect() as connection:
        own = await connection.execution_options(isolation_level="AUTOCOMMIT")
        rows = await outbox.pending(own, limit=100)
        await outbox.mark(own, "registry", {row.position: number for number, row in enumerate(rows, start=101)})
        assert await outbox.highest(own, "registry") == 125
        assert await outbox.pending(own, limit=100) == []
        assert await outbox.unpublish_above(own, "registry", 105) == 20
        assert await outbox.highest(own, "registry") == 105
        assert await outbox.pending(own, limit=100) == rows[5:]


async def test_another_relay_takes_over_when_the_first_one_ends(pair: Pair) -> None:
    async with pair.running(consumers=False):
        await pair.emit(named("firm-1", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    # The pool of the first one lives on: a lock left in it would keep every later relay out.
    async with pair.running(consumers=False):
        await pair.emit(named("firm-2", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=30)


async def test_a_commit_in_another_process_wakes_the_one_relay(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus.relay.POLL_SECONDS", 60.0)
    async with pair.running(consumers=False):
        await pair.emit(named("firm-1", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        other = Database(pair.publisher.url, service="registry", pool_size=2)
        second = Bus(other, CLOCK, url=pair.broker.url("registry"), subscriptions=[], keys=event_keys(other.service))
        task = asyncio.ensure_future(second.run_forever(relay=True, consumers=False))

        async def connected() -> bool:
            return second.is_connected

        await until(connected)
        await asyncio.sleep(0.2)
        async with other.transaction(actor=system_actor("registry"), clock=CLOCK) as tx:
            tx.emit(named("firm-2", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0, seconds=30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other.close()


async def test_a_record_that_a_flipped_bit_made_unreadable_is_published_again(pair: Pair) -> None:
    async with pair.running(consumers=False):
        await pair.emit(*(named(f"firm-{number}", "示例" * 50) for number in range(200)))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    await asyncio.to_thread(pair.broker.stop)
    (block,) = pair.broker.server.store.glob("**/streams/REGISTRY/msgs/1.blk")
    content = bytearray(block.read_bytes())
    # Within a text: a flipped length would be noticed at once.
    content[content.index("示例".encode(), len(content) // 2)] ^= 0x40
    block.write_bytes(content)
    await asyncio.to_thread(pair.broker.start)
    async with pair.client() as client:
        # The server itself does not know: this is what makes the loss a silent one.
        assert (await client.jetstream().stream_info("REGISTRY")).state.messages == 200
    async with pair.running():
        await reaches(pair.listener, NAMES_HELD, 200)


async def test_a_stream_that_gives_out_everything_is_left_alone(pair: Pair) -> None:
    async with pair.running(consumers=False):
        await pair.emit(*(named(f"firm-{number}", "x") for number in range(50)))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    async with pair.client() as client:
        assert await scrub(client, pair.publisher) == 0
        assert await scrub(client, pair.publisher) == 0
    assert await count(pair.publisher, UNPUBLISHED) == 0

"""Relay and consumers on a real broker: nothing lost, nothing twice, in order."""

import asyncio
import contextlib

import nats as nats_client
import orjson
from sqlalchemy import text

from shared.bus.dead_letter import replay
from shared.events.registry import IntegrityChanged
from shared.kernel.actor import system_actor
from tests.support.event_keys import signed, trust
from tests.support.lab import scalar
from tests.support.outbox_marks import published_unsent, waiting_again
from tests.support.pair import CLOCK, Pair, count, marked, named, until


async def test_many_events_arrive_once_and_the_newest_state_stands(pair: Pair) -> None:
    async with pair.running():
        for round_ in range(6):
            await pair.emit(*(named(f"firm-{number}", f"round {round_}") for number in range(100)))
        for number in range(30):
            await pair.emit(marked("firm-1", active=number % 2 == 0))

        async def arrived() -> bool:
            return (
                await count(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = 'round 5'") == 100
                and await count(pair.listener, "SELECT count(*) FROM effect") == 30
            )

        await until(arrived)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 31)]
    assert await count(pair.publisher, "SELECT count(*) FROM outbox_waiting") == 0


async def test_a_row_that_commits_late_under_a_low_position_is_published_too(pair: Pair) -> None:
    async with pair.running():
        early = pair.publisher.transaction(actor=system_actor("registry"), clock=CLOCK)
        tx = await early.__aenter__()
        tx.emit(named("slow", "slow"))
        await tx.flush()
        await pair.emit(named("fast", "fast"))

        async def fast_is_there() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = 'fast'") == 1

        await until(fast_is_there)
        tx._kept.events.clear()
        await tx.session.commit()

        async def slow_is_there() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = 'slow'") == 1

        await until(slow_is_there)
        with contextlib.suppress(Exception):
            await early.__aexit__(None, None, None)


async def test_an_event_published_again_under_another_message_id_has_one_effect(pair: Pair) -> None:
    await pair.emit(marked("firm-1"), marked("firm-2"))
    async with pair.running():

        async def both() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM effect") == 2

        await until(both)
        js_client = await nats_client.connect(pair.broker.url("registry"), inbox_prefix=b"_INBOX_registry")
        held = await js_client.jetstream().get_msg("REGISTRY", 1)
        for _ in range(5):
            headers = signed("registry", IntegrityChanged.subject, held.data or b"")
            await js_client.jetstream().publish(IntegrityChanged.subject, held.data or b"", headers=headers)
        await js_client.close()
        await pair.emit(marked("firm-3"))

        async def third() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM effect") == 3

        await until(third)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0


async def test_two_relays_publish_each_event_once_and_in_order(pair: Pair) -> None:
    second = pair.publishing()
    async with pair.running():
        task = asyncio.ensure_future(second.run_forever(relay=True, consumers=False))
        await asyncio.gather(*(pair.emit(marked("firm-1")) for _ in range(60)))

        async def all_there() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM effect") == 60

        await until(all_there)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 61)]


async def test_an_ack_that_was_never_marked_is_published_again_and_applied_once(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(marked(f"firm-{number}") for number in range(20)))

        async def there() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM effect") == 20

        await until(there)
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again("position > 10")))
        await pair.emit(marked("last"))

        async def again() -> bool:
            unpublished = await count(pair.publisher, "SELECT count(*) FROM outbox_waiting")
            return unpublished == 0 and await count(pair.listener, "SELECT count(*) FROM effect") == 21

        await until(again)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0


async def test_poison_goes_to_the_dead_letters_with_its_reason_while_the_next_messages_flow(pair: Pair) -> None:
    pair.handlers.fail_on = {"poison"}
    async with pair.running():
        await pair.emit(named("p", "poison"), named("a", "fine"), marked("poison"))
        for rubbish in (
            b"not json",
            b'{"specversion": "1.0", "type": "registry.enterprise.changed.v99"}',
            b"x" * 200_000,
        ):
            await pair.inject(rubbish)
        await pair.emit(named("b", "fine too"))

        async def good_ones() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM enterprise_name") == 2

        await until(good_ones)

        async def parked() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM dead_letter") == 5

        await until(parked)
        reasons = str(await scalar(pair.listener, "SELECT string_agg(reason, '|') FROM dead_letter"))
        assert "this name is poison" in reasons
        assert "this firm is poison" in reasons
        assert "not JSON" in reasons
        assert "v99" in reasons
        pair.handlers.fail_on = set()
        done, failures = await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust())
    assert (done, len(failures)) == (2, 3)
    assert await count(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = 'poison'") == 1


async def test_a_happening_after_a_gap_is_parked_and_never_applied_silently(pair: Pair) -> None:
    await pair.emit(marked("firm-1"), marked("firm-1"), marked("firm-1"))
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text(published_unsent("sequence = 2")))
    async with pair.running():

        async def parked() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM dead_letter WHERE reason LIKE 'gap:%'") == 1

        await until(parked)
        assert pair.handlers.happened == [("firm-1", 1)]
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again("sequence = 2")))

        async def second() -> bool:
            return len(pair.handlers.happened) == 2

        await until(second)
        done, failures = await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust())
    assert (done, failures) == (1, [])
    assert pair.handlers.happened == [("firm-1", number) for number in (1, 2, 3)]


async def test_a_wiped_stream_is_made_again_and_published_again_without_a_second_effect(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "before") for number in range(50)), marked("firm-1"))

        async def there() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM effect") == 1

        await until(there)
    await pair.lose_stream()
    async with pair.listener.engine.begin() as connection:
        await connection.execute(text("DELETE FROM enterprise_name WHERE uscc = 'firm-7'"))
        await connection.execute(text("DELETE FROM inbox_entry WHERE handler = 'finance.enterprise'"))
    async with pair.running():
        await pair.emit(named("firm-new", "after"))

        async def healed() -> bool:
            return await count(pair.listener, "SELECT count(*) FROM enterprise_name") == 51

        await until(healed)
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0
    assert await count(pair.publisher, "SELECT count(*) FROM outbox_waiting") == 0


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(marked("firm-1"))

        async def first() -> bool:
            return len(pair.handlers.happened) == 1

        await until(first)
        await asyncio.to_thread(pair.broker.kill)
        await pair.emit(*(marked("firm-1") for _ in range(20)))
        await asyncio.to_thread(pair.broker.start)

        async def rest() -> bool:
            return len(pair.handlers.happened) == 21

        await until(rest)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 22)]


async def test_another_services_user_can_neither_publish_nor_delete_nor_read_with_a_foreign_durable(
    pair: Pair,
) -> None:
    async with pair.running():
        await pair.emit(marked("firm-1"))

        async def first() -> bool:
            return len(pair.handlers.happened) == 1

        await until(first)
        refused: list[str] = []

        async def told(fault: Exception) -> None:
            refused.append(str(fault))

        client = await nats_client.connect(
            pair.broker.url("ipr"), inbox_prefix=b"_INBOX_ipr", error_cb=told, allow_reconnect=False
        )
        forged = {"specversion": "1.0", "type": IntegrityChanged.subject}
        await client.publish(IntegrityChanged.subject, orjson.dumps(forged))
        await client.publish("$JS.API.STREAM.DELETE.REGISTRY", b"", reply="_INBOX_ipr.x")
        await client.publish("$JS.API.STREAM.PURGE.REGISTRY", b"", reply="_INBOX_ipr.x")
        await client.publish("$JS.API.CONSUMER.MSG.NEXT.REGISTRY.finance", b"1", reply="_INBOX_ipr.x")
        await client.flush()
        await asyncio.sleep(0.1)
        await client.close()
        assert len(refused) == 4
        assert all("permissions violation" in one.lower() for one in refused)
    assert pair.handlers.happened == [("firm-1", 1)]

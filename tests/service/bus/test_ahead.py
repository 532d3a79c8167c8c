"""The relay reads ahead while the server syncs; what it read never overtakes what stands before it."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.db import outbox
from tests.support.outbox_marks import waiting_again
from tests.support.pair import Pair, count, marked, named, reaches

UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several batches of few events."""
    monkeypatch.setattr("shared.bus.relay.BATCH", 5)


IN_STEP = "SELECT count(*) FROM outbox_event JOIN outbox_published USING (position) WHERE stream_sequence = sequence"


async def test_batch_after_batch_is_published_once_and_keeps_the_order_of_an_aggregate(pair: Pair) -> None:
    before = _published()
    await pair.emit(*(marked("firm-1") for _ in range(48)))
    async with pair.running(consumers=False):
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, IN_STEP) == 48
    assert await count(pair.publisher, "SELECT stream_sequence FROM relay_mark") == 48
    assert _published() - before == 48


def _published() -> float:
    return REGISTRY.get_sample_value("kechuang_outbox_published_total", {"service": "registry"}) or 0.0


async def test_a_batch_of_which_the_stream_holds_some_already_is_sent_again_one_by_one(pair: Pair) -> None:
    await pair.emit(*(marked("firm-1") for _ in range(12)))
    async with pair.running(consumers=False):
        await reaches(pair.publisher, UNPUBLISHED, 0)
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text(waiting_again("position > 3")))
    await pair.emit(*(marked("firm-1") for _ in range(12)))
    async with pair.running():
        await reaches(pair.listener, "SELECT count(*) FROM effect", 24)
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert pair.handlers.happened == [("firm-1", number) for number in range(1, 25)]
    assert await count(pair.publisher, IN_STEP) == 24


async def test_nothing_read_ahead_is_sent_while_an_event_before_it_is_refused(pair: Pair) -> None:
    async with pair.operator() as client:
        js = client.jetstream()
        narrow = (await js.stream_info("REGISTRY")).config.evolve(max_msg_size=3_000)
        await js.update_stream(narrow)
        short = named("firm-1", "short")
        # No event of the catalogue is so long: its bounds are left aside.
        long = short.model_copy(update={"name": "示" * 1_500})
        await pair.emit(*(long if number == 7 else short for number in range(20)))
        async with pair.running(consumers=False):
            await reaches(pair.publisher, UNPUBLISHED, 13)
            await asyncio.sleep(1.5)
            # The seven before it, and the four behind it that were on their way when it was refused.
            assert (await js.stream_info("REGISTRY")).state.last_seq <= 11
            assert await count(pair.publisher, UNPUBLISHED) == 13
            narrow.max_msg_size = -1
            await js.update_stream(narrow)
            await reaches(pair.publisher, UNPUBLISHED, 0)


async def test_what_is_under_way_is_not_read_again(pair: Pair) -> None:
    await pair.emit(*(marked(f"firm-{number}") for number in range(6)))
    async with pair.publisher.engine.connect() as connection:
        first = await outbox.pending(connection, limit=2)
        rest = await outbox.pending(connection, limit=10, besides=[one.position for one in first])
    assert [one.position for one in first + rest] == [1, 2, 3, 4, 5, 6]

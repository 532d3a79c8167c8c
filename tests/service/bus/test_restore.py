"""A database that was set back to an older backup: noticed before anything is published, and a way out of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from nats.js.errors import NotFoundError
from sqlalchemy import text

from shared.command.accept_restore import main
from shared.db.engine import Database
from shared.db.history import HistoryWatch
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from shared.kernel.ids import new_id
from tests.support.event_keys import folder as folder_of_keys
from tests.support.lab import scalar
from tests.support.outbox_marks import waiting_again
from tests.support.pair import Listener, Pair, count, marked, named, reaches, until
from tests.support.postgres import DatabaseServer

UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"
OPEN = "SELECT count(*) FROM history_break WHERE accepted_at IS NULL"
NAME = "SELECT name FROM enterprise_name WHERE uscc = '{}'"
Backup = Callable[[Pair], contextlib.AbstractAsyncContextManager[Pair]]


@pytest.fixture
def backup(postgres: DatabaseServer) -> Backup:
    """`async with backup(pair) as restored` copies the publisher's database; the copy is what a backup restores."""

    @contextlib.asynccontextmanager
    async def copied(pair: Pair) -> AsyncIterator[Pair]:
        source, name = pair.publisher.url.rsplit("/", 1)[1], f"backup_{new_id().hex[-12:]}"
        await pair.publisher.close()
        await postgres._admin(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        database = Database(postgres.server.url(name), service="registry")
        try:
            yield Pair(database, pair.listener, pair.handlers, pair.broker)
        finally:
            await database.close()
            await postgres.drop(database.url)

    return copied


async def live_through(pair: Pair, *events: EnterpriseChanged | IntegrityChanged) -> None:
    """Emit, and wait until all is published and heard."""
    async with pair.running():
        await pair.emit(*events)
        await reaches(pair.publisher, UNPUBLISHED, 0)
        total = await count(pair.publisher, "SELECT count(*) FROM outbox_event")
        await reaches(pair.listener, "SELECT count(*) FROM inbox_entry", total)


def accept(pair: Pair, monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.setenv("REGISTRY_OWNER_DATABASE_URL", pair.publisher.url)
    monkeypatch.setenv("KECHUANG_EVENT_KEYS_FILE", str(folder_of_keys() / "public.json"))
    monkeypatch.setenv("REGISTRY_NATS_URL", pair.broker.url("registry"))
    return main([*words, "--folder", str(folder)])


def listed_in(folder: Path) -> tuple[int, int]:
    """Return how many enterprises and marks the list of lost facts names, once it is seen to be private."""
    (path,) = folder.glob("lost-facts-registry-*.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    told = path.read_text("utf-8-sig")
    return told.count("registry.enterprise.changed.v1"), told.count("registry.integrity.changed.v1")


async def test_a_restored_owner_publishes_nothing_until_an_operator_accepts(
    pair: Pair, backup: Backup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live_through(pair, named("firm-1", "old"), named("firm-2", "only"), marked("firm-1"))
    async with backup(pair) as restored:
        await live_through(pair, named("firm-1", "lost"), named("firm-3", "lost too"), marked("firm-1"))
        async with restored.running():
            await restored.emit(named("firm-1", "after"), marked("firm-1"))
            await reaches(restored.publisher, OPEN, 1)
            watch = HistoryWatch(restored.publisher)
            await watch.refresh()
            assert watch.found is not None
            assert (watch.found.known_sequence, watch.found.last_sequence) == (3, 6)
        # All processes of the service, and those that start later, see it.
        async with restored.running():
            await asyncio.sleep(1)
            assert await count(restored.publisher, UNPUBLISHED) == 2
            async with pair.client() as client:
                assert (await client.jetstream().stream_info("REGISTRY")).state.last_seq == 6
            assert await asyncio.to_thread(accept, restored, monkeypatch, tmp_path, "list", "registry") == 0
            assert await count(restored.publisher, OPEN) == 1
            words = ("accept", "registry", "--reason", "the disk was lost")
            assert await asyncio.to_thread(accept, restored, monkeypatch, tmp_path, *words) == 0
            told = capsys.readouterr().out
            assert "3 events were published" in told
            assert "open again 已恢复办理" in told
            await reaches(restored.publisher, UNPUBLISHED, 0)
            await reaches(restored.listener, NAME.format("firm-1"), "after")
            await reaches(restored.listener, "SELECT count(*) FROM effect", 3)
        assert listed_in(tmp_path) == (2, 1)
        # No number stands twice, none is missing: what was lost is part of the record again.
        numbers = "SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM outbox_event WHERE subject LIKE '{}'"
        assert await scalar(restored.publisher, numbers.format("registry.integrity%")) == "1,2,3"
        versions = (
            "SELECT string_agg(version::text, ',' ORDER BY version) FROM outbox_event WHERE aggregate_id = 'firm-1'"
        )
        assert await scalar(restored.publisher, versions) == "1,2,3,4,5,6"
        audited = "SELECT detail ->> 'reason' FROM audit_entry WHERE action = 'history.accept_restore'"
        assert await scalar(restored.publisher, audited) == "the disk was lost"
        assert await asyncio.to_thread(accept, restored, monkeypatch, tmp_path, "list", "registry") == 0
        assert "nothing to accept" in capsys.readouterr().out
    assert pair.handlers.happened == [("firm-1", 1), ("firm-1", 2), ("firm-1", 3)]


async def test_after_accepting_others_hold_again_what_the_owner_holds(
    pair: Pair, backup: Backup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live_through(pair, named("firm-1", "old"))
    async with backup(pair) as restored:
        await live_through(pair, named("firm-1", "lost"), named("firm-2", "unknown"))
        async with restored.running():
            await reaches(restored.publisher, OPEN, 1)
            assert await scalar(restored.listener, NAME.format("firm-1")) == "lost"
            words = ("accept", "registry", "--reason", "exercise")
            assert await asyncio.to_thread(accept, restored, monkeypatch, tmp_path, *words) == 0
            await reaches(restored.listener, NAME.format("firm-1"), "old")
    told = capsys.readouterr().out
    assert "1 states are told again" in told
    assert "1 are known to others only" in told


async def test_a_crash_between_acknowledgement_and_mark_is_no_break(pair: Pair) -> None:
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(20)))
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text(waiting_again()))
        await connection.execute(text("UPDATE relay_mark SET stream_sequence = 3"))
    async with pair.running():
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


async def test_a_lost_a_remade_and_a_purged_stream_are_no_break(pair: Pair) -> None:
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(20)))
    async with pair.client() as client:
        js = client.jetstream()

        async def whole() -> bool:
            with contextlib.suppress(NotFoundError):
                held = (await js.stream_info("REGISTRY")).state.messages
                return held == await count(pair.publisher, "SELECT count(*) FROM outbox_event")
            return False

        await pair.lose_stream()
        async with pair.running():
            await until(whole)
        await pair.lose_stream(anew=True)
        async with pair.running():
            await pair.emit(named("firm-new", "x"))
            await until(whole)
        async with pair.operator() as operator:
            await operator.jetstream().purge_stream("REGISTRY")
        async with pair.running():
            await until(whole)
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


async def test_rubbish_at_the_end_of_the_stream_is_no_break(pair: Pair) -> None:
    await live_through(pair, named("firm-1", "x"))
    await pair.inject(b"not json")
    await pair.inject(b'{"specversion": "1.0", "source": "/kechuang/ipr"}')
    async with pair.running():
        await pair.emit(named("firm-2", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "registry.enterprise.changed.v99"},
        {"version": 2**63},
        {"data": {"uscc": 1}},
        {"aggregateid": "nul", "data": {**named("nul", "a\x00b").model_dump(mode="json")}},
    ],
    ids=["a type nobody has", "a version no database holds", "data of another shape", "a NUL in a text"],
)
async def test_an_event_that_no_outbox_can_have_held_is_no_break(pair: Pair, wrong: dict[str, Any]) -> None:
    await live_through(pair, named("firm-1", "x"))
    async with pair.client() as client:
        sound = orjson.loads((await client.jetstream().get_last_msg("REGISTRY", EnterpriseChanged.subject)).data or b"")
    await pair.inject(orjson.dumps({**sound, "id": str(new_id()), **wrong}))
    async with pair.running():
        await pair.emit(named("firm-2", "x"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


async def test_a_break_is_seen_although_the_stream_was_made_anew_since_the_backup(
    pair: Pair, backup: Backup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its numbers began again below what the backup knows: the last event alone tells."""
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(5)))
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text("UPDATE relay_mark SET stream_sequence = 1000"))
    async with backup(pair) as restored:
        await live_through(pair, named("firm-1", "lost"))
        async with restored.running():
            await reaches(restored.publisher, OPEN, 1)
            words = ("accept", "registry", "--reason", "exercise")
            assert await asyncio.to_thread(accept, restored, monkeypatch, tmp_path, *words) == 0
            await reaches(restored.publisher, UNPUBLISHED, 0)
            await reaches(restored.listener, NAME.format("firm-1"), "x")


async def test_a_backup_put_back_under_a_running_relay_is_noticed_too(pair: Pair) -> None:
    async with pair.running(consumers=False):
        await pair.emit(*(named(f"firm-{number}", "x") for number in range(5)))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        async with pair.publisher.engine.begin() as connection:
            for table in ("outbox_event", "outbox_published"):
                await connection.execute(text(f"DELETE FROM {table} WHERE position > 3"))
            await connection.execute(text("UPDATE relay_mark SET stream_sequence = 3"))

        async def noticed() -> bool:
            return await count(pair.publisher, OPEN) == 1

        await until(noticed)


async def test_a_restored_listener_is_given_again_what_it_has_lost(pair: Pair, postgres: DatabaseServer) -> None:
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(30)), marked("firm-1"))
    assert await count(pair.listener, "SELECT stream_sequence FROM consumer_mark") == 31
    source, name = pair.listener.url.rsplit("/", 1)[1], f"backup_{new_id().hex[-12:]}"
    await pair.listener.close()
    await postgres._admin(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    await live_through(pair, *(named(f"late-{number}", "x") for number in range(30)), marked("firm-1"))
    restored = Pair(pair.publisher, Database(postgres.server.url(name), service="finance"), Listener(), pair.broker)
    async with restored.running():
        await reaches(restored.listener, "SELECT count(*) FROM enterprise_name", 60)
        await reaches(restored.listener, "SELECT count(*) FROM effect", 2)
    # Behind the mark of the backup, not from the beginning.
    assert restored.handlers.happened == [("firm-1", 2)]
    assert len(restored.handlers.projected) == 30
    await restored.listener.close()
    await postgres.drop(restored.listener.url)


async def test_a_listener_set_back_under_a_running_process_is_given_again_what_it_has_lost(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "x") for number in range(30)))
        await reaches(pair.listener, "SELECT stream_sequence FROM consumer_mark", 30)
        async with pair.listener.engine.begin() as connection:
            await connection.execute(text("DELETE FROM enterprise_name WHERE uscc > 'firm-2'"))
            await connection.execute(text("DELETE FROM inbox_entry"))
            await connection.execute(text("UPDATE consumer_mark SET stream_sequence = 0"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 30)
        await reaches(pair.listener, "SELECT stream_sequence FROM consumer_mark", 30)


async def test_a_second_process_leaves_the_consumer_of_the_first_alone(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(*(named(f"firm-{number}", "x") for number in range(30)))
        await reaches(pair.listener, "SELECT stream_sequence FROM consumer_mark", 30)
        before = await scalar(pair.listener, "SELECT durable_made_at FROM consumer_mark")
        for number in range(3):
            # As it stands for a second after each event: the mark behind the acknowledgements.
            await pair.emit(named(f"late-{number}", "x"))
            await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 31 + number)
            async with pair.running(relay=False):
                await asyncio.sleep(0.5)
        assert await scalar(pair.listener, "SELECT durable_made_at FROM consumer_mark") == before


async def test_a_remade_stream_is_heard_from_its_beginning_whatever_the_mark_says(pair: Pair) -> None:
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(30)))
    await pair.lose_stream()
    async with pair.running():
        await pair.emit(named("firm-new", "x"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 31)
        await reaches(pair.listener, "SELECT stream_sequence FROM consumer_mark", 31)


async def test_neither_a_restarted_broker_nor_a_restarted_listener_makes_the_consumer_anew(pair: Pair) -> None:
    await live_through(pair, *(named(f"firm-{number}", "x") for number in range(30)))
    before = await scalar(pair.listener, "SELECT durable_made_at FROM consumer_mark")
    async with pair.running():
        await asyncio.to_thread(pair.broker.stop)
        await asyncio.to_thread(pair.broker.start)
        await pair.emit(named("late", "x"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 31)
    async with pair.running():
        await pair.emit(named("later", "x"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 32)
    assert await scalar(pair.listener, "SELECT durable_made_at FROM consumer_mark") == before

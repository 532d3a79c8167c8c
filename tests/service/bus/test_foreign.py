"""Events in a stream that its owner never told: accepting goes by event id, ends them all and says only what holds."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from shared.command.accept_restore import main
from shared.command.run import operator
from shared.db import verification
from shared.events.registry import EnterpriseChanged
from shared.kernel.ids import new_id
from tests.support.event_keys import folder as folder_of_keys
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, count, named, reaches

UNPUBLISHED = "SELECT count(*) FROM outbox_waiting"
OPEN = "SELECT count(*) FROM history_break WHERE accepted_at IS NULL"
DISCARDED = "SELECT count(*) FROM discarded_event"


async def foreign(pair: Pair, **other: Any) -> str:
    """Put an event into the registry's stream that no outbox held: a copy of its last under an id of its own."""
    async with pair.client() as client:
        held = await client.jetstream().get_last_msg("REGISTRY", EnterpriseChanged.subject)
    sound, id_ = orjson.loads(held.data or b""), str(new_id())
    await pair.inject(orjson.dumps({**sound, "id": id_, **other}))
    return id_


async def command(pair: Pair, monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.setenv("REGISTRY_OWNER_DATABASE_URL", pair.publisher.url)
    monkeypatch.setenv("KECHUANG_EVENT_KEYS_FILE", str(folder_of_keys() / "public.json"))
    monkeypatch.setenv("REGISTRY_NATS_URL", pair.broker.url("registry"))
    return await asyncio.to_thread(main, [*words, "--folder", str(folder)])


async def verified(pair: Pair) -> tuple[list[str], list[tuple[UUID, str | None, str]]]:
    """Return what took effect though nobody told it, and of that what was discarded: the event, by whom and why."""
    actor, handler = operator(), "finance.enterprise"
    async with (
        pair.publisher.transaction(actor=actor, clock=CLOCK, read_only=True) as theirs,
        pair.listener.transaction(actor=actor, clock=CLOCK, read_only=True) as ours,
    ):
        strangers = [one async for one in verification.strangers(theirs, ours, handler=handler)]
        gone = await verification.discarded(theirs, ours, subject=EnterpriseChanged.subject, handler=handler)
    return strangers, [(one.event_id, one.discarded_by, one.reason) for one in gone]


async def test_an_event_under_a_number_in_use_is_set_aside_and_closes_nothing_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with pair.running():
        await pair.emit(named("firm-1", "own"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        id_ = await foreign(pair)
        await reaches(pair.publisher, OPEN, 1)
        words = ("accept", "registry", "--reason", "a stolen secret")
        assert await command(pair, monkeypatch, tmp_path, *words) == 0
        told = capsys.readouterr().out
        assert "open again 已恢复办理" in told
        assert "1 are set aside" in told
        # The relay looks again every two seconds, and a new one at once.
        await asyncio.sleep(3)
        await pair.emit(named("firm-1", "after"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    async with pair.running():
        await pair.emit(named("firm-2", "later"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, OPEN) == 0
    assert str(await scalar(pair.publisher, "SELECT event_id FROM discarded_event")) == id_
    audited = "SELECT detail ->> 'set_aside' FROM audit_entry WHERE action = 'history.accept_restore'"
    assert await scalar(pair.publisher, audited) == "1"


async def test_a_foreign_event_is_discarded_by_its_id_and_others_hold_again_what_the_owner_says(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with pair.running():
        await pair.emit(named("firm-1", "own"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        forged = named("firm-1", "forged").model_dump(mode="json")
        id_ = await foreign(pair, version=7, sequence=7, data=forged)
        await reaches(pair.publisher, OPEN, 1)
        name = "SELECT name FROM enterprise_name WHERE uscc = 'firm-1'"
        await reaches(pair.listener, name, "forged")
        assert await verified(pair) == ([id_], [])
        assert await command(pair, monkeypatch, tmp_path, "list", "registry") == 0
        assert id_ in capsys.readouterr().out
        words = ("accept", "registry", "--reason", "a stolen secret", "--discard", id_)
        assert await command(pair, monkeypatch, tmp_path, *words) == 0
        await reaches(pair.listener, name, "own")
        assert await count(pair.publisher, OPEN) == 0
    assert await count(pair.publisher, DISCARDED) == 1
    assert await count(pair.publisher, "SELECT count(*) FROM outbox_event") == 2
    assert await scalar(pair.publisher, "SELECT reason FROM discarded_event") == "a stolen secret"
    strangers, [(discarded, by, reason)] = await verified(pair)
    assert (strangers, str(discarded), reason) == ([], id_, "a stolen secret")
    assert by == operator().client_id


async def test_a_foreign_event_is_found_though_the_service_published_behind_it_at_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shared.bus.relay._CHECK_SECONDS", 3_600)
    async with pair.running():
        await pair.emit(named("firm-1", "own"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        id_ = await foreign(pair, version=7, sequence=7, data=named("firm-1", "forged").model_dump(mode="json"))
        assert await count(pair.publisher, OPEN) == 0
        await pair.emit(named("firm-2", "own too"), named("firm-3", "own too"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        await reaches(pair.publisher, OPEN, 1)
        words = ("accept", "registry", "--reason", "a stolen secret", "--discard", id_)
        assert await command(pair, monkeypatch, tmp_path, *words) == 0
        told = capsys.readouterr().out
        assert "1 events were published and are not in the database" in told
        assert "open again 已恢复办理" in told
    async with pair.running():
        await pair.emit(named("firm-2", "later"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        await reaches(pair.listener, "SELECT name FROM enterprise_name WHERE uscc = 'firm-1'", "own")
    assert await count(pair.publisher, OPEN) == 0


async def test_an_unsigned_event_before_one_of_the_services_own_closes_nothing(pair: Pair) -> None:
    async with pair.running():
        await pair.emit(named("firm-1", "own"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        async with pair.client() as client:
            held = await client.jetstream().get_last_msg("REGISTRY", EnterpriseChanged.subject)
        await pair.inject(orjson.dumps({**orjson.loads(held.data or b""), "id": str(new_id())}), headers={})
        await pair.emit(named("firm-2", "own too"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
    assert await count(pair.publisher, OPEN) == 0


async def test_an_id_that_the_stream_does_not_hold_is_not_discarded_in_silence(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with pair.running():
        await pair.emit(named("firm-1", "own"))
        await reaches(pair.publisher, UNPUBLISHED, 0)
        await foreign(pair)
        await reaches(pair.publisher, OPEN, 1)
        words = ("accept", "registry", "--reason", "x", "--discard", str(new_id()))
        assert await command(pair, monkeypatch, tmp_path, *words) == 1
        assert "not among" in capsys.readouterr().out
        assert await count(pair.publisher, OPEN) == 1

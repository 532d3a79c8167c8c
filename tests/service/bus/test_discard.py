"""`kechuang dead-letter discard`: a letter is given up for a reason, and what follows it flows."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.bus.apply import apply_batch
from shared.bus.dead_letter import WaitsForAnother, discard, replay
from shared.command.dead_letter import main
from shared.db.dead_letter import park, waiting
from shared.db.engine import Database
from shared.events.envelope import from_wire
from shared.events.registry import IntegrityChanged
from shared.events.signature import HEADER, Proof
from shared.kernel.actor import system_actor
from tests.support.bus import on_wire
from tests.support.event_keys import signed, trust
from tests.support.lab import lab_database, scalar
from tests.support.pair import CLOCK, Listener, marked
from tests.support.postgres import DatabaseServer

ACTOR = system_actor("finance")


@pytest.fixture
async def listener(postgres: DatabaseServer) -> AsyncIterator[Database]:
    async with lab_database(postgres, "finance") as database:
        yield database


async def parked(database: Database, payload: bytes, reason: str, handler: str = "finance.integrity") -> None:
    async with database.transaction(actor=ACTOR, clock=CLOCK) as tx:
        await park(
            tx,
            handler=handler,
            subject=IntegrityChanged.subject,
            event_id=None,
            payload=payload,
            reason=reason,
            deliveries=5,
            proof=Proof(signed("registry", IntegrityChanged.subject, payload)[HEADER], CLOCK.at, None),
        )


async def test_what_follows_a_discarded_happening_takes_effect(listener: Database) -> None:
    poison, next_one = (on_wire(marked("firm-1"), version=number, sequence=number) for number in (1, 2))
    await parked(listener, poison, "RuntimeError: poison")
    await parked(listener, next_one, "gap: sequence 2 came after 0 of firm-1")
    handlers = Listener()
    async with listener.transaction(actor=ACTOR, clock=CLOCK) as tx:
        first, second = await waiting(tx)
        with pytest.raises(WaitsForAnother, match="1 < 2"):
            await discard(tx, handlers.subscriptions(), second, "x")
        await discard(tx, handlers.subscriptions(), first, "test data")
    assert await replay(listener, CLOCK, handlers.subscriptions(), trust()) == (1, [])
    assert handlers.happened == [("firm-1", 2)]
    # It is settled: another delivery of it has no effect and is not kept again.
    (subscription,) = [one for one in handlers.subscriptions() if one.event is IntegrityChanged]
    assert await apply_batch(listener, CLOCK, subscription, [from_wire(poison, IntegrityChanged)]) == []
    assert handlers.happened == [("firm-1", 2)]
    await parked(listener, poison, "again")
    async with listener.transaction(actor=ACTOR, clock=CLOCK) as tx:
        assert await waiting(tx) == []


async def test_a_discarded_event_that_its_publisher_did_not_sign_takes_nobodys_turn(listener: Database) -> None:
    forged, true = (on_wire(marked("firm-1"), version=1, sequence=1) for _ in range(2))
    await parked(listener, forged, "signature: foreign: a key of techtransfer signed registry.integrity.changed.v1")
    handlers = Listener()
    async with listener.transaction(actor=ACTOR, clock=CLOCK) as tx:
        (letter,) = await waiting(tx)
        await discard(tx, handlers.subscriptions(), letter, "a forgery")
    (subscription,) = [one for one in handlers.subscriptions() if one.event is IntegrityChanged]
    assert await apply_batch(listener, CLOCK, subscription, [from_wire(true, IntegrityChanged)]) == []
    assert handlers.happened == [("firm-1", 1)]


async def test_an_operator_discards_with_a_reason_that_the_audit_keeps(
    listener: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await parked(listener, b"rubbish", "unreadable")
    monkeypatch.setenv("FINANCE_DATABASE_URL", listener.url)
    monkeypatch.setenv("KECHUANG_OPERATOR", "tester")
    assert await asyncio.to_thread(main, ["discard", "finance", "1", "--reason", " "]) == 1
    assert "needs a reason" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["discard", "finance", "1", "--reason", "sent by hand"]) == 0
    assert "已作废 discarded" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["list", "finance"]) == 0
    assert "没有死信 no dead letters" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["discard", "finance", "1", "--reason", "again"]) == 1
    audited = "SELECT client_id || ' ' || (detail ->> 'reason') FROM audit_entry WHERE action = 'dead_letter.discarded'"
    assert await scalar(listener, audited) == "operator:tester sent by hand"

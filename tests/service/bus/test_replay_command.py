"""`make replay`: the letters of a real service go through its own handlers."""

import asyncio

import pytest
from sqlalchemy import text

from shared.bus.dead_letter import main, subscriptions_of
from shared.db.dead_letter import park
from shared.db.engine import Database
from shared.events.catalogue import PUBLISHERS
from shared.kernel.actor import system_actor
from tests.support.bus import on_wire
from tests.support.lab import scalar
from tests.support.pair import CLOCK, named
from tests.support.postgres import DatabaseServer


async def test_a_letter_takes_effect_and_rubbish_is_named(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = await postgres.database_url("techtransfer")
    monkeypatch.setenv("TECHTRANSFER_DATABASE_URL", url)
    database = Database(url, service="techtransfer")
    event = named("91500107MA5XTE8T03", "示例企业")
    (handler,) = [one.handler_name for one in subscriptions_of("techtransfer") if one.event is type(event)]
    async with database.transaction(actor=system_actor("techtransfer"), clock=CLOCK) as tx:
        for payload in (on_wire(event), b"rubbish"):
            await park(
                tx,
                handler=handler,
                subject=event.subject,
                event_id=None,
                payload=payload,
                reason="a reason that was mended",
                deliveries=5,
            )
    assert await asyncio.to_thread(main, ["replay", "techtransfer"]) == 1
    told = capsys.readouterr().out
    assert "1 replayed" in told
    assert "unreadable" in told
    assert await scalar(database, "SELECT count(*) FROM inbox_entry") == 1
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE dead_letter SET replayed_at = now()"))
    assert await asyncio.to_thread(main, ["replay", "techtransfer"]) == 0
    await database.close()
    await postgres.drop(url)


def test_every_service_names_its_handlers_apart_and_listens_to_others_only() -> None:
    for service in PUBLISHERS:
        subscriptions = subscriptions_of(service)
        assert len({one.handler_name for one in subscriptions}) == len(subscriptions)
        assert all(one.event.publisher() != service for one in subscriptions)

"""`make replay`: the letters of a real service go through its own handlers."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from shared.bus.dead_letter import subscriptions_of
from shared.command.dead_letter import main
from shared.db.dead_letter import park
from shared.db.engine import Database
from shared.events.catalogue import PUBLISHERS
from shared.events.masked import shown_reason, shown_value
from shared.events.signature import HEADER, Proof
from shared.kernel.actor import system_actor
from tests.support.bus import on_wire
from tests.support.event_keys import folder, signed
from tests.support.lab import scalar
from tests.support.pair import CLOCK, named
from tests.support.postgres import DatabaseServer


async def test_a_letter_takes_effect_and_rubbish_is_named(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = await postgres.database_url("techtransfer")
    monkeypatch.setenv("TECHTRANSFER_DATABASE_URL", url)
    monkeypatch.setenv("KECHUANG_OPERATOR", "tester")
    monkeypatch.setenv("KECHUANG_EVENT_KEYS_FILE", str(folder() / "public.json"))
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
                proof=Proof(signed("registry", event.subject, payload)[HEADER], datetime.now(UTC), None),  # noqa: TID251
            )
    assert await asyncio.to_thread(main, ["list", "techtransfer"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[2] for line in listed] == [handler, handler]
    assert all("a reason that was mended" in line for line in listed)
    assert await asyncio.to_thread(main, ["show", "techtransfer", listed[0].split("\t")[0]]) == 0
    shown = capsys.readouterr().out
    assert event.uscc in shown
    assert event.name not in shown
    assert "*" in shown
    assert await asyncio.to_thread(main, ["show", "techtransfer", "4711"]) == 1
    assert "死信" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["replay", "techtransfer"]) == 1
    told = capsys.readouterr().err
    assert "1 封已重放 replayed" in told
    assert "unreadable" in told
    audited = "SELECT string_agg(action || ' ' || client_id, ', ' ORDER BY position) FROM audit_entry"
    assert await scalar(database, audited) == "dead_letter.read operator:tester, dead_letter.replayed operator:tester"
    assert await scalar(database, "SELECT count(*) FROM inbox_entry") == 1
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE dead_letter SET replayed_at = now()"))
    assert await asyncio.to_thread(main, ["replay", "techtransfer"]) == 0
    await database.close()
    await postgres.drop(url)


def test_a_letter_shows_codes_and_numbers_and_masks_what_may_name_a_person() -> None:
    event = {
        "uscc": "91500107DEMF00011W",
        "owner": "张三丰",
        "phone": "13800138000",
        "id_no": "110101199003070011",
        "status": "GRANTED",
        "at": "2026-11-28T10:00:00+08:00",
        "shares": [{"name": "李四", "share_ppm": 1_000_000, "valid": True}],
    }
    shown = shown_value(event)
    assert isinstance(shown, dict)
    assert {name: shown[name] for name in ("uscc", "status", "at")} == {
        name: event[name] for name in ("uscc", "status", "at")
    }
    for name in ("owner", "phone", "id_no"):
        assert shown[name] != event[name]
        assert "*" in shown[name]
    assert shown["shares"][0] == {"name": "李**", "share_ppm": 1_000_000, "valid": True}


def test_a_reason_is_told_without_the_values_that_the_database_quotes() -> None:
    reason = "IntegrityError: duplicate key value\nDETAIL: Key (name)=(张三) already exists. [parameters: ('张三',)]"
    assert shown_reason(reason) == "IntegrityError: duplicate key value"
    assert shown_reason("RuntimeError: 张三 13800138000 is nobody") == "RuntimeError: … … is nobody"


def test_every_service_names_its_handlers_apart_and_listens_to_others_only() -> None:
    for service in PUBLISHERS:
        subscriptions = subscriptions_of(service)
        assert len({one.handler_name for one in subscriptions}) == len(subscriptions)
        assert all(one.event.publisher() != service for one in subscriptions)

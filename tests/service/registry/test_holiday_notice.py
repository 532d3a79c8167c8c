"""A holiday notice is recorded once with its source, decides from then on, and a correction keeps both."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services.registry.command import main
from shared.bus.holiday_notice import on_notice_recorded
from shared.db.holiday_notice import calendars, every_notice, work_calendar
from shared.db.transaction import Transaction
from shared.events.registry import HolidayNoticeRecorded
from shared.kernel.actor import Actor, Role
from shared.kernel.ids import new_id
from tests.service.registry.world import SCOPES, World

NOTICE = {
    "year": 2027,
    "number": "示例〔2026〕1号",
    "issued_on": "2026-11-20",
    "source": "https://www.gov.cn/example.htm",
    "off_days": ["2027-01-01", "2027-01-04", "2027-05-01", "2027-10-01"],
    "work_days": ["2027-01-02"],
}


async def record(world: World, **changes: Any) -> Any:
    """Record a notice as the city's officer."""
    city = world.service.client(Role.CITY, scopes=[*SCOPES, "registry.calendar:write"])
    return await city.post("/v1/holiday-notices", json=NOTICE | changes, headers={"idempotency-key": str(new_id())})


async def counted(world: World, **when: Any) -> tuple[str, bool]:
    """Return the tenth working day after 2026-12-21 as the service counts it."""
    async with world.service.app.state.db.transaction(
        actor=Actor(client_id="test", role=Role.SYSTEM), clock=world.service.clock
    ) as tx:
        due = (await work_calendar(tx, **when)).add_working_days(date(2026, 12, 21), 10)
        calendar_at = await calendars(tx)  # read once, for whoever asks of many instants
        assert calendar_at(when.get("known_at", tx.now)).add_working_days(date(2026, 12, 21), 10) == due
    return due.on.isoformat(), due.assumed


async def test_a_recorded_notice_decides_from_then_on_and_a_correction_keeps_both(world: World) -> None:
    assert await counted(world) == ("2027-01-05", True)
    before = world.service.clock.now()
    world.service.clock.advance(timedelta(seconds=60))
    first = await record(world)
    assert first.status_code == 201, first.text
    assert first.json()["confidence"] == "official"
    assert await counted(world) == ("2027-01-05", False)
    world.service.clock.advance(timedelta(seconds=60))
    again = await record(world)
    assert (again.status_code, again.json()["code"]) == (409, "holiday_notice_already_recorded")
    assert first.json()["id"] in again.json()["hint"]
    fixed = await record(
        world, off_days=NOTICE["off_days"][:1] + NOTICE["off_days"][2:], replaces_id=first.json()["id"]
    )  # type: ignore[operator,index]
    assert fixed.status_code == 201, fixed.text
    assert await counted(world) == ("2027-01-04", False)
    assert await counted(world, known_at=before) == ("2027-01-05", True)
    items = (await world.city.get("/v1/holiday-notices")).json()["items"]
    assert [one["replaced_at"] is None for one in items if one["year"] == 2027] == [True, False]
    assert [one["number"] for one in items if one["year"] == 2026] == ["国办发明电〔2025〕7号"]


async def test_every_service_that_hears_of_a_notice_counts_by_it_and_twice_is_once(world: World) -> None:
    await record(world)
    (event,) = [one for one in await world.service.events() if isinstance(one.data, HolidayNoticeRecorded)]

    async def heard(tx: Transaction) -> int:
        await on_notice_recorded(tx, event)
        await on_notice_recorded(tx, event)
        return len(await every_notice(tx))

    async with world.service.app.state.db.transaction(
        actor=Actor(client_id="test", role=Role.SYSTEM), clock=world.service.clock
    ) as tx:
        assert await heard(tx) == 1


async def test_nobody_but_the_city_records(world: World) -> None:
    client = world.service.client(Role.DISTRICT, unit="500107", scopes=["registry.calendar:write"])
    refused = await client.post("/v1/holiday-notices", json=NOTICE, headers={"idempotency-key": "a"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden_role")


async def test_the_operator_records_a_notice_by_the_same_use_case(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGISTRY_DATABASE_URL", world.service.database_url)
    monkeypatch.setenv("KECHUANG_OPERATOR", "li.days")
    words = ["holiday", "record", "--year", "2025", "--number", "示例〔2024〕1号", "--issued-on", "2024-11-12"]
    words += ["--source", "https://www.gov.cn/a.htm", "--off", "2025-01-01", "--off", "2025-05-01..2025-05-05"]
    words += ["--off", "2025-10-01..2025-10-08", "--work", "2025-09-28"]

    async def types(*more: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, [*words, *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    code, said, _ = await types("--dry-run")
    assert (code, "dry run" in said) == (0, True)
    assert await world.service.rows("SELECT 1 FROM holiday_notice") == []
    assert (await types())[0] == 0
    assert [row["recorded_by"] for row in await world.service.rows("SELECT recorded_by FROM holiday_notice")] == [
        "operator:li.days"
    ]
    audit = await world.service.rows("SELECT client_id FROM audit_entry WHERE action = 'holiday_notice.record'")
    assert [row["client_id"] for row in audit] == ["operator:li.days"]
    code, _, why = await types()
    assert (code, "2025 年的通知已登记" in why, "is recorded already" in why) == (1, True, True)

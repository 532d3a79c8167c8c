"""After a restored backup of the registry: what others hold is named one by one, and withdrawn or recorded anew."""

import asyncio
from datetime import timedelta

import pytest

from shared.bus.holiday_notice import on_notice_recorded
from shared.command.lost_case import main
from shared.db.holiday_notice import every_notice
from shared.events.registry import (
    EnterpriseChanged,
    FilingAccepted,
    HolidayNoticeRecorded,
    QualificationChanged,
)
from shared.kernel.actor import Actor, Role
from tests.service.registry.test_holiday_notice import NOTICE, record
from tests.service.registry.test_qualification import SME
from tests.service.registry.world import World
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service

LOSE = "DELETE FROM enterprise; DELETE FROM filing; DELETE FROM qualification; DELETE FROM holiday_notice"


async def test_a_lost_firm_its_filing_and_its_title_are_named_and_withdrawn(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGISTRY_DATABASE_URL", world.service.db.url)
    code = await world.registered()
    await world.filed()
    assert (await world.city.post(f"/v1/enterprises/{code}/qualifications", json=SME)).status_code == 201
    await record(world)
    assert await asyncio.to_thread(main, ["list", "registry"]) == 0
    assert "no such cases" in capsys.readouterr().out

    await world.service.tamper(LOSE)
    assert await asyncio.to_thread(main, ["list", "registry"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    named = {line[1].split()[-1]: line for line in lines}
    assert set(named) == {"enterprise", "filing", "title", "notice"}
    assert named["enterprise"][2:5] == [code, code, "持有 held by finance, ipr, techtransfer"]
    assert named["filing"][3:5] == [f"{code}/2025", "持有 held by finance"]
    assert named["title"][2:5] == [SME["number"], f"{code}/TECH_SME", "持有 held by finance"]
    assert "kechuang holiday record" in named["notice"][-1]

    reason = ["--reason", "drill 演练"]
    for kind, id_ in (("enterprise", code), ("filing", f"{code}/2025"), ("qualification", f"{code}/TECH_SME")):
        assert await asyncio.to_thread(main, ["end", "registry", kind, id_, *reason]) == 0
    assert await asyncio.to_thread(main, ["end", "registry", "holiday_notice", "2027", *reason]) == 1
    for event in (EnterpriseChanged, FilingAccepted, QualificationChanged):
        assert (await world.service.events(event.subject))[-1].data.withdrawn is True
    await record(world)
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["list", "registry"]) == 0
    assert "no such cases" in capsys.readouterr().out


async def test_a_notice_that_is_recorded_anew_decides_with_those_who_hold_the_lost_one(
    world: World, postgres: DatabaseServer
) -> None:
    await record(world)
    await world.service.tamper("DELETE FROM holiday_notice")
    world.service.clock.advance(timedelta(seconds=60))
    assert (await record(world, number=f"{NOTICE['number']}（补录）")).status_code == 201
    told = await world.service.events(HolidayNoticeRecorded.subject)
    assert [one.data.replaces_id for one in told] == [None, None]
    async with running_service("techtransfer", postgres) as other:
        for one in told:
            await other.deliver(one.data, version=one.version)
        actor = Actor(client_id="test", role=Role.SYSTEM)
        async with other.db.transaction(actor=actor, clock=other.clock) as tx:
            await on_notice_recorded(tx, told[0])  # what comes twice takes nothing back
            held = await every_notice(tx)
    assert [(one.id, one.replaced_at is None) for one in held] == [
        (told[1].data.notice_id, True),
        (told[0].data.notice_id, False),
    ]

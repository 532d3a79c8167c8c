"""After a restored backup: cases that others hold are named one by one, and ended with everybody who holds them."""

import asyncio

import pytest

from shared.command.lost_case import main
from shared.events.finance import ApplicationDecided, ConsentRevoked
from tests.service.finance.world import World

LOSE = "DELETE FROM loan_application; DELETE FROM consent"


async def test_a_lost_application_and_its_consents_are_named_and_ended_with_who_holds_them(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINANCE_DATABASE_URL", world.service.db.url)
    monkeypatch.setenv("KECHUANG_OPERATOR", "night")
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    assert await asyncio.to_thread(main, ["list", "finance"]) == 0
    assert "no such cases" in capsys.readouterr().out

    await world.service.tamper(LOSE)
    assert await asyncio.to_thread(main, ["list", "finance"]) == 0
    listed = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    named = {(line[1].split()[0], line[2]) for line in listed}
    assert ("贷款申请", application["case_no"]) in named
    assert {kind for kind, _ in named} == {"贷款申请", "查询授权"}
    assert all(line[4] == "持有 held by ipr" and line[5].startswith("自 since 2026-") for line in listed)

    reason = ["--reason", "a restored backup 恢复备份"]
    for line in listed:
        kind = "loan_application" if line[1].startswith("贷款申请") else "consent"
        assert await asyncio.to_thread(main, ["end", "finance", kind, line[3], *reason]) == 0
    assert "told to: ipr" in capsys.readouterr().out
    (told,) = [one.data for one in await world.service.events(ApplicationDecided.subject)]
    assert (str(told.application_id), told.status) == (application["id"], "CANCELLED")
    assert len(await world.service.events(ConsentRevoked.subject)) == len(listed) - 1
    assert await asyncio.to_thread(main, ["list", "finance"]) == 0
    assert "no such cases" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["end", "finance", "loan_application", application["id"], *reason]) == 1
    assert "没有可终止的此类案件" in capsys.readouterr().err
    audited = await world.service.rows("SELECT client_id, detail FROM audit_entry WHERE action = 'lost_case.ended'")
    assert {row["client_id"] for row in audited} == {"operator:night"}
    assert {row["detail"]["reason"] for row in audited} == {"a restored backup 恢复备份"}

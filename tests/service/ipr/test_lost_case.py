"""After a restored backup of ipr: rights and sums that others hold are named one by one, and withdrawn."""

import asyncio

import httpx
import pytest

from shared.command.lost_case import main
from shared.events.ipr import PortfolioChanged, RightChanged
from shared.kernel.actor import Role
from tests.service.ipr.test_rights import ALL, register
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A

LOSE = "DELETE FROM ip_right_owner; DELETE FROM ip_right_move; DELETE FROM ip_right; DELETE FROM ip_portfolio"


def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=ALL)


async def test_a_lost_right_and_the_sum_of_its_firm_are_named_and_withdrawn(
    ipr: RunningService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IPR_DATABASE_URL", ipr.db.url)
    async with centre(ipr) as client:
        right = await register(client)
    assert await asyncio.to_thread(main, ["list", "ipr"]) == 0
    assert "no such cases" in capsys.readouterr().out

    await ipr.tamper(LOSE)
    assert await asyncio.to_thread(main, ["list", "ipr"]) == 0
    named = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {(line[1], line[2], line[4]) for line in named} == {
        ("知识产权 right", right["right_no"], "持有 held by techtransfer"),
        ("企业知识产权汇总 IP summary of a firm", FIRM_A, "持有 held by finance, registry"),
    }
    for kind, id_ in (("right", right["id"]), ("portfolio", FIRM_A)):
        assert await asyncio.to_thread(main, ["end", "ipr", kind, id_, "--reason", "drill 演练"]) == 0
    for subject in (RightChanged.subject, PortfolioChanged.subject):
        assert [one.data.withdrawn for one in await ipr.events(subject)] == [False, True]
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["list", "ipr"]) == 0
    assert "no such cases" in capsys.readouterr().out

    async with centre(ipr) as client:
        await register(client)
    assert (await ipr.events(PortfolioChanged.subject))[-1].data.withdrawn is False

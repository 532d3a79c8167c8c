"""Every read of every service, found from its description: how many statements it costs, and no transaction around."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.service.documents.test_documents import caller
from tests.service.finance.test_lists import two_loans
from tests.service.finance.test_lpr import record
from tests.service.finance.world import BANK_A, FIRM, WAN, done
from tests.service.finance.world import World as Finance
from tests.service.ipr.test_lists import blemished
from tests.service.ipr.test_rights import register
from tests.service.ipr.test_sheets import APPLICATION, granted, submitted
from tests.service.ipr.test_sheets import BANK as SHEET_BANK
from tests.service.ipr.test_work_items import firm
from tests.service.registry.test_lists import some_firms
from tests.service.registry.world import World as Registry
from tests.service.techtransfer.conftest import ok, open_market
from tests.support.contracts import SERVICES, application
from tests.support.plans import watched
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service

PASSED_OVER = {
    "/v1/exports/": "yields every row, some hundred at once",
    "/v1/imports/": "looked at by the one who hands in a file",
    "/v1/documents/": "leaves an audit row, and most of its time is the file's",
    "/v1/dead-letters/": "a list of the night",
    "/v1/audit/": "looked up by the auditor, whose looking is noted too",
    "/v1/rule-sets": "read from files; what was seen elsewhere is looked up beside them",
}
"""Reads that are no hot pages, each with its reason."""
FORBIDDEN = 403
LEAVES_A_ROW = {
    "/v1/loan-applications/{application_id}/credit-file",
    "/v1/achievements/{achievement_id}/contact",
    "/v1/needs/{need_id}/contact",
    "/v1/ip-sheets/{application_id}",
}
"""Reads whose answer leaves an audit row: a transaction stands around that and what it tells of."""
MORE: dict[str, tuple[int, str]] = {
    "/v1/loan-applications/{application_id}/credit-file": (2, "the file, and the audit row of its reading"),
    "/v1/consents/{consent_id}/reads": (2, "the consent under the caller's scope, and what was read under it"),
    "/v1/achievements/{achievement_id}/contact": (2, "the contact, and the audit row of its reading"),
    "/v1/needs/{need_id}/contact": (2, "the contact, and the audit row of its reading"),
    "/v1/ip-sheets/{application_id}": (3, "rights are read once the consent was judged; and the audit row"),
    "/v1/ip-rights/{right_id}/history": (6, "five kinds of what happened; looked up, not worked off"),
    "/v1/ip-rights/{right_id}/annuities": (2, "the right, and the holidays by which its days are counted"),
    "/v1/annuities": (2, "the rights, and the holidays by which their days are counted, once for all"),
    "/v1/enterprises/{uscc}/filings": (2, "the firm under the caller's scope, and its rows"),
    "/v1/enterprises/{uscc}/qualifications": (2, "the firm under the caller's scope, and its rows"),
    "/v1/enterprises/{uscc}/size-class": (2, "the firm, and its newest filing"),
    "/v1/work-items/techtransfer": (3, "what waits, and the achievements and needs by which its acts are judged"),
    "/v1/work-items/ipr": (3, "what waits, the rights by which its acts are judged, and the units of their owners"),
    "/v1/population-runs": (5, "a page of the operator's: runs, their operations, rule sets and clearing"),
    "/v1/population-runs/{run_id}": (4, "a page of the operator's: its operation, rule sets and clearing"),
    "/v1/population-runs/{run_id}/results/{policy}/{uscc}": (6, "an explanation is reckoned anew when it is asked for"),
}
"""Reads of more than one statement: how many, and why."""


@dataclass(frozen=True)
class Filled:
    """A service with rows behind each of its reads.

    Attributes:
        service: the service.
        values: name in a path → the SQL that tells a value.
        bank: the bank that reads what only a bank may.
    """

    service: RunningService
    values: Mapping[str, str]
    bank: str | None = None


async def finance(stack: AsyncExitStack, postgres: DatabaseServer) -> Filled:
    """Finance with two loans, the first drawn, covered and repaid in part, cover that waits, and an LPR of its own."""
    world = Finance(await stack.enter_async_context(running_service("finance", postgres)))
    told = await two_loans(world)
    drawdown = await world.draw(told["loan"]["id"], amount_fen=WAN, note_no="JJ-002")
    assert (await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover")).status_code == 201
    assert (await record(world)).status_code == 201
    (application, *_) = await world.service.rows(f"SELECT id FROM loan_application WHERE bank_uscc = '{BANK_A}'")
    done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
    values = {
        "loan_id": "SELECT id FROM loan WHERE drawn_fen > 0",
        "drawdown_id": "SELECT id FROM drawdown",
        "evaluation_id": "SELECT id FROM kv_evaluation",
        "uscc": f"SELECT '{FIRM}'",
        "consent_id": f"SELECT id FROM consent WHERE bank_uscc = '{BANK_A}'",
        "application_id": f"SELECT id FROM loan_application WHERE bank_uscc = '{BANK_A}'",
        "cover_id": "SELECT id FROM cover",
        "unit_id": "SELECT unit_id FROM fund_account",
    }
    return Filled(world.service, values, BANK_A)


async def registry(stack: AsyncExitStack, postgres: DatabaseServer) -> Filled:
    """The registry with firms, filings, titles, an application and a run over all firms."""
    world = Registry(await stack.enter_async_context(running_service("registry", postgres)))
    await some_firms(world)
    assert (await world.city.post("/v1/population-runs", json={})).status_code == 202
    await world.service.run_job("population_run")
    values = {
        "uscc": "SELECT uscc FROM filing ORDER BY year LIMIT 1",
        "application_id": "SELECT id FROM register_application",
        "evaluation_id": "SELECT id FROM tech_sme_evaluation",
        "run_id": "SELECT run_id FROM population_result LIMIT 1",
        "policy": "SELECT policy FROM population_result ORDER BY policy LIMIT 1",
    }
    return Filled(world.service, values)


async def techtransfer(stack: AsyncExitStack, postgres: DatabaseServer) -> Filled:
    """Techtransfer with two achievements and two needs, of each one that waits for its review."""
    market = await stack.enter_async_context(open_market(postgres))
    for noun in ("achievements", "needs"):
        await market.published(noun)
        draft = await market.draft(noun, title="另一项")
        await ok(market.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
    values = {
        "achievement_id": "SELECT id FROM achievement WHERE status = 'PUBLISHED'",
        "need_id": "SELECT id FROM need WHERE status = 'PUBLISHED'",
        "uscc": "SELECT party_uscc FROM need",
    }
    return Filled(market.service, values)


async def ipr(stack: AsyncExitStack, postgres: DatabaseServer) -> Filled:
    """Ipr with some rights, one of them in dispute and one declared, and an application whose sheet is open."""
    service = await stack.enter_async_context(running_service("ipr", postgres))
    await blemished(service)
    await register(firm(service), right_no="202210000123.X")
    await service.deliver(submitted())
    await service.deliver(granted("EVALUATION_RESULT", "IP_PORTFOLIO"))
    values = {
        "right_id": "SELECT id FROM ip_right WHERE kind = 'INVENTION'",
        "uscc": "SELECT uscc FROM ip_right_owner",
        "application_id": f"SELECT '{APPLICATION}'",
    }
    return Filled(service, values, SHEET_BANK)


FILLED = {"finance": finance, "registry": registry, "techtransfer": techtransfer, "ipr": ipr}


@pytest.fixture(scope="module")
async def opened(postgres: DatabaseServer) -> AsyncIterator[dict[str, Filled]]:
    """Each service with rows behind each of its reads."""
    async with AsyncExitStack() as stack:
        yield {name: await FILLED[name](stack, postgres) for name in SERVICES}


def reads_of(document: dict[str, Any]) -> list[str]:
    """Return the paths of all reads of rows."""
    paths = [path for path, operations in document["paths"].items() if path.startswith("/v1/") and "get" in operations]
    return [path for path in paths if not path.startswith(tuple(PASSED_OVER))]


async def address(filled: Filled, path: str) -> str:
    """Return a path with a value for each of its names."""
    found = path
    for name in re.findall(r"{(\w+)}", path):
        (row, *_) = await filled.service.rows(filled.values[name])
        found = found.replace(f"{{{name}}}", str(next(iter(row.values()))))
    return found


async def asked(filled: Filled, path: str) -> httpx.AsyncClient:
    """Return who reads a path: the city, or the bank where only a bank may."""
    city = caller(filled.service, Role.CITY, "city")
    if (await city.get(path)).status_code != FORBIDDEN:
        return city
    return caller(filled.service, Role.BANK, "bank", party=filled.bank)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_read_is_one_statement_and_more_only_where_it_is_said_why(name: str, opened: dict[str, Filled]) -> None:
    filled, found = opened[name], {}
    paths = reads_of(application(name).openapi())
    assert len(paths) > 0
    for path in paths:
        target = await address(filled, path)
        client = await asked(filled, target)
        async with watched(filled.service) as seen:
            answer = await client.get(target)
        assert answer.status_code == 200, (path, answer.text)
        rows = answer.json().get("items")
        assert rows is None or rows, f"{path}: the test needs a row of it"
        found[path] = (len(seen.made), bool(seen.frames))
    several = {path: made for path, (made, _) in found.items() if made > 1}
    assert several == {path: made for path, (made, _) in MORE.items() if path in found}
    framed = {path for path, (_, is_framed) in found.items() if is_framed}
    assert framed == {path for path in LEAVES_A_ROW if path in found}


def test_what_is_said_of_a_read_is_said_of_one_that_is_there() -> None:
    paths = {path for name in SERVICES for path in reads_of(application(name).openapi())}
    assert MORE.keys() <= paths
    assert paths >= LEAVES_A_ROW

"""Every export of every service, found from its description: typed cells, words, a frozen head, and a CSV beside it."""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import httpx
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from shared.kernel.actor import Role
from shared.web.edge import PUBLIC, EdgeRoute
from tests.service.bus.test_dead_letter_routes import operator, parked
from tests.service.finance.test_lists import two_loans
from tests.service.finance.test_lpr import record
from tests.service.finance.world import WAN
from tests.service.finance.world import World as Finance
from tests.service.ipr.test_lists import SCOPES as IPR_SCOPES
from tests.service.ipr.test_lists import blemished
from tests.service.ipr.test_rights import register
from tests.service.ipr.test_work_items import firm
from tests.service.registry.test_lists import some_firms
from tests.service.registry.world import World as Registry
from tests.service.techtransfer.conftest import READ, ok, open_market
from tests.support.contracts import SERVICES, application
from tests.support.lists import exported_nouns
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
AMOUNT = re.compile(r"-?\d+\.\d{2}")
RATE = re.compile(r"-?\d+(\.\d+)?%")
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
AUDIT = "audit/"
IS_ID = " id of the "
"""What the auditor finds in the logs has such a heading."""
WORK, WORK_LISTS = "work.item:read", "work-items/"
Client = Callable[[str], httpx.AsyncClient]


async def with_letter(service: RunningService, others: Client) -> Client:
    """Give up on a message, and let the operator take the dead letters away, the auditor what was noted of all."""
    await parked(service, b"{}", handler=f"{service.name}.gone")
    mine, auditor = operator(service), service.client(Role.AUDITOR, scopes=["audit.entry:read"])
    theirs = {"dead-letters": mine, "audit": auditor}
    return lambda noun: theirs.get(noun.partition("/")[0]) or others(noun)


def enumerated(document: dict[str, Any]) -> set[str]:
    """Return every value of every enumeration that programs read: none of them is for people."""
    shapes = list(document["components"]["schemas"].values())
    told = [*shapes, *(part for shape in shapes for part in shape.get("properties", {}).values())]
    values = {value for part in told for value in part.get("enum", ()) if isinstance(value, str)}
    return values - set(Role)  # a client may be named like a role


async def finance(stack: AsyncExitStack, postgres: DatabaseServer) -> Client:
    """Finance with one row in each of its lists."""
    world = Finance(await stack.enter_async_context(running_service("finance", postgres)))
    told = await two_loans(world)
    await world.apply(told["application"]["evaluation_id"], amount_fen=WAN)  # waits for its bank
    assert (await record(world)).status_code == 201
    return await with_letter(
        world.service, lambda noun: world.manager if noun.startswith(("fund", "covers")) else world.city
    )


async def registry(stack: AsyncExitStack, postgres: DatabaseServer) -> Client:
    """The registry with one row in each of its lists."""
    world = Registry(await stack.enter_async_context(running_service("registry", postgres)))
    await some_firms(world)
    assert (await world.city.post("/v1/population-runs", json={})).status_code == 202
    await world.service.run_job("population_run")
    return await with_letter(world.service, lambda _: world.city)


async def techtransfer(stack: AsyncExitStack, postgres: DatabaseServer) -> Client:
    """Techtransfer with one achievement, one need, and one that waits for its review."""
    market = await stack.enter_async_context(open_market(postgres))
    await market.published()
    await market.published("needs")
    draft = await market.draft(title="另一项")
    await ok(market.firm.post(f"/v1/achievements/{draft['id']}:submit"))
    city = market.service.client(Role.CITY, scopes=[READ, WORK])
    return await with_letter(market.service, lambda noun: city if noun.startswith(WORK_LISTS) else market.firm)


async def ipr(stack: AsyncExitStack, postgres: DatabaseServer) -> Client:
    """Ipr with some rights, one of them in dispute and one that waits for its attestation."""
    service = await stack.enter_async_context(running_service("ipr", postgres))
    await blemished(service)
    await register(firm(service), right_no="202210000123.X")
    return await with_letter(service, lambda _: service.client(Role.IP_CENTRE, scopes=[*IPR_SCOPES, WORK]))


FILLED = {"finance": finance, "registry": registry, "techtransfer": techtransfer, "ipr": ipr}


@pytest.fixture(scope="module")
async def opened(postgres: DatabaseServer) -> AsyncIterator[dict[str, tuple[Client, list[str], set[str]]]]:
    """Each service with rows in all its lists: its clients, its exports, and the values that programs read."""
    async with AsyncExitStack() as stack:
        found = {}
        for name in SERVICES:
            document = application(name).openapi()
            found[name] = (await FILLED[name](stack, postgres), exported_nouns(document), enumerated(document))
        yield found


def check_sheet(sheet: Any, noun: str) -> None:
    """A workbook as people use it: the head stays and filters, each column is as wide as it needs."""
    last = get_column_letter(sheet.max_column)
    assert sheet.freeze_panes == "A2", noun
    assert sheet.auto_filter.ref == f"A1:{last}{sheet.max_row}", noun
    for place in range(1, sheet.max_column + 1):
        assert 8 <= sheet.column_dimensions[get_column_letter(place)].width <= 48, (noun, place)


def check_cell(heading: str, cell: Any, text: str, values: set[str]) -> None:
    """A cell has the type of what the CSV writes in its place, and says what people say."""
    told = (heading, text, cell.value, cell.number_format)
    if not text:
        assert cell.value is None, told
    elif DAY.fullmatch(text):
        assert (type(cell.value), cell.number_format) == (datetime, "yyyy-mm-dd"), told
    elif INSTANT.fullmatch(text):
        assert (type(cell.value), cell.number_format) == (datetime, "yyyy-mm-dd hh:mm:ss"), told
    elif "（元）" in heading:
        assert AMOUNT.fullmatch(text), told
        assert (cell.data_type, cell.number_format) == ("n", "#,##0.00"), told
        assert float(text) == pytest.approx(cell.value), told
    elif RATE.fullmatch(text) and cell.data_type == "n":
        assert cell.number_format == "0.00##%", told
    for one in str(cell.value if text else "").split("；"):
        assert one not in values, f"{told}: a code where people read words"
        assert IS_ID in heading or not UUID_TEXT.fullmatch(one), f"{told}: an id is of no use to people"


@pytest.mark.parametrize("name", SERVICES)
async def test_every_export_opens_with_typed_cells_words_and_a_frozen_head(
    name: str, opened: dict[str, tuple[Client, list[str], set[str]]]
) -> None:
    client, nouns, values = opened[name]
    assert len(nouns) > 0
    for noun in nouns:
        asked = {"sort": "OLDEST"} if noun.startswith(AUDIT) else {}
        book = await client(noun).get(f"/v1/exports/{noun}.xlsx", params=asked)
        assert book.status_code == 200, (noun, book.text)
        sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
        plain = await client(noun).get(f"/v1/exports/{noun}.csv", params=asked)
        lines = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
        if noun.startswith(AUDIT):
            # That the workbook was taken away is noted behind all that it tells.
            assert any(text.endswith(".export") for text in lines.pop())
        check_sheet(sheet, noun)
        assert len(lines) > 1, f"{noun}: the test needs a row of it"
        assert [cell.value for cell in sheet[1]] == lines[0], noun
        assert all(re.search(r"[\u4e00-\u9fff].* .*[a-zA-Z]", title) for title in lines[0]), lines[0]
        assert sheet.max_row == len(lines), noun
        for row, line in zip(sheet.iter_rows(min_row=2), lines[1:], strict=True):
            for heading, cell, text in zip(lines[0], row, line, strict=True):
                check_cell(heading, cell, text, values)


@pytest.mark.parametrize("name", SERVICES)
def test_every_export_whose_caller_has_a_name_is_recorded(name: str) -> None:
    exports = [
        one for one in application(name).routes if isinstance(one, EdgeRoute) and one.path.startswith("/v1/exports/")
    ]
    assert exports
    unrecorded = [one.path for one in exports if not one.edge_rule.audited]
    public = [one.path for one in exports if one.edge_rule.scope == PUBLIC]
    assert unrecorded == public == (["/v1/exports/holiday-notices.{file_format}"] if name == "registry" else [])


@pytest.mark.parametrize(
    ("heading", "value", "text", "shown"),
    [
        ("到期日 day", "2026-01-01", "2026-01-01", "@"),
        ("金额（元） amount (yuan)", "100.00", "100.00", "@"),
        ("金额（元） amount (yuan)", 100, "10000", "#,##0.00"),
        ("状态 status", "SIGNED", "SIGNED", "@"),
        ("编号 id", "019e8600-0000-7000-8000-000000000f01", "019e8600-0000-7000-8000-000000000f01", "@"),
    ],
)
def test_an_untyped_cell_a_code_and_an_id_would_be_found(heading: str, value: Any, text: str, shown: str) -> None:
    sheet = openpyxl.Workbook().create_sheet()
    cell = sheet.cell(1, 1, value)
    cell.number_format = shown
    with pytest.raises(AssertionError):
        check_cell(heading, cell, text, {"SIGNED"})

"""Lists of the registry: what a clerk filters and sorts by, what is taken away, and that it comes back unchanged."""

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from tests.service.registry.test_import import CSV, XLSX, imported, report
from tests.service.registry.world import EVIDENCE, OTHER_UNIT, UNIT, World, made_up_code

NAME = "示例（重庆）AI科技有限公司"


async def some_firms(world: World) -> None:
    """Three firms in two units; the first has filed, holds a title and applied for the register."""
    await world.registered(1, name=NAME, registered_capital_fen=1_234_567_890, founder_type="RESEARCHER")
    await world.registered(2, unit_id=OTHER_UNIT, legal_form="JOINT_STOCK", founded_on="2020-02-29", key_field=None)
    await world.registered(3)
    await world.filed(1, 2024)
    await world.filed(1, 2025)
    title = {"kind": "HNTE", "number": "GR202551100001", "valid_from_on": "2025-01-01", "evidence": EVIDENCE}
    answer = await world.city.post(f"/v1/enterprises/{made_up_code(1)}/qualifications", json=title)
    assert answer.status_code == 201, answer.text
    applied = await world.enterprise().post("/v1/register-applications", json={"uscc": made_up_code(1)})
    assert applied.status_code == 201, applied.text
    await world.enterprise().post("/v1/tech-sme-evaluations", json={"uscc": made_up_code(1)})


async def found(client: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    """Return the items of a list."""
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_enterprises_are_found_however_their_name_is_typed(world: World) -> None:
    await some_firms(world)
    for typed in ("示例(重庆)", "ai科技", "ＡＩ", "示例 重庆", made_up_code(1).lower()):
        assert [one["uscc"] for one in await found(world.city, "/v1/enterprises", q=typed)] == [made_up_code(1)], typed
    both = await found(world.city, "/v1/enterprises", legal_form=["JOINT_STOCK", "LIMITED"], sort="CODE")
    assert [one["uscc"] for one in both] == sorted(made_up_code(number) for number in (1, 2, 3))
    young = await found(world.city, "/v1/enterprises", founded_from_on="2020-02-29", founded_until_on="2020-02-29")
    assert [one["uscc"] for one in young] == [made_up_code(2)]


@pytest.mark.parametrize(
    "path", ["/v1/filings", "/v1/qualifications", "/v1/register-applications", "/v1/tech-sme-evaluations"]
)
async def test_a_clerk_sees_the_firms_of_the_own_unit_with_their_names(world: World, path: str) -> None:
    await some_firms(world)
    rows = await found(world.district(), path, q="ai科技")
    assert rows
    assert {(one["uscc"], one["name"]) for one in rows} == {(made_up_code(1), NAME)}
    assert await found(world.district(OTHER_UNIT), path) == []
    assert await found(world.city, path, unit_id=OTHER_UNIT) == []
    assert await found(world.city, path, uscc=made_up_code(3)) == []


async def test_what_is_due_first_comes_first_and_a_title_without_end_last(world: World) -> None:
    await some_firms(world)
    ending = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-01-01", "evidence": EVIDENCE}
    answer = await world.city.post(f"/v1/enterprises/{made_up_code(3)}/qualifications", json=ending)
    assert answer.status_code == 201, answer.text
    whole = await found(world.city, "/v1/qualifications", sort="DUE")
    ends = [one["valid_until_on"] for one in whole]
    assert ends == sorted(ends, key=lambda on: on or "9999")
    first = (await world.city.get("/v1/qualifications?sort=DUE&limit=1")).json()
    rest = await found(world.city, "/v1/qualifications", sort="DUE", limit=1, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest] == [one["id"] for one in whole]


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_an_exported_list_comes_back_as_an_import_that_changes_nothing(world: World, media_type: str) -> None:
    await some_firms(world)
    ending = "csv" if media_type == CSV else "xlsx"
    for kind, rows in (("enterprises", 3), ("filings", 2)):
        content = (await world.city.get(f"/v1/exports/{kind}.{ending}")).content
        read = await imported(world, content, kind=kind, media_type=media_type)
        counts = read["result"]
        assert (counts["unchanged"], counts["refused"]) == (rows, 0), (counts, await report(world, read))


async def test_an_export_shows_words_dates_and_yuan(world: World) -> None:
    await some_firms(world)
    sheet = openpyxl.load_workbook(
        io.BytesIO((await world.city.get("/v1/exports/enterprises.xlsx")).content)
    ).worksheets[0]
    head = {str(cell.value).split()[0]: place for place, cell in enumerate(sheet[1])}
    row = next(row for row in sheet.iter_rows(min_row=2) if row[head["企业名称"]].value == NAME)
    assert row[head["企业类型"]].value == "有限责任公司"
    assert row[head["区县"]].value == "九龙坡区"
    assert row[head["重点领域"]].value == "新一代信息技术"
    assert row[head["成立日期"]].value == datetime.fromisoformat("2018-05-01")
    capital = row[head["注册资本（元）"]]
    assert (capital.value, capital.number_format) == (12_345_678.9, "#,##0.00")
    for noun in ("qualifications", "register-applications", "tech-sme-evaluations", "filings"):
        answer = await world.city.get(f"/v1/exports/{noun}.xlsx")
        opened = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
        assert opened.max_row > 1, noun
        assert opened.freeze_panes == "A2"


async def test_a_line_with_an_odd_unit_is_refused_until_the_list_says_it_was_checked(world: World) -> None:
    await some_firms(world)
    text = (await world.city.get("/v1/exports/filings.csv", params={"year": 2025})).content.decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(text)))
    place = next(place for place, title in enumerate(head) if title.startswith("营业收入"))
    row[place] = str(float(row[place]) * 10_000)

    def table(*more: tuple[str, str]) -> bytes:
        target = io.StringIO()
        csv.writer(target).writerows([[*head, *(one[0] for one in more)], [*row, *(one[1] for one in more)]])
        return target.getvalue().encode()

    read = await imported(world, table(), kind="filings")
    assert read["result"]["refused"] == 1
    assert {one["code"] for one in await report(world, read)} >= {"filing_unit_unconfirmed"}
    read = await imported(world, table(("金额单位已核对", "是")), kind="filings")
    assert (read["result"]["refused"], read["result"]["updated"]) == (0, 1), await report(world, read)


async def test_a_stranger_takes_nothing_away(world: World) -> None:
    await some_firms(world)
    for noun in ("enterprises", "filings", "qualifications", "register-applications", "tech-sme-evaluations"):
        for stranger in (world.district(OTHER_UNIT), world.enterprise(3)):
            answer = await stranger.get(f"/v1/exports/{noun}.csv")
            assert answer.status_code == 200
            assert made_up_code(1) not in answer.text, noun
    assert (await world.city.get("/v1/exports/filings.csv?unit=1")).status_code == 422
    assert UNIT != OTHER_UNIT


@pytest.mark.parametrize("year", [2**31, -(2**31) - 1, 10**20])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/filings", "year"),
        ("/v1/exports/filings.csv", "year"),
        ("/v1/tech-sme-evaluations", "filing_year"),
        ("/v1/exports/tech-sme-evaluations.xlsx", "filing_year"),
    ],
)
async def test_a_number_that_no_row_can_have_is_refused_and_is_no_fault_of_ours(
    world: World, path: str, name: str, year: int
) -> None:
    answer = await world.city.get(path, params={name: year})
    assert (answer.status_code, answer.json()["code"]) == (422, "field_invalid"), answer.text
    assert (await world.city.get(path, params={name: 2**31 - 1})).status_code == 200

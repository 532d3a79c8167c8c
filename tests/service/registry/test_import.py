import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import Workbook
from sqlalchemy import text

from shared.db.operation import claim_operation
from shared.kernel.actor import system_actor
from tests.service.registry.world import FILING, OTHER_UNIT, UNIT, World, made_up_code
from tests.support.workbook import inline_workbook, part_of, with_part

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "companies" / "chongqing_sample_2000.csv"
HEADING = "name,uscc,registered_on,company_type,capital,district"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def imported(
    world: World, content: bytes, *, kind: str = "enterprises", media_type: str = CSV, client: Any = None
) -> dict[str, Any]:
    """Upload a list, let the job work and return the import."""
    client = client or world.city
    answer = await client.post(f"/v1/imports/{kind}", files={"file": ("list.csv", content, media_type)})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "QUEUED"
    await world.service.run_job(f"import_{kind}")
    read: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    return read


async def report(world: World, read: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the whole report, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        answer = (await world.city.get(read["report"], params=params)).json()
        items += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            return items


def lines(*rows: str) -> bytes:
    """Return a list as UTF-8 CSV."""
    return "\n".join([HEADING, *rows]).encode()


async def test_good_rows_are_kept_and_each_bad_one_names_line_column_and_way_out(world: World) -> None:
    good, wrong = made_up_code(1), made_up_code(2)
    wrong = wrong[:-1] + ("0" if wrong[-1] != "0" else "1")
    read = await imported(
        world,
        lines(
            f'示例一,{good},2015-01-02,有限责任公司,"7,278(万人民币元)",九龙坡',
            f"示例二,{wrong},2015-01-02,个人独资企业,10(万美元),渝北",
            "示例三,92500107MA00000018,2015-01-02,个体工商户,N/A,渝中",
            f"示例四,{made_up_code(4)},2015-13-02,N/A,N/A,不知道",
            f"示例五,{good},2015-01-02,N/A,N/A,渝中",
        ),
    )
    assert (read["status"], read["done"], read["total"]) == ("DONE", 5, 5)
    result = read["result"]
    assert [result[name] for name in ("rows", "created", "updated", "unchanged", "refused", "flagged")] == [
        5, 2, 0, 0, 3, 1,
    ]  # fmt: skip
    found = {(row["line"], row["code"], row["column"]) for row in await report(world, read)}
    assert found == {
        (3, "code_check_failed", "uscc"),
        (3, "no_legal_person", "company_type"),
        (3, "unit_succeeded", "district"),
        (3, "amount_foreign", "capital"),
        (4, "code_not_company", "uscc"),
        (4, "no_legal_person", "company_type"),
        (5, "unit_unknown", "district"),
        (5, "date_invalid", "registered_on"),
        (6, "row_repeated", "uscc"),
    }
    for row in await report(world, read):
        assert row["text_zh"]
        assert row["way_out_zh"]
        assert row["text_en"]
        assert row["way_out_en"]
    first = (await world.city.get(f"/v1/enterprises/{good}")).json()
    assert (first["registered_capital_fen"], first["founded_on"], first["unit_id"]) == (
        7_278_000_000,
        "2015-01-02",
        UNIT,
    )
    second = (await world.city.get(f"/v1/enterprises/{wrong}")).json()
    assert (second["code_needs_review"], second["unit_id"], second["legal_form"]) == (
        True,
        "CQ-LJ",
        "SOLE_PROPRIETORSHIP",
    )


async def test_the_same_list_again_changes_nothing_and_tells_nobody(world: World) -> None:
    content = lines(*(f"示例{number},{made_up_code(number)},2015-01-02,N/A,N/A,渝中" for number in range(1, 6)))
    await imported(world, content)
    told = len(await world.service.events("registry.enterprise.changed.v1"))
    again = await imported(world, content)
    assert (again["result"]["unchanged"], again["result"]["created"]) == (5, 0)
    assert len(await world.service.events("registry.enterprise.changed.v1")) == told == 5


async def test_a_list_told_again_does_not_undo_what_was_corrected_here(world: World) -> None:
    code = made_up_code(1)
    content = lines(f"示例,{code},2015-01-02,N/A,N/A,渝中")
    await imported(world, content)
    await world.city.patch(f"/v1/enterprises/{code}", json={"name": "更正后"}, headers={"if-match": '"v1"'})
    await imported(world, content)
    assert (await world.city.get(f"/v1/enterprises/{code}")).json()["name"] == "更正后"


async def test_a_changed_line_updates_what_it_tells_and_keeps_the_rest(world: World) -> None:
    code = await world.registered()
    read = await imported(world, lines(f"示例改名,{code},N/A,N/A,N/A,渝中"))
    assert read["result"]["updated"] == 1
    firm = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert (firm["name"], firm["unit_id"], firm["founded_on"], firm["legal_form"]) == (
        "示例改名",
        OTHER_UNIT,
        "2018-05-01",
        "LIMITED",
    )


async def test_a_district_imports_into_its_own_unit_only(world: World) -> None:
    other = await world.registered(9, unit_id=OTHER_UNIT)
    content = lines(
        f"示例一,{made_up_code(1)},N/A,N/A,N/A,九龙坡",
        f"示例二,{made_up_code(2)},N/A,N/A,N/A,渝中",
        f"示例九,{other},N/A,N/A,N/A,九龙坡",
    )
    read = await imported(world, content, client=world.district())
    assert (read["result"]["created"], read["result"]["refused"]) == (1, 2)
    assert read["result"]["findings"]["unit_not_yours"]["count"] == 2
    assert (await world.district(OTHER_UNIT).get(f"/v1/imports/enterprises/{read['id']}")).status_code == 404


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
async def test_lists_in_the_encodings_of_offices_are_read(world: World, encoding: str) -> None:
    content = f"企业名称,统一社会信用代码,区县\n示例科技,{made_up_code(1)},重庆市九龙坡区\n".encode(encoding)
    read = await imported(world, content)
    assert read["result"]["created"] == 1, read
    assert (await world.city.get(f"/v1/enterprises/{made_up_code(1)}")).json()["name"] == "示例科技"


async def test_a_list_without_rows_fails_with_a_code(world: World) -> None:
    read = await imported(world, b"\n")
    assert (read["status"], read["error"]) == ("FAILED", "table_empty")


async def test_an_import_goes_on_behind_its_last_commit(world: World) -> None:
    world.service.app.state.settings = world.service.app.state.settings.model_copy(update={"import_batch_rows": 2})
    rows = [f"示例{number},{made_up_code(number)},N/A,N/A,N/A,渝中" for number in range(1, 6)]
    rows.append(rows[0])
    answer = await world.city.post("/v1/imports/enterprises", files={"file": ("list.csv", lines(*rows), CSV)})
    service = world.service
    async with service.db.transaction(actor=system_actor("registry"), clock=service.clock) as tx:
        operation = await claim_operation(tx, "import_enterprises")
    assert operation is not None
    await service.run_job("import_enterprises")
    whole = (await world.city.get(answer.headers["location"])).json()["result"]
    # Put the clock of the work back to its first batch, as a crash after that commit would leave it.
    await service.tamper("DELETE FROM line_finding")
    async with service.db.engine.begin() as connection:
        partial = {**whole, "rows": 2, "created": 2, "refused": 0, "unchanged": 0, "findings": {}}
        await connection.execute(
            text("UPDATE operation SET state = 'RUNNING', done = 2, result = CAST(:result AS jsonb)"),
            {"result": orjson.dumps(partial).decode()},
        )
    await service.run_job("import_enterprises")
    after = (await world.city.get(answer.headers["location"])).json()
    assert (after["status"], after["done"]) == ("DONE", 6)
    assert (after["result"]["rows"], after["result"]["created"], after["result"]["unchanged"]) == (6, 2, 3)
    assert after["result"]["findings"]["row_repeated"]["count"] == 1


async def test_filings_are_imported_under_the_same_checks_as_the_form(world: World) -> None:
    for number in (1, 2):
        await world.registered(number)
    names = [name for name in FILING if not name.endswith("_fen")]
    money = ["营业收入（万元）", "成本费用支出（元）", "assets_yuan", "rd_expense_fen", "super_deduction_fen"]
    heading = ["uscc", "year", *names, *money]

    def row(code: str, year: int, **changes: object) -> str:
        cells = {
            "uscc": code, "year": year, **{name: FILING[name] for name in names},
            **dict(zip(money, (5000, "40000000.00", 60_000_000, 300_000_000, "N/A"), strict=True)), **changes,
        }  # fmt: skip
        return ",".join(str(cells[name]) for name in heading)

    content = "\n".join(
        [
            ",".join(heading),
            row(made_up_code(1), 2025),
            row(made_up_code(2), 2025, rd_staff=101),
            row(made_up_code(3), 2025),
            row(made_up_code(2), 2026),
            row(made_up_code(2), 2024, **{"成本费用支出（元）": "1.005"}),
        ]
    ).encode()
    read = await imported(world, content, kind="filings")
    assert (read["result"]["created"], read["result"]["refused"]) == (1, 4), await report(world, read)
    assert {(one["line"], one["code"], one["column"]) for one in await report(world, read)} == {
        (3, "filing_refused", "rd_staff"),
        (4, "enterprise_unknown", "uscc"),
        (5, "filing_year_not_open", "year"),
        (6, "cell_invalid", "成本费用支出（元）"),
    }
    (event,) = await world.service.events("registry.filing.accepted.v1")
    assert (event.data.revenue_fen, event.data.cost_expense_fen, event.data.assets_fen) == (
        5_000_000_000,
        4_000_000_000,
        6_000_000_000,
    )
    assert event.data.super_deduction_fen is None
    again = await imported(world, content, kind="filings")
    assert (again["result"]["unchanged"], again["result"]["created"]) == (1, 0)
    assert len(await world.service.events("registry.filing.accepted.v1")) == 1


async def test_the_report_can_be_taken_away_as_a_table(world: World) -> None:
    read = await imported(world, lines("示例,坏,N/A,N/A,N/A,渝中"))
    table = (await world.city.get(read["report"], params={"format": "csv"})).content.decode("utf-8-sig")
    assert "code_malformed" in table
    assert (await world.city.get(read["report"], params={"format": "xlsx"})).content.startswith(b"PK")


def _as_xlsx(content: bytes) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in csv.reader(io.StringIO(content.decode("utf-8"))):
        # A spreadsheet cannot hold control characters or lone private marks; damage stays visible as U+FFFD.
        sheet.append(
            ["".join(mark if mark.isprintable() or mark == "\n" else "\ufffd" for mark in cell) for cell in row]
        )
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.sample
@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_the_real_sample_of_2000_companies_gives_the_known_report(world: World, media_type: str) -> None:
    if not SAMPLE.exists():
        pytest.skip("the sample of companies lies outside the repository: ../shared/data/companies")
    content = SAMPLE.read_bytes()
    content = content if media_type == CSV else _as_xlsx(content)
    read = await imported(world, content, media_type=media_type)
    assert read["status"] == "DONE", read
    result = read["result"]
    found = result["findings"]
    assert result["rows"] == 2000
    assert found["row_damaged"]["count"] == 2
    assert found["code_not_company"] == {"count": 21, "groups": {"92": 18, "81": 2, "12": 1}, "labels": {}}
    # By type 71: 15 branches, 33 sole proprietorships, 7 partnerships, 16 individual businesses (their type was unknown
    # before). By name alone, where the type says N/A: 82 branches and 2 partnerships.
    kinds = {"BRANCH": 97, "SOLE_PROPRIETORSHIP": 33, "PARTNERSHIP": 9, "INDIVIDUAL_BUSINESS": 16}
    assert (found["no_legal_person"]["count"], found["no_legal_person"]["groups"]) == (155, kinds)
    assert found["no_legal_person"]["labels"]["SOLE_PROPRIETORSHIP"]["zh"] == "个人独资企业"
    assert found["unit_mapped"] == {"count": 60, "groups": {"北部新区": 38, "万盛": 18, "双桥": 4}, "labels": {}}
    assert found["unit_unknown"] == {"count": 10, "groups": {"N/A": 9, "damaged": 1}, "labels": {}}
    assert found["unit_mapped"]["count"] + found["unit_unknown"]["count"] == 70
    assert found["unit_succeeded"] == {"count": 241, "groups": {"江北": 113, "渝北": 128}, "labels": {}}
    # Left out: 2 damaged, 21 other bodies, 8 further lines whose district says N/A; one line is two of these at once.
    refused = await world.service.rows("SELECT DISTINCT line FROM line_finding WHERE gravity = 'REFUSED'")
    assert result["refused"] == len(refused)
    assert result["created"] == 2000 - len(refused)
    (stored,) = await world.service.rows("SELECT count(*) AS n FROM enterprise")
    assert stored["n"] == result["created"]
    told = await world.service.rows("SELECT count(*) FROM outbox_event")
    again = await imported(world, content, media_type=media_type)
    assert (again["result"]["unchanged"], again["result"]["created"], again["result"]["updated"]) == (
        result["created"],
        0,
        0,
    )
    assert await world.service.rows("SELECT count(*) FROM outbox_event") == told


async def test_a_name_changed_by_a_list_is_told_and_kept_as_one_changed_by_a_form(world: World) -> None:
    by_list, by_form = await world.registered(1), await world.registered(2)
    read = await imported(world, lines(f"示例新名,{by_list},N/A,N/A,N/A,九龙坡"))
    assert (read["result"]["updated"], read["result"]["flagged"]) == (1, 1)
    [told] = await report(world, read)
    assert (told["code"], told["value"]) == ("name_changed", "示例新名")
    path = f"/v1/enterprises/{by_form}"
    changed = await world.city.patch(path, json={"name": "示例新名"}, headers={"if-match": '"v1"'})
    assert changed.status_code == 200
    kept = await world.service.rows("SELECT subject, detail FROM audit_entry WHERE action = 'enterprise.rename'")
    names = {row["subject"]: (row["detail"]["from"], row["detail"]["to"]) for row in kept}
    assert names == {
        f"enterprise/{by_list}": ("示例科技有限公司1", "示例新名"),
        f"enterprise/{by_form}": ("示例科技有限公司2", "示例新名"),
    }


async def test_a_damaged_workbook_names_each_row_that_may_have_lost_a_cell(world: World) -> None:
    heading = ["企业名称", "统一社会信用代码", "区县", "注册资本（元）"]
    rows = [[f"示例{number}", made_up_code(number), "渝中", "1000"] for number in range(1, 7)]
    content = inline_workbook([heading, *rows])
    sheet = part_of(content)
    for before, after in (
        (b'r="B3"', b'r="A3"'),
        (b'<c r="D4" t="inlineStr"><is><t>1000</t></is></c>', b'<c r="D4" t="e"><v>#N/A</v></c>'),
        (b'<row r="6">', b'<row r="5">'),
    ):
        assert before in sheet
        sheet = sheet.replace(before, after)
    read = await imported(world, with_part(content, sheet), media_type=XLSX)
    assert (read["status"], read["total"], read["result"]["created"]) == ("DONE", 6, 2), read
    told = {one["line"]: one for one in await report(world, read) if one["gravity"] == "REFUSED"}
    assert {line: (one["code"], one["column"]) for line, one in told.items()} == {
        3: ("row_damaged", ""),
        4: ("row_damaged", "注册资本（元）"),
        5: ("row_damaged", ""),
        6: ("row_damaged", ""),
    }
    assert "错误值" in told[4]["text_zh"]
    assert told[4]["value"] == "#N/A"
    assert read["result"]["lines"] == {"in_file": 7, "above": 0, "heading": 1, "blank": 0, "rows": 6, "further": 0}

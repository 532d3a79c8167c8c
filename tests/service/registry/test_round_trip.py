"""What the registry gives away it takes back: exports, templates and corrected lists; rehearsals write nothing."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from services.registry.enterprise.rules.enterprise_list import FORM
from shared.files.media_type import CSV, XLSX
from shared.files.template import template_csv
from tests.service.registry.test_import import imported, lines, report
from tests.service.registry.world import FILING, OTHER_UNIT, World, made_up_code
from tests.support.listing import as_csv, as_xlsx

NAMES = ["示例科技（重庆）有限公司", "=示例", "'-示例", "ＡＢＣ示例", '示例, 逗号"引号"', "𠮷示例㐂", "+86示例"]


async def city_of_firms(world: World) -> None:
    """Register firms of every kind that the export may hold."""
    forms = ("LIMITED", "JOINT_STOCK", "BRANCH", "REPRESENTATIVE_OFFICE", "UNINCORPORATED", "UNKNOWN")
    for number, name in enumerate(NAMES, 1):
        await world.registered(
            number,
            name=name,
            legal_form=forms[number % len(forms)],
            registered_capital_fen=None if number % 3 == 0 else 10_000_000_00 + number,
            founded_on=None if number % 4 == 0 else f"2018-05-{number:02d}",
            key_field=(None, "BIOMED", "CARBON", "NEICV")[number % 4],
            founder_type=(None, "RETURNEE", "OTHER")[number % 3],
            industry_code=None if number % 5 == 0 else "C3491",
            address=None if number % 2 else "重庆市九龙坡区示例路1号",
            unit_id=("500107", OTHER_UNIT, "CQ-LJ", "CQ-GX")[number % 4],
        )


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_the_export_of_enterprises_comes_back_unchanged(world: World, ending: str, media_type: str) -> None:
    await city_of_firms(world)
    taken = await world.city.get(f"/v1/exports/enterprises.{ending}")
    told = len(await world.service.events())
    read = await imported(world, taken.content, media_type=media_type)
    assert read["status"] == "DONE", read
    result = read["result"]
    assert (result["refused"], result["unchanged"], result["rows"]) == (0, len(NAMES), len(NAMES)), await report(
        world, read
    )
    assert len(await world.service.events()) == told


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_a_filled_template_is_imported_and_its_example_is_not(world: World, ending: str, media_type: str) -> None:
    template = await world.city.get("/v1/imports/enterprises/template", params={"format": ending})
    assert template.status_code == 200
    assert template.content == (template_csv(FORM) if ending == "csv" else template.content)
    filled = {"企业名称*": "示例科技", "统一社会信用代码*": made_up_code(1), "区县*": "渝中", "成立日期": "2020/1/5"}
    if ending == "csv":
        rows = list(csv.reader(io.StringIO(template.content.decode("utf-8-sig"))))
        heading = next(row for row in rows if "企业名称*" in row)
        rows.append([filled.get(name, "") for name in heading])
        target = io.StringIO()
        csv.writer(target).writerows(rows)
        content = target.getvalue().encode("utf-8-sig")
    else:
        book = openpyxl.load_workbook(io.BytesIO(template.content))
        sheet = book.worksheets[0]
        for cell in sheet[1]:
            sheet.cell(3, cell.column, filled.get(str(cell.value), ""))
        raw = io.BytesIO()
        book.save(raw)
        content = raw.getvalue()
    read = await imported(world, content, media_type=media_type)
    assert (read["result"]["created"], read["result"]["refused"]) == (1, 0), read
    assert [one["code"] for one in read["result"]["head"]] == ["example_skipped"]
    firm = (await world.city.get(f"/v1/enterprises/{made_up_code(1)}")).json()
    assert (firm["name"], firm["founded_on"]) == ("示例科技", "2020-01-05")


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
@pytest.mark.parametrize("kind", ["enterprises", "filings"])
async def test_a_template_that_nobody_filled_is_an_empty_table(
    world: World, kind: str, ending: str, media_type: str
) -> None:
    template = await world.city.get(f"/v1/imports/{kind}/template", params={"format": ending})
    read = await imported(world, template.content, kind=kind, media_type=media_type)
    assert (read["status"], read["error"]) == ("FAILED", "table_empty")


async def test_a_template_says_what_each_column_means_in_both_languages(world: World) -> None:
    for kind in ("enterprises", "filings"):
        taken = await world.city.get(f"/v1/imports/{kind}/template", params={"format": "xlsx"})
        book = openpyxl.load_workbook(io.BytesIO(taken.content))
        assert [sheet.title for sheet in book.worksheets] == ["填写 data", "说明 notes"]
        notes = list(book.worksheets[1].iter_rows(min_row=3, values_only=True))
        assert len(notes) == book.worksheets[0].max_column
        assert all(row[2] and row[3] for row in notes)
        assert book.worksheets[0].freeze_panes == "A2"


async def test_a_rehearsal_gives_the_same_report_and_writes_nothing(world: World) -> None:
    await world.registered(9)
    content = lines(
        f"示例一,{made_up_code(1)},2015-01-02,N/A,10(万美元),渝中",
        f"示例二,{made_up_code(2)},2015-01-02,N/A,N/A,不知道",
        f"示例改名,{made_up_code(9)},N/A,N/A,N/A,渝中",
    )
    told = await world.service.rows("SELECT count(*) AS n FROM outbox_event")
    answer = await world.city.post(
        "/v1/imports/enterprises", params={"dry_run": "true"}, files={"file": ("list.csv", content, CSV)}
    )
    await world.service.run_job("import_enterprises")
    rehearsed = (await world.city.get(answer.headers["location"])).json()
    assert (rehearsed["status"], rehearsed["dry_run"]) == ("DONE", True)
    assert await world.service.rows("SELECT count(*) AS n FROM outbox_event") == told
    assert [row["n"] for row in await world.service.rows("SELECT count(*) AS n FROM enterprise")] == [1]
    real = await imported(world, content)
    same = ("rows", "created", "updated", "unchanged", "refused", "flagged", "findings", "head")
    assert [real["result"][name] for name in same] == [rehearsed["result"][name] for name in same]
    strip = [{**one} for one in await report(world, real)]
    assert strip == await report(world, rehearsed)
    assert any(one["code"] == "name_changed" and "示例科技有限公司9" in one["text_zh"] for one in strip)


def rows_of(content: bytes, ending: str) -> list[list[str]]:
    """Return the rows of a list as texts."""
    if ending == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_refused_lines_come_back_corrected_and_the_others_are_no_news(world: World, ending: str) -> None:
    content = lines(
        f"示例一,{made_up_code(1)},2015-01-02,N/A,N/A,渝中",
        f"示例二,{made_up_code(2)},2015-13-02,N/A,N/A,渝中",
        f"=示例三,{made_up_code(3)},2015-01-02,N/A,N/A,不知道",
    )
    read = await imported(world, content)
    taken = await world.city.get(read["refused"], params={"format": ending})
    assert taken.headers["content-disposition"].endswith(f"enterprises-refused.{ending}")
    rows = rows_of(taken.content, ending)
    assert rows[0][:6] == ["name", "uscc", "registered_on", "company_type", "capital", "district"]
    assert [(row[0], row[6]) for row in rows[1:]] == [("示例二", "3"), ("'=示例三", "4")]
    assert "registered_on：日期无法识别" in rows[1][7]
    rows[1][2], rows[2][5] = "2015年3月2日", "渝北"
    corrected, media_type = (as_csv(*rows), CSV) if ending == "csv" else (as_xlsx(*rows), XLSX)
    again = await imported(world, corrected, media_type=media_type)
    assert (again["result"]["created"], again["result"]["refused"]) == (2, 0)
    assert (await world.city.get(f"/v1/enterprises/{made_up_code(3)}")).json()["name"] == "=示例三"
    whole = await imported(world, content)
    assert whole["result"]["unchanged"] == 1


async def test_an_import_that_waits_or_runs_can_be_cancelled_and_one_that_ended_cannot(world: World) -> None:
    content = lines(*(f"示例{number},{made_up_code(number)},N/A,N/A,N/A,渝中" for number in range(1, 5)))
    answer = await world.city.post("/v1/imports/enterprises", files={"file": ("list.csv", content, CSV)})
    address = answer.headers["location"]
    stranger = await world.district().post(f"{address}:cancel")
    assert stranger.status_code == 404
    cancelled = await world.city.post(f"{address}:cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    await world.service.run_job("import_enterprises")
    assert (await world.city.get(address)).json()["status"] == "CANCELLED"
    assert await world.service.rows("SELECT 1 FROM enterprise") == []
    twice = await world.city.post(f"{address}:cancel")
    assert (twice.status_code, twice.json()["code"]) == (409, "import_ended")


async def test_a_cancelled_import_keeps_what_was_committed_and_undoes_the_batch_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = world.service.app.state
    state.settings = state.settings.model_copy(update={"import_batch_rows": 2})
    content = lines(*(f"示例{number},{made_up_code(number)},N/A,N/A,N/A,渝中" for number in range(1, 7)))
    answer = await world.city.post("/v1/imports/enterprises", files={"file": ("list.csv", content, CSV)})
    from shared.bus import import_job

    batches = 0
    real = import_job.add_findings

    async def cancel_in_the_second(*given: Any) -> None:
        nonlocal batches
        batches += 1
        if batches == 2:
            cancelled = await world.city.post(f"{answer.headers['location']}:cancel")
            assert cancelled.status_code == 200
        await real(*given)

    monkeypatch.setattr(import_job, "add_findings", cancel_in_the_second)
    await world.service.run_job("import_enterprises")
    read = (await world.city.get(answer.headers["location"])).json()
    assert (read["status"], read["done"], read["result"]["created"]) == ("CANCELLED", 2, 2)
    assert len(await world.service.rows("SELECT 1 FROM enterprise")) == 2


async def test_what_cannot_be_read_is_refused_in_words_that_name_what_was_expected(world: World) -> None:
    for content, code, found in (
        ("企业名称,联系人\n甲,乙\n".encode(), "heading_unknown", "企业名称、联系人"),
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "heading_unknown", "HTML"),
        ("企业名称,统一社会信用代码,区县\n".encode(), "table_empty", ""),
    ):
        read = await imported(world, content)
        assert (read["status"], read["error"], read["problem"]["code"]) == ("FAILED", code, code)
        assert found in read["problem"]["text_zh"]
        assert read["problem"]["way_out_zh"]
        assert read["problem"]["text_en"]


@pytest.mark.parametrize(
    "kind", ["application/vnd.ms-excel", "application/wps-office.xlsx", "application/octet-stream", ""]
)
async def test_what_the_browser_calls_a_file_decides_nothing(world: World, kind: str) -> None:
    content = lines(f"示例,{made_up_code(1)},N/A,N/A,N/A,渝中")
    assert (await imported(world, content, media_type=kind))["result"]["created"] == 1
    refused = await world.city.post("/v1/imports/enterprises", files={"file": ("a.csv", b"\x7fELF\x02", CSV)})
    assert (refused.status_code, refused.json()["code"]) == (422, "file_type_refused")
    picture = await world.city.post("/v1/imports/enterprises", files={"file": ("a", b"\x89PNG\r\n\x1a\n\0", kind)})
    assert (picture.status_code, picture.json()["code"]) == (422, "table_type_unknown")


async def test_titles_sheets_and_columns_that_were_not_read_are_said_in_the_head(world: World) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "旧表", "hidden"
    hidden.append(["企业名称", "统一社会信用代码", "区县"])
    hidden.append(["隐藏", made_up_code(8), "渝中"])
    sheet = book.create_sheet("企业")
    sheet.append(["重庆市企业清单"])
    sheet.merge_cells("A1:D1")
    sheet.append(["企业名称*", "统一社会信用代码*", "区县*", "联系人", "注册资本"])
    for number in range(1, 5):
        sheet.append([f"示例{number}", made_up_code(number), "渝中", "张", 1000])
    other = book.create_sheet("更多企业")
    other.append(["企业名称", "统一社会信用代码", "区县"])
    other.append(["未读", made_up_code(7), "渝中"])
    raw = io.BytesIO()
    book.save(raw)
    read = await imported(world, raw.getvalue(), media_type=XLSX)
    result = read["result"]
    assert (result["created"], result["refused"], result["sheet"]) == (4, 0, "企业")
    head = {one["code"]: one for one in result["head"]}
    assert set(head) == {"column_mostly_unread", "columns_not_read", "sheets_not_read"}
    assert (head["column_mostly_unread"]["column"], head["columns_not_read"]["value"]) == ("注册资本", "联系人")
    assert head["sheets_not_read"]["value"] == "更多企业"
    assert "4" in head["column_mostly_unread"]["text_zh"]


async def test_every_line_of_the_file_is_accounted_for(world: World) -> None:
    content = lines(
        f"示例一,{made_up_code(1)},N/A,N/A,N/A,渝中", "", f'"示例二,{made_up_code(2)},N/A,N/A,N/A,渝中', "x,y"
    )
    read = await imported(world, b"\xe4\xbc\x81\xe4\xb8\x9a\n" + content + b"\n")
    counted = read["result"]["lines"]
    assert counted == {"in_file": 6, "above": 1, "heading": 1, "blank": 1, "rows": 3, "further": 0}
    assert (read["result"]["created"], read["result"]["refused"]) == (1, 2)
    assert {one["line"] for one in await report(world, read) if one["gravity"] == "REFUSED"} == {5, 6}


async def test_short_lines_are_kept_and_the_first_and_one_without_its_end_are_flagged(world: World) -> None:
    rows = [f"示例{number},{made_up_code(number)},渝中" for number in (1, 2)]
    text = "\n".join(["企业名称,统一社会信用代码,区县,地址,行业代码", *rows])
    ended = await imported(world, f"{text}\n".encode())
    assert (ended["result"]["created"], set(ended["result"]["findings"])) == (2, {"line_width"})
    assert ended["result"]["head"] == []
    again = await imported(world, text.replace("渝中", "渝中区").encode())
    assert (again["result"]["unchanged"], again["result"]["flagged"]) == (2, 2)
    assert [(one["line"], one["code"]) for one in await report(world, again)] == [(2, "line_width"), (3, "line_cut")]
    assert [(one["code"], one["value"]) for one in again["result"]["head"]] == [("file_unended", "3")]


async def test_filings_with_amounts_as_offices_write_them_are_the_same_again(world: World) -> None:
    await world.registered(1)
    heading = ["统一社会信用代码", "年度", "职工总数", "科技人员", "研发人员", "高级职称人员", "创新产品",
               "营业收入（万元）", "成本费用支出(元)", "资产总额", "研发费用", "加计扣除"]  # fmt: skip
    row = [
        made_up_code(1),
        "2025",
        "100",
        "30",
        "20",
        "2",
        "1",
        "5,000",
        "40000000",
        "6000万元",
        "300万元整",
        "3000000元",
    ]
    target = io.StringIO()
    csv.writer(target).writerows([["年度数据"], heading, row])
    first = await imported(world, target.getvalue().encode("gb18030"), kind="filings")
    assert first["result"]["created"] == 1, await report(world, first)
    (event,) = await world.service.events("registry.filing.accepted.v1")
    assert {name: getattr(event.data, name) for name in FILING} == FILING
    world.service.clock.advance(timedelta(hours=1))
    again = await imported(world, target.getvalue().encode(), kind="filings")
    assert again["result"]["unchanged"] == 1


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_the_export_of_filings_comes_back_unchanged(world: World, ending: str, media_type: str) -> None:
    for number in (1, 2):
        await world.registered(number)
        await world.filed(number, year=2024, super_deduction_fen=None)
        await world.filed(number, year=2025, revenue_fen=5_000_000_001, innovative_products=0)
    await world.filed(1, year=2025, revenue_fen=5_000_000_100)
    taken = await world.city.get(f"/v1/exports/filings.{ending}")
    told = len(await world.service.events())
    read = await imported(world, taken.content, kind="filings", media_type=media_type)
    assert (read["result"]["unchanged"], read["result"]["refused"]) == (4, 0), await report(world, read)
    assert len(await world.service.events()) == told


async def test_a_report_that_was_kept_before_is_still_read(world: World) -> None:
    read = await imported(world, lines(f"示例,{made_up_code(1)},N/A,N/A,N/A,不知道"))
    async with world.service.db.engine.begin() as connection:
        await connection.execute(text("UPDATE line_finding SET code = 'gone_long_ago'"))
    [one] = await report(world, read)
    assert (one["code"], one["text_zh"]) == ("gone_long_ago", "gone_long_ago")

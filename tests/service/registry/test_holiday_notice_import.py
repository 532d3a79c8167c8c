"""A list of holiday notices: template, rehearsal, report, correction; an export and a file of the command come back."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from services.registry.command import main
from shared.db.holiday_notice import RecordedNotice, every_notice
from shared.files.media_type import CSV, XLSX
from shared.kernel.actor import Actor, Role
from shared.kernel.workday import PUBLISHED
from tests.service.registry.test_import import imported
from tests.service.registry.world import SCOPES, World
from tests.support.listing import as_csv, as_xlsx

HEADING = ["年份*", "文号*", "发布日期*", "出处*", "放假日期*", "调休上班日期", "更正"]
LINE = [
    "2027",
    "示例〔2026〕1号",
    "2026/11/20",
    "https://www.gov.cn/example.htm",
    "1月1日至3日；5月1日；10月1日（周五）至7日（周四）",
    "2027-10-09",
    "",
]
KIND = "holiday-notices"


def city(world: World) -> Any:
    return world.service.client(Role.CITY, scopes=[*SCOPES, "registry.calendar:write"])


async def listed(world: World, *lines: list[str], media_type: str = CSV) -> dict[str, Any]:
    """Upload a list of notices and let the job work."""
    content = as_csv(HEADING, *lines) if media_type == CSV else as_xlsx(HEADING, *lines)
    return await sent(world, content, media_type)


async def sent(world: World, content: bytes, media_type: str, query: str = "") -> dict[str, Any]:
    client = city(world)
    answer = await client.post(f"/v1/imports/{KIND}{query}", files={"file": ("通知.csv", content, media_type)})
    assert answer.status_code == 202, answer.text
    await world.service.run_job("import_holiday_notices")
    read: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    assert read["status"] == "DONE", read
    return read


async def held(world: World) -> list[RecordedNotice]:
    async with world.service.app.state.db.transaction(
        actor=Actor(client_id="test", role=Role.SYSTEM), clock=world.service.clock, read_only=True
    ) as tx:
        return await every_notice(tx)


async def codes(world: World, read: dict[str, Any]) -> list[tuple[int, str, str]]:
    items = (await city(world).get(read["report"])).json()["items"]
    return [(one["line"], one["column"], one["code"]) for one in items]


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_a_list_is_recorded_as_the_form_records_it(world: World, media_type: str) -> None:
    before = len(await world.service.events())
    read = await listed(world, LINE, media_type=media_type)
    assert (read["result"]["created"], read["result"]["refused"]) == (1, 0), await codes(world, read)
    (made,) = await held(world)
    assert (made.year, made.number, str(made.issued_on)) == (2027, "示例〔2026〕1号", "2026-11-20")
    assert (len(made.off_days), made.work_days) == (11, ["2027-10-09"])
    assert len(await world.service.events()) == before + 1
    again = await listed(world, LINE, media_type=media_type)
    assert (again["result"]["unchanged"], again["result"]["rows"]) == (1, 1)


async def test_a_rehearsal_says_the_same_and_records_nothing(world: World) -> None:
    read = await sent(world, as_csv(HEADING, LINE), CSV, "?dry_run=true")
    assert (read["dry_run"], read["result"]["created"]) == (True, 1)
    assert await held(world) == []


async def test_another_notice_of_the_year_is_refused_until_the_line_says_that_it_corrects(world: World) -> None:
    await listed(world, LINE)
    other = [*LINE[:4], "1月1日至3日；5月1日；10月1日至5日", *LINE[5:]]
    read = await listed(world, other)
    assert await codes(world, read) == [(2, "年份*", "notice_recorded")]
    read = await listed(world, [*other[:6], "是"])
    assert read["result"]["updated"] == 1
    newest, first = sorted(await held(world), key=lambda one: one.replaces_id is None)
    assert (newest.replaces_id, first.replaced_at is not None) == (first.id, True)
    read = await listed(world, LINE)  # an old export changes nothing back
    assert read["result"]["unchanged"] == 1
    assert await codes(world, read) == [(2, "年份*", "notice_corrected_since")]


async def test_a_notice_that_comes_with_the_product_is_not_overwritten_by_a_slip(world: World) -> None:
    read = await listed(world, ["2026", *LINE[1:4], "2026-01-01；2026-05-01；2026-10-01", "", ""])
    assert await codes(world, read) == [(2, "年份*", "notice_recorded")]


async def test_what_the_form_refuses_is_refused_by_line_and_column(world: World) -> None:
    read = await listed(
        world,
        [*LINE[:4], "2027-01-01", *LINE[5:]],
        ["2028", LINE[1], "2027-11-01", *LINE[3:4], "2028-01-01；2028-05-01；2028-10-01", "", ""],
        ["2029", *LINE[1:4], "2029-01-01；2029-05-01；2029-10-01", "2029-01-03", ""],
    )
    assert read["result"]["refused"] == 3
    assert await codes(world, read) == [
        (2, "放假日期*", "holiday_notice_days_invalid"),
        (3, "发布日期*", "holiday_notice_not_issued"),
        (4, "调休上班日期", "holiday_notice_days_invalid"),
    ]
    items = (await city(world).get(read["report"])).json()["items"]
    assert all(one["text_zh"] and one["way_out_zh"] and one["text_en"] for one in items)


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_the_export_of_notices_comes_back_unchanged(world: World, ending: str, media_type: str) -> None:
    await listed(world, LINE)
    await listed(world, [*LINE[:4], "1月1日至3日；5月1日；10月1日至5日", "", "是"])
    told, records = len(await world.service.events()), len(await held(world))
    taken = await city(world).get(f"/v1/exports/{KIND}.{ending}")
    read = await sent(world, taken.content, media_type)
    every = len(PUBLISHED.notices) + 2
    assert (read["result"]["rows"], read["result"]["unchanged"], read["result"]["refused"]) == (every, every, 0)
    assert (len(await world.service.events()), len(await held(world))) == (told, records)
    counts = (await city(world).get(f"/v1/{KIND}/counts")).json()
    assert (counts["total"], counts["complete"]) == (every, True)


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
async def test_the_template_says_what_each_column_means_and_its_example_is_not_imported(
    world: World, ending: str, media_type: str
) -> None:
    template = (await city(world).get(f"/v1/imports/{KIND}/template?format={ending}")).content
    if ending == "csv":
        rows = [*csv.reader(io.StringIO(template.decode("utf-8-sig"))), LINE]
        content = as_csv(*rows, encoding="utf-8-sig")
    else:
        book = openpyxl.load_workbook(io.BytesIO(template))
        sheet = book.worksheets[0]
        assert [cell.value for cell in sheet[1]] == HEADING
        for place, text in enumerate(LINE, 1):
            sheet.cell(3, place, text)
        raw = io.BytesIO()
        book.save(raw)
        content = raw.getvalue()
    read = await sent(world, content, media_type)
    assert (read["result"]["created"], read["result"]["rows"]) == (1, 1), await codes(world, read)
    assert [one["code"] for one in read["result"]["head"]] == ["example_skipped"]


async def test_others_than_the_city_import_no_notice(world: World) -> None:
    for role in (Role.DISTRICT, Role.ENTERPRISE, Role.BANK):
        client = world.service.client(
            role, party="91500107MADEMQX01Y", unit="500107", scopes=[*SCOPES, "registry.calendar:write"]
        )
        answer = await client.post(f"/v1/imports/{KIND}", files={"file": ("a.csv", as_csv(HEADING, LINE), CSV)})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role"), role


async def test_a_list_of_another_kind_is_no_list_of_notices(world: World) -> None:
    read = await imported(world, as_csv(HEADING, LINE))
    assert (read["status"], read["problem"]["code"]) == ("FAILED", "heading_unknown")


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_the_command_records_a_list_whole_or_not_at_all(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], media_type: str
) -> None:
    monkeypatch.setenv("REGISTRY_DATABASE_URL", world.service.database_url)
    make = as_csv if media_type == CSV else as_xlsx
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(make(HEADING, LINE))
    bad.write_bytes(make(HEADING, LINE, ["2028", *LINE[1:4], "待定", "", ""]))

    async def told(*arguments: str) -> tuple[int, str]:
        status = await asyncio.to_thread(main, ["holiday", "record", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    status, words = await told("--file", str(bad))
    assert (status, "待定" in words, "nothing was recorded" in words) == (1, True, True)
    assert await held(world) == []
    status, words = await told("--file", str(good), "--dry-run")
    assert (status, await held(world)) == (0, []), words
    status, words = await told("--file", str(good))
    assert (status, len(await held(world))) == (0, 1), words
    status, words = await told("--file", str(good))
    assert (status, "UNCHANGED" in words, len(await held(world))) == (0, True, 1)
    status, words = await told("--file", str(tmp_path / "absent"))
    assert (status, "absent" in words) == (1, True)
    status, words = await told("--year", "2027")
    assert (status, "--number" in words) == (1, True)

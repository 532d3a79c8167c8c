"""Lists of rights: good lines are kept, the others named with column and way out; a second upload is nothing new."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, patent

SCOPES = ("ipr.import:write", "ipr.right:read", "ipr.right:write")
HEADING = ["种类", "号码", "名称", "权利人", "法律状态", "申请日", "授权日", "证据文号", "证据日期"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def line(kind: str, number: str, *, owners: str = FIRM_A, status: str = "授权", filed: str = "2022-03-01") -> list[str]:
    return [kind, number, f"示例 {number}", owners, status, filed, "2023-03-01", "证书 1", "2023-03-01"]


LINES = [
    line("发明专利", patent("1", 1)),
    line("实用新型", "ZL" + patent("2", 2)[:-1] + "." + patent("2", 2)[-1], owners=f"{FIRM_A}:60%;{FIRM_B}:40%"),
    line("发明专利", patent("1", 3)[:-1] + ("0" if patent("1", 3)[-1] != "0" else "1")),
    line("发明专利", patent("2", 4)),
    line("专利", patent("1", 5)),
    line("发明专利", patent("1", 6), owners=f"{FIRM_A}:60%;{FIRM_B}:30%"),
    line("发明专利", patent("1", 1)),
    line("发明专利", patent("1", 8), owners="某公司"),
    line("发明专利", patent("1", 9), filed="2022年3月"),
    line("软件著作权", "2023SR0123456"),
    line("发明专利", patent("1", 10), owners=FIRM_A[:-1] + ("1" if FIRM_A[-1] != "1" else "2")),
]
EXPECTED = [
    (3, "code_folded", "号码"),
    (4, "right_no_invalid", "号码"),
    (5, "right_no_of_other_kind", "号码"),
    (6, "cell_invalid", "种类"),
    (7, "owner_shares_not_whole", "权利人"),
    (8, "row_repeated", "号码"),
    (9, "cell_invalid", "权利人"),
    (10, "date_invalid", "申请日"),
    (11, "term_date_missing", "published_on"),
    (12, "import_owner_code_doubtful", "权利人"),
]


def as_csv(lines: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADING, *lines])
    return text.getvalue().encode(encoding)


def as_xlsx(lines: list[list[str]]) -> bytes:
    book, raw = Workbook(), io.BytesIO()
    assert book.active is not None
    for cells in [HEADING, *lines]:
        book.active.append(cells)
    book.save(raw)
    return raw.getvalue()


async def upload(
    ipr: RunningService, client: httpx.AsyncClient, content: bytes, kind: str = "text/csv", *, status: str = "DONE"
) -> Any:
    answer = await client.post("/v1/imports/ip-rights", files={"file": ("rights", content, kind)})
    assert answer.status_code == 202, answer.text
    await ipr.run_job("import_ip_rights")
    done = (await client.get(answer.headers["location"])).json()
    assert done["status"] == status, done
    return done


@pytest.mark.parametrize(
    ("content", "kind"),
    [(as_csv(LINES), "text/csv"), (as_csv(LINES, "gb18030"), "text/csv"), (as_xlsx(LINES), XLSX)],
    ids=["utf-8", "gb18030", "xlsx"],
)
async def test_good_lines_are_kept_and_bad_ones_named(ipr: RunningService, content: bytes, kind: str) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        done = await upload(ipr, client, content, kind)
        result = done["result"]
        assert {name: result[name] for name in ("rows", "created", "updated", "unchanged", "refused")} == {
            "rows": 11,
            "created": 3,
            "updated": 0,
            "unchanged": 0,
            "refused": 8,
        }
        report = (await client.get(done["report"])).json()["items"]
        assert [(one["line"], one["code"], one["column"]) for one in report] == EXPECTED
        assert all(one["way_out_zh"] and one["way_out_en"] for one in report)
        assert [one["line"] for one in report if one["gravity"] != "REFUSED"] == [3, 12]
        kept = (await client.get("/v1/ip-rights")).json()["items"]
        assert {one["right_no"] for one in kept} == {patent("1", 1), patent("2", 2), patent("1", 10)}
        told = {event.data.uscc: event.data for event in await ipr.events("ipr.portfolio.changed.v1")}
        assert (told[FIRM_A].class_1_count, told[FIRM_A].class_2_count) == (1, 1)
        assert told[FIRM_B].kinds[0].weighted_milli == 300  # 40 % of a factor of 750: six begun years of eight


async def test_a_second_upload_changes_nothing_and_a_new_status_moves_the_right(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        await upload(ipr, client, as_csv(LINES))
        before = len(await ipr.events())
        again = await upload(ipr, client, as_csv(LINES))
        assert (again["result"]["created"], again["result"]["unchanged"]) == (0, 3)
        assert len(await ipr.events()) == before
        lapsed = [[*LINES[0][:4], "未缴年费终止", *LINES[0][5:]]]
        heading, cells = [*HEADING, "状态生效日"], [*lapsed[0], "2026-03-01"]
        text = io.StringIO()
        csv.writer(text).writerows([heading, cells])
        moved = await upload(ipr, client, text.getvalue().encode())
        assert moved["result"]["updated"] == 1
        fresh = (await ipr.events())[before:]
        assert [event.subject for event in fresh] == ["ipr.right.changed.v1", "ipr.portfolio.changed.v1"]
        renamed = [[LINES[0][0], LINES[0][1], "另一个名称", *LINES[0][3:]]]
        told = await upload(ipr, client, as_csv(renamed))
        assert told["result"]["findings"]["import_facts_differ"]["count"] == 1


async def test_an_interrupted_import_goes_on_behind_its_last_commit(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        answer = await client.post("/v1/imports/ip-rights", files={"file": ("rights", as_csv(LINES), "text/csv")})
        await ipr.run_job("import_ip_rights")
        operation = answer.json()["id"]
        async with ipr.db.engine.begin() as connection:
            # As if the process had died after the last batch, before the import was closed.
            await connection.exec_driver_sql(f"UPDATE operation SET state = 'RUNNING' WHERE id = '{operation}'")
        before = len(await ipr.events())
        await ipr.run_job("import_ip_rights")
        done = (await client.get(f"/v1/imports/ip-rights/{operation}")).json()
        assert (done["status"], done["result"]["created"], done["done"]) == ("DONE", 3, 11)
        assert len(await ipr.events()) == before


async def test_an_enterprise_imports_its_own_rights_as_declared(ipr: RunningService) -> None:
    foreign = line("发明专利", patent("1", 20), owners=FIRM_B)
    lines = [LINES[0], line("发明专利", patent("1", 21)), foreign]
    async with (
        ipr.client(Role.ENTERPRISE, party=FIRM_A, scopes=SCOPES) as firm,
        ipr.client(Role.IP_CENTRE, scopes=SCOPES) as centre,
    ):
        await upload(ipr, centre, as_csv([LINES[0]]))
        before = await ipr.events("ipr.portfolio.changed.v1")
        done = await upload(ipr, firm, as_csv(lines))
        assert (done["result"]["created"], done["result"]["unchanged"]) == (1, 1)
        assert done["result"]["findings"]["owner_not_caller"]["count"] == 1
        levels = {one["right_no"]: one["evidence_level"] for one in (await firm.get("/v1/ip-rights")).json()["items"]}
        assert levels == {patent("1", 1): "DOCUMENT", patent("1", 21): "DECLARED"}
        assert await ipr.events("ipr.portfolio.changed.v1") == before
        lapsed = await upload(ipr, firm, as_csv([[*LINES[0][:4], "未缴年费终止", *LINES[0][5:]]]))
        assert lapsed["result"]["findings"]["forbidden_role"]["count"] == 1


async def test_banks_import_nothing_and_only_the_uploader_sees_its_import(ipr: RunningService) -> None:
    content = as_csv(LINES)
    async with (
        ipr.client(Role.BANK, party=FIRM_B, scopes=SCOPES) as bank,
        ipr.client(Role.ENTERPRISE, party=FIRM_A, scopes=SCOPES) as firm,
        ipr.client(Role.IP_CENTRE, scopes=SCOPES) as centre,
    ):
        refused = await bank.post("/v1/imports/ip-rights", files={"file": ("rights", content, "text/csv")})
        assert refused.json()["code"] == "forbidden_role"
        done = await upload(ipr, centre, content)
        assert (await firm.get(done["report"])).status_code == 404
        table = await centre.get(done["report"], params={"format": "csv"})
        assert table.text.count("\r\n") == len(EXPECTED) + 1
        page = (await centre.get(done["report"], params={"limit": 4})).json()
        rest = (await centre.get(done["report"], params={"limit": 200, "cursor": page["next_cursor"]})).json()
        assert [one["line"] for one in page["items"] + rest["items"]] == [one[0] for one in EXPECTED]


async def test_a_list_that_is_no_table_fails_with_its_reason(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        answer = await client.post("/v1/imports/ip-rights", files={"file": ("rights", b"", "text/csv")})
        if answer.status_code == 202:
            await ipr.run_job("import_ip_rights")
            failed = (await client.get(answer.headers["location"])).json()
            assert (failed["status"], failed["error"]) == ("FAILED", "table_empty")

"""What ipr gives away it takes back: the export of rights says what is recorded, so it changes nothing."""

import csv
import io
from typing import Any

import pytest

from shared.kernel.actor import Role
from tests.service.ipr.test_imports import HEADING, SCOPES, XLSX, as_csv, as_xlsx, line, upload
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, patent, right_body

KINDS: list[dict[str, Any]] = [
    {},
    {"kind": "UTILITY_MODEL", "right_no": patent("2", 2), "title": "=示例"},
    {"kind": "DESIGN", "right_no": patent("3", 3), "legal_status": "LAPSED_FEE"},
    {"kind": "SOFTWARE_COPYRIGHT", "right_no": "2004SR06549", "published_on": "2004-03-01"},
    {"kind": "TRADEMARK", "right_no": "G1234567", "title": "示例、“引号”,逗号"},
    {"owners": [{"uscc": FIRM_A, "share_ppm": 333_333}, {"uscc": FIRM_B, "share_ppm": 666_667}],
     "right_no": patent("1", 7)},
    {"right_no": patent("1", 8), "legal_status": "FILED", "granted_on": None},
]  # fmt: skip


@pytest.mark.parametrize(("ending", "media_type"), [("csv", "text/csv"), ("xlsx", XLSX)])
async def test_the_export_of_rights_comes_back_unchanged(ipr: RunningService, ending: str, media_type: str) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        for values in KINDS:
            answer = await client.post("/v1/ip-rights", json=right_body(**values))
            assert answer.status_code == 201, answer.text
        taken = await client.get(f"/v1/exports/ip-rights.{ending}")
        told = len(await ipr.events())
        done = await upload(ipr, client, taken.content, media_type)
        report = (await client.get(done["report"])).json()["items"]
        assert (done["result"]["refused"], done["result"]["unchanged"]) == (0, len(KINDS)), report
        assert len(await ipr.events()) == told


async def test_a_line_without_evidence_that_would_change_something_is_refused(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        await upload(ipr, client, as_csv([line("发明专利", patent("1", 1))]))
        bare = [
            [*line("发明专利", patent("1", 1), status="未缴年费终止失效")[:7], "", ""],
            [*line("发明专利", patent("1", 2))[:7], "", ""],
        ]
        done = await upload(ipr, client, as_csv(bare))
        assert done["result"]["refused"] == 2
        found = {
            (one["line"], one["code"], one["column"]) for one in (await client.get(done["report"])).json()["items"]
        }
        assert found == {(number, "cell_missing", name) for number in (2, 3) for name in ("证据文号", "证据日期")}


async def test_unknown_words_for_a_state_are_named_once_each_in_the_summary(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        words = ["失效", "失效", "无权", "专利权维持", "等年费滞纳金"]
        rows = [line("发明专利", patent("1", number), status=word) for number, word in enumerate(words, 1)]
        done = await upload(ipr, client, as_xlsx(rows), XLSX)
        assert (done["result"]["created"], done["result"]["refused"]) == (2, 3)
        assert done["result"]["findings"]["status_unknown"] == {
            "count": 3,
            "groups": {"失效": 2, "无权": 1},
            "labels": {},
        }


async def test_a_right_whose_title_a_list_would_change_is_refused_and_named(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        good = line("发明专利", patent("1", 1))
        await upload(ipr, client, as_csv([good]))
        done = await upload(ipr, client, as_csv([[*good[:2], "另一个名称", *good[3:]]]))
        [one] = (await client.get(done["report"])).json()["items"]
        assert (one["code"], one["column"], one["value"]) == ("import_facts_differ", "名称", "另一个名称")
        assert "名称" in one["text_zh"]


async def test_the_template_and_the_refused_lines_of_rights_are_lists_of_rights(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        template = await client.get("/v1/imports/ip-rights/template", params={"format": "csv"})
        empty = await upload(ipr, client, template.content, status="FAILED")
        assert (empty["error"], empty["result"]["rows"]) == ("table_empty", 0)
        done = await upload(ipr, client, as_csv([line("专利", patent("1", 1))]))
        rows = list(csv.reader(io.StringIO((await client.get(done["refused"])).content.decode("utf-8-sig"))))
        assert rows[0][: len(HEADING)] == HEADING
        rows[1][0] = "发明专利"
        target = io.StringIO()
        csv.writer(target).writerows(rows)
        assert (await upload(ipr, client, target.getvalue().encode()))["result"]["created"] == 1

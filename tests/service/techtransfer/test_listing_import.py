"""Lists of achievements and needs: drafts from a table, the export comes back unchanged, the report names the rest."""

from typing import Any

import httpx
import pytest

from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from shared.files.media_type import CSV, XLSX
from shared.table.column import ListForm
from tests.service.techtransfer.conftest import Market
from tests.support.listing import as_csv
from tests.unit.techtransfer.builders import FIRM, OTHER


async def imported(
    market: Market, client: httpx.AsyncClient, noun: str, content: bytes, media_type: str = CSV
) -> dict[str, Any]:
    """Upload a list, let the job work and return the import."""
    answer = await client.post(f"/v1/imports/{noun}", files={"file": ("list", content, media_type)})
    assert answer.status_code == 202, answer.text
    await market.service.run_job(f"import_{noun}")
    read: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    return read


async def findings(client: httpx.AsyncClient, read: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(one["line"], one["code"], one["column"]) for one in (await client.get(read["report"])).json()["items"]}


def example(form: ListForm, **changed: str) -> dict[str, str]:
    """Return the example of a template for the firm of these tests."""
    return {column.title_zh: column.example for column in form.columns} | {"统一社会信用代码": FIRM} | changed


@pytest.mark.parametrize(("noun", "form"), [("achievements", ACHIEVEMENTS), ("needs", NEEDS)])
async def test_a_filled_template_becomes_drafts_and_again_is_no_news(market: Market, noun: str, form: ListForm) -> None:
    rows = [example(form, 名称="成果甲"), example(form, 名称="成果乙", 关键词="铝合金；铸造,轻量化")]
    content = as_csv(list(rows[0]), *(row.values() for row in rows))
    read = await imported(market, market.firm, noun, content)
    assert (read["result"]["created"], read["result"]["refused"]) == (2, 0), await findings(market.firm, read)
    found = (await market.firm.get(f"/v1/{noun}", params={"mine": "true"})).json()["items"]
    assert {one["title"]: one["status"] for one in found} == {"成果甲": "DRAFT", "成果乙": "DRAFT"}
    assert {tuple(one["keywords"]) for one in found} == {("铝合金", "铸造"), ("铝合金", "铸造", "轻量化")}
    again = await imported(market, market.firm, noun, content)
    assert again["result"]["unchanged"] == 2, await findings(market.firm, again)
    rows[0]["截止日"] = "2027/4/30"
    changed = await imported(market, market.firm, noun, as_csv(list(rows[0]), *(row.values() for row in rows)))
    assert (changed["result"]["updated"], changed["result"]["unchanged"]) == (1, 1)


@pytest.mark.parametrize(("ending", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
@pytest.mark.parametrize("noun", ["achievements", "needs"])
async def test_the_export_of_listings_comes_back_unchanged(
    market: Market, noun: str, ending: str, media_type: str
) -> None:
    await market.draft(noun, title="=草稿，“引号”")
    await market.published(noun, title="已发布")
    prose = {"summary" if noun == "achievements" else "problem": '第一行，含逗号,\n第二行 "引号"\n1. 条目'}
    await market.draft(noun, title="多行", key_field=None, **prose)
    taken = await market.firm.get(f"/v1/exports/{noun}.{ending}", params={"mine": "true"})
    read = await imported(market, market.firm, noun, taken.content, media_type)
    assert (read["result"]["unchanged"], read["result"]["refused"]) == (3, 0), await findings(market.firm, read)


async def test_each_flaw_of_a_line_is_named_under_its_own_heading(market: Market) -> None:
    await market.published(title="已发布")
    rows = [
        example(ACHIEVEMENTS, 名称="甲", 技术成熟度="十"),
        example(ACHIEVEMENTS, 名称="乙", 合作方式="技术许可、买断"),
        example(ACHIEVEMENTS, 名称="丙", 截止日="2020-01-01"),
        example(ACHIEVEMENTS, 名称="丁", 成果属性=""),
        example(ACHIEVEMENTS, 名称="戊", 统一社会信用代码=OTHER),
        example(ACHIEVEMENTS, 名称="己", 编号="CQ-00000000-0001"),
        example(ACHIEVEMENTS, 名称="已发布", 简介="改写"),
    ]
    read = await imported(market, market.firm, "achievements", as_csv(list(rows[0]), *(row.values() for row in rows)))
    assert (read["result"]["created"], read["result"]["refused"]) == (0, 7)
    assert await findings(market.firm, read) == {
        (2, "cell_invalid", "技术成熟度"),
        (3, "cell_invalid", "合作方式"),
        (4, "listing_period_invalid", "截止日"),
        (5, "cell_missing", "成果属性"),
        (6, "party_not_yours", "统一社会信用代码"),
        (7, "listing_unknown", "编号"),
        (8, "listing_state_conflict", "名称"),
    }


@pytest.mark.parametrize("noun", ["achievements", "needs"])
async def test_a_line_of_anothers_listing_says_so_where_that_listing_is_seen_and_nowhere_else(
    market: Market, noun: str
) -> None:
    shown = await market.published(noun, title="已发布")
    nameless = await market.published(noun, title="不具名", confidential_fields=["party_uscc"])
    draft = await market.draft(noun, title="草稿")
    taken = await market.other.get(f"/v1/exports/{noun}.csv")
    read = await imported(market, market.other, noun, taken.content)
    assert (read["result"]["rows"], read["result"]["refused"]) == (2, 2)
    said = {(code, column) for _, code, column in await findings(market.other, read)}
    assert said == {("listing_of_another", "编号 case number")}
    form = ACHIEVEMENTS if noun == "achievements" else NEEDS
    numbers = [shown["case_no"], nameless["case_no"], draft["case_no"], "CQ-00000000-0001"]
    rows = [example(form, 编号=one, 统一社会信用代码=uscc) for one in numbers for uscc in (FIRM, OTHER)]
    for number, row in enumerate(rows):
        row["名称"] = f"成果{number}"
        content = as_csv(list(row), row.values())
        found = await findings(market.other, await imported(market, market.other, noun, content))
        seen = row["编号"] in {shown["case_no"], nameless["case_no"]}
        assert found == {(2, "listing_of_another" if seen else "listing_unknown", "编号")}, row
    assert (await market.firm.get(f"/v1/{noun}/{shown['id']}")).json()["version"] == shown["version"]


async def test_a_case_number_under_another_title_changes_the_title_and_says_so(market: Market) -> None:
    draft = await market.draft("needs", title="旧名称")
    row = example(NEEDS, 编号=draft["case_no"], 名称="新名称")
    read = await imported(market, market.firm, "needs", as_csv(list(row), row.values()))
    assert (read["result"]["updated"], read["result"]["flagged"]) == (1, 1)
    [said] = (await market.firm.get(read["report"])).json()["items"]
    assert (said["code"], said["column"], said["value"]) == ("title_changed", "名称", "新名称")
    assert "旧名称" in said["text_zh"]
    assert (await market.firm.get(f"/v1/needs/{draft['id']}")).json()["title"] == "新名称"


async def test_a_district_posts_no_listings_by_list_either(market: Market) -> None:
    answer = await market.city.post("/v1/imports/needs", files={"file": ("a.csv", b"a,b\n", CSV)})
    assert answer.status_code == 202
    refused = await market.district.post("/v1/imports/needs", files={"file": ("a.csv", b"a,b\n", CSV)})
    assert refused.status_code == 403


async def test_the_callers_own_imports_are_found_again_newest_first_and_nobody_elses(market: Market) -> None:
    row = example(NEEDS, 名称="需求甲")
    content = as_csv(list(row), row.values())
    reads = [await imported(market, market.firm, "needs", content) for _ in range(3)]
    await imported(market, market.firm, "achievements", content)
    page = (await market.firm.get("/v1/imports/needs", params={"limit": 2})).json()
    rest = (await market.firm.get("/v1/imports/needs", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [one["id"] for one in (*page["items"], *rest["items"])] == [one["id"] for one in reversed(reads)]
    assert page["items"][0] == reads[-1]
    assert rest["next_cursor"] is None
    assert (await market.agency.get("/v1/imports/needs")).json()["items"] == []

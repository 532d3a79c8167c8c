"""Who sees what: row scope, confidential fields, filters, pages and exports."""

import csv
import io

import pytest
from openpyxl import load_workbook

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.service.techtransfer.conftest import READ, Market, ok, plain
from tests.unit.techtransfer.builders import FIRM, OTHER, achievement_fields


async def ids(market: Market, query: str = "", *, noun: str = "achievements", who: str = "other") -> list[str]:
    """Return the titles of a list as one body sees it."""
    return [one["title"] for one in (await ok(getattr(market, who).get(f"/v1/{noun}?{query}")))["items"]]


async def test_a_draft_is_absent_for_everybody_else(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    for client in (market.firm, market.district, market.city):
        assert (await client.get(path)).status_code == 200
    for client in (market.other, market.agency, market.other_district):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await client.get(f"/v1/achievements/{new_id()}")).json()["code"] == "not_found"
    assert await ids(market) == []
    assert await ids(market, who="firm") == [draft["title"]]


async def test_a_client_without_the_scope_is_turned_away(market: Market) -> None:
    bank = market.service.client(Role.BANK, party=FIRM, scopes=["credit.loan:read"])
    assert (await bank.get("/v1/achievements")).json()["code"] == "forbidden_scope"
    writer = market.service.client(Role.ENTERPRISE, party=FIRM, scopes=[READ])
    assert (await writer.post("/v1/achievements", json=plain(achievement_fields()))).status_code == 403


async def test_confidential_fields_are_null_and_named_for_outsiders(market: Market) -> None:
    published = await market.published()
    path = f"/v1/achievements/{published['id']}"
    outside = await ok(market.other.get(path))
    assert outside["technical_details"] is None
    assert outside["asking_price_fen"] is None
    assert {"technical_details", "asking_price_fen"} <= set(outside["hidden_fields"])
    assert outside["summary"] == published["summary"]
    inside = await ok(market.district.get(path))
    assert inside["technical_details"] == "熔体处理温度与冷却速率的组合。"
    assert inside["hidden_fields"] == []


async def test_what_a_reviewer_noted_is_for_insiders(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    await ok(market.firm.post(f"{path}:submit"))
    await ok(market.district.post(f"{path}:review", json={"decision": "PUBLISH", "note": "材料齐全"}))
    assert (await ok(market.firm.get(path)))["review_note"] == "材料齐全"
    assert (await ok(market.other.get(path)))["review_note"] is None


async def test_a_hidden_party_hides_its_name_and_is_not_found_by_its_code(market: Market) -> None:
    await market.published("needs", confidential_fields=["party_uscc"])
    (outside,) = (await ok(market.other.get("/v1/needs")))["items"]
    assert (outside["party_uscc"], outside["party_name"]) == (None, None)
    assert await ids(market, f"party_uscc={FIRM}", noun="needs") == []
    assert len(await ids(market, f"party_uscc={FIRM}", noun="needs", who="city")) == 1
    assert (await ok(market.other.get(f"/v1/listing-summaries/{FIRM}")))["needs"] == {}


async def test_a_filter_does_not_answer_about_a_hidden_value(market: Market) -> None:
    await market.published(title="价格保密")
    await market.published(title="价格公开", confidential_fields=[])
    assert await ids(market, "price_max_fen=80000000") == ["价格公开"]
    assert await ids(market, "price_max_fen=79999999") == []
    assert await ids(market, "price_max_fen=80000000", who="firm") == ["价格公开", "价格保密"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("key_field=NEWMAT", 1),
        ("key_field=BIOMED", 0),
        ("unit_id=500107", 1),
        ("unit_id=500112", 0),
        ("stage=MIDDLE&trl_min=6&trl_max=6", 1),
        ("trl_min=7", 0),
        ("trl_max=5", 0),
        ("cooperation_mode=LICENCE", 1),
        ("cooperation_mode=EQUITY", 0),
        ("status=PUBLISHED", 1),
        ("status=DRAFT", 0),
        ("q=铝合金", 1),
        ("q=铝合金 铸造", 1),
        ("q=铝%E2%80%8B合金", 1),
        ("q=（铝合金）", 1),
        ("q=镁合金", 0),
        ("q=%25", 0),
        ("q=_", 0),
        ("mine=true", 0),
        ("status=DRAFT&status=PUBLISHED", 1),
        ("stage=EARLY&stage=MATURE", 0),
        ("published_from_on=2026-11-23&published_until_on=2026-11-23", 1),
        ("valid_until_until_on=2026-12-31", 0),
    ],
)
async def test_a_list_is_narrowed(stall: Market, query: str, found: int) -> None:
    assert len(await ids(stall, query)) == found


@pytest.mark.parametrize(
    "query",
    [
        "trl_min=0",
        "trl_max=10",
        "status=OPEN",
        "price_max_fen=-1",
        "unit_id=999999",
        "cursor=x",
        "limit=201",
        "q=",
        "sort=LARGEST",
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(stall: Market, query: str) -> None:
    assert (await stall.other.get(f"/v1/achievements?{query}")).status_code == 422


async def test_needs_are_found_by_budget_and_day(market: Market) -> None:
    await market.published("needs")
    assert (
        len(await ids(market, "budget_min_fen=150000000&valid_until_from_on=2027-05-31&trl_wanted=7", noun="needs"))
        == 1
    )
    assert await ids(market, "budget_min_fen=150000001", noun="needs") == []
    assert await ids(market, "valid_until_from_on=2027-06-01", noun="needs") == []


async def test_pages_show_each_listing_once_while_others_are_added(market: Market) -> None:
    for number in range(5):
        await market.draft(title=f"成果{number}")
    first = await market.firm.get("/v1/achievements?limit=2")
    assert 'rel="next"' in first.headers["link"]
    await market.draft(title="后来的成果")
    seen = [one["title"] for one in first.json()["items"]]
    cursor = first.json()["next_cursor"]
    while cursor:
        following = await ok(market.firm.get(f"/v1/achievements?limit=2&cursor={cursor}"))
        seen += [one["title"] for one in following["items"]]
        cursor = following["next_cursor"]
    assert sorted(seen) == [f"成果{number}" for number in range(5)]


async def test_a_summary_counts_what_the_caller_may_see(market: Market) -> None:
    await market.published(confidential_fields=[])
    await market.draft(title="另一成果")
    await market.draft("needs")
    own = await ok(market.firm.get(f"/v1/listing-summaries/{FIRM}"))
    assert own == {"uscc": FIRM, "achievements": {"PUBLISHED": 1, "DRAFT": 1}, "needs": {"DRAFT": 1}}
    assert (await ok(market.other.get(f"/v1/listing-summaries/{FIRM}")))["achievements"] == {"PUBLISHED": 1}


async def test_a_contact_is_masked_until_it_is_opened_and_the_opening_is_recorded(market: Market) -> None:
    published = await market.published("needs", contact_name="示例联系人", contact_phone="02300001111")
    assert (published["contact_name"], published["contact_phone"]) == ("示**", "023****11")
    (kept,) = await market.service.rows("SELECT contact_phone FROM need")
    assert b"02300001111" not in kept["contact_phone"]
    path = f"/v1/needs/{published['id']}/contact"
    opened = await ok(market.other.get(path))
    assert opened == {"contact_name": "示例联系人", "contact_phone": "02300001111"}
    (row,) = await market.service.rows("SELECT * FROM audit_entry WHERE action = 'need.contact.read'")
    assert (row["party"], row["uscc"], row["fields"]) == (OTHER, FIRM, ["contact_name", "contact_phone"])


async def test_the_contact_of_a_draft_is_absent_and_a_change_keeps_it(market: Market) -> None:
    draft = await market.draft(contact_name="示例联系人")
    path = f"/v1/achievements/{draft['id']}"
    assert (await market.other.get(f"{path}/contact")).status_code == 404
    await ok(market.firm.patch(path, json={"keywords": ["铸造"]}, headers={"if-match": '"v1"'}))
    assert (await ok(market.firm.get(f"{path}/contact")))["contact_name"] == "示例联系人"


async def test_an_export_holds_what_the_list_shows_and_no_formula(market: Market) -> None:
    await market.published(title="=1+1 合金", confidential_fields=["asking_price_fen"])
    answer = await market.other.get("/v1/exports/achievements.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert not row["名称 title"].startswith("=")
    assert row["关键词 keywords"] == "铝合金；铸造"
    assert row["报价（元） asking price (yuan)"] == ""
    assert row["合作方式 ways to work together"] == "技术许可；技术服务"
    assert row["重点领域 key field"] == "新材料"
    assert row["状态 status"] == "已发布"
    sheet = load_workbook(io.BytesIO((await market.firm.get("/v1/exports/achievements.xlsx")).content)).active
    assert sheet is not None
    assert 800_000 in [cell.value for cell in sheet[2]]
    needs = await market.other.get("/v1/exports/needs.csv")
    assert needs.status_code == 200


async def test_an_export_is_as_long_as_the_list(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.db.selection._EXPORT_BATCH", 2)
    for number in range(5):
        await market.draft(title=f"成果{number}")
    answer = await market.firm.get("/v1/exports/achievements.csv")
    assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == 6


async def test_a_reviewer_sees_how_many_listings_wait(market: Market) -> None:
    await market.published()
    draft = await market.draft(title="待审成果")
    await ok(market.firm.post(f"/v1/achievements/{draft['id']}:submit"))
    told = await ok(market.district.get("/v1/achievements/counts?mine=true&status=PUBLISHED"))
    assert (told["counts"]["SUBMITTED"], told["counts"]["PUBLISHED"], told["counts"]["DRAFT"]) == (1, 1, 0)
    assert (await ok(market.other.get("/v1/achievements/counts")))["total"] == 1


async def test_lists_are_sorted_by_name_and_by_their_last_day(market: Market) -> None:
    await market.draft(title="乙", valid_until_on="2027-02-01")
    await market.draft(title="丙", valid_until_on="2027-01-01")
    await market.draft(title="丁", valid_until_on="2027-03-01")
    for sort, order in (("NAME", "丁丙乙"), ("DUE", "丙乙丁"), ("NEWEST", "丁丙乙"), ("OLDEST", "乙丙丁")):
        assert await ids(market, f"sort={sort}", who="firm") == list(order), sort

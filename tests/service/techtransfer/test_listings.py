"""Achievements and needs from draft to end, on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.service.techtransfer.conftest import READ, WRITE, Market, enterprise, ok, plain
from tests.unit.techtransfer.builders import AGENCY, FIRM, UNIVERSITY, achievement_fields, need_fields

NOUNS = ["achievements", "needs"]
CHANGED = "techtransfer.listing.changed.v1"


def code(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("noun", NOUNS)
async def test_from_draft_over_review_to_the_public_list(market: Market, noun: str) -> None:
    fields = achievement_fields() if noun == "achievements" else need_fields()
    posted = await market.firm.post(f"/v1/{noun}", json=plain(fields))
    draft = posted.json()
    assert posted.status_code == 201
    assert posted.headers["location"] == f"/v1/{noun}/{draft['id']}"
    assert posted.headers["etag"] == '"v1"'
    assert draft["status"] == "DRAFT"
    assert draft["case_no"] == "KC-2026-500107-600001"
    assert draft["party_name"] == "示例铸造有限公司"

    submitted = await ok(market.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
    assert submitted["status"] == "SUBMITTED"
    assert submitted["review_due_on"] == "2026-12-07"  # ten working days after Monday 2026-11-23
    started = await ok(market.district.post(f"/v1/{noun}/{draft['id']}:review", json={"decision": "START"}))
    assert started["status"] == "UNDER_REVIEW"
    assert not await market.service.events(CHANGED)
    published = await ok(market.district.post(f"/v1/{noun}/{draft['id']}:review", json={"decision": "PUBLISH"}))
    assert (published["status"], published["version"]) == ("PUBLISHED", 4)

    (event,) = await market.service.events(CHANGED)
    assert (event.data.status, event.data.case_no, event.version) == ("PUBLISHED", draft["case_no"], 1)
    listed = await ok(market.other.get(f"/v1/{noun}"))
    assert [one["id"] for one in listed["items"]] == [draft["id"]]


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_returned_listing_is_corrected_and_handed_in_again(market: Market, noun: str) -> None:
    draft = await market.draft(noun)
    path = f"/v1/{noun}/{draft['id']}"
    await ok(market.firm.post(f"{path}:submit"))
    assert code(await market.district.post(f"{path}:review", json={"decision": "RETURN"})) == (
        422,
        "return_note_missing",
    )
    returned = await ok(market.district.post(f"{path}:review", json={"decision": "RETURN", "note": "请补充指标"}))
    assert (returned["status"], returned["review_note"]) == ("RETURNED", "请补充指标")
    changed = await ok(
        market.firm.patch(path, json={"keywords": ["铝合金"]}, headers={"if-match": f'"v{returned["version"]}"'})
    )
    assert changed["keywords"] == ["铝合金"]
    assert (await ok(market.firm.post(f"{path}:submit")))["status"] == "SUBMITTED"


async def test_a_change_needs_the_version_that_was_read(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    assert code(await market.firm.patch(path, json={"title": "新名称"})) == (428, "precondition_required")
    answer = await market.firm.patch(path, json={"title": "新名称"}, headers={"if-match": '"v1"'})
    assert (answer.json()["title"], answer.headers["etag"]) == ("新名称", '"v2"')
    late = await market.firm.patch(path, json={"title": "旧名称"}, headers={"if-match": '"v1"'})
    assert code(late) == (412, "precondition_failed")


async def test_a_partial_change_is_checked_as_a_whole(market: Market) -> None:
    draft = await market.draft()
    path, seen = f"/v1/achievements/{draft['id']}", {"if-match": '"v1"'}
    assert code(await market.firm.patch(path, json={"trl": 2}, headers=seen)) == (422, "stage_contradicts_trl")
    nulled = await market.firm.patch(path, json={"title": None}, headers=seen)
    assert code(nulled) == (422, "field_invalid")
    assert nulled.json()["errors"][0]["pointer"] == "/title"
    assert code(await market.firm.patch(path, json={"status": "PUBLISHED"}, headers=seen)) == (422, "field_invalid")
    emptied = await ok(market.firm.patch(path, json={"asking_price_fen": None}, headers=seen))
    assert emptied["asking_price_fen"] is None


async def test_a_published_achievement_is_not_changed(market: Market) -> None:
    published = await market.published()
    answer = await market.firm.patch(
        f"/v1/achievements/{published['id']}", json={"trl": 7}, headers={"if-match": f'"v{published["version"]}"'}
    )
    assert code(answer) == (409, "listing_state_conflict")


async def test_the_same_title_twice_is_refused_and_names_the_open_case(market: Market) -> None:
    draft = await market.draft()
    twin = await market.firm.post("/v1/achievements", json=plain(achievement_fields(title="高强　铝合金 精密铸造")))
    assert code(twin) == (409, "listing_duplicate")
    assert twin.json()["details"]["case_no"] == draft["case_no"]
    await ok(market.firm.post(f"/v1/achievements/{draft['id']}:withdraw", json={}))
    assert (await market.firm.post("/v1/achievements", json=plain(achievement_fields()))).status_code == 201


async def test_two_tabs_that_post_the_same_title_at_once_make_one_listing(market: Market) -> None:
    body = plain(achievement_fields())
    answers = await asyncio.gather(*[market.firm.post("/v1/achievements", json=body) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(await market.service.rows("SELECT id FROM achievement")) == 1


async def test_one_key_posts_once(market: Market) -> None:
    body, key = plain(need_fields()), {"idempotency-key": str(new_id())}
    first = await market.firm.post("/v1/needs", json=body, headers=key)
    again = await market.firm.post("/v1/needs", json=body, headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]


async def test_a_registered_firm_is_a_party_whatever_its_check_character(market: Market) -> None:
    wrong = FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1")
    fields = plain(achievement_fields(party_uscc=wrong, title="校验位不符的单位"))
    assert code(await market.city.post("/v1/achievements", json=fields)) == (422, "party_code_check_failed")
    await market.service.deliver(enterprise(wrong, "校验位示例有限公司"))
    written = {**fields, "party_uscc": f" {wrong.lower()}\u200b"}
    draft = await ok(market.city.post("/v1/achievements", json=written))
    assert (draft["party_uscc"], draft["party_name"]) == (wrong, "校验位示例有限公司")
    firm = market.service.client(Role.ENTERPRISE, party=wrong, scopes=[READ, WRITE])
    assert (await firm.get(f"/v1/achievements/{draft['id']}")).status_code == 200
    assert (await firm.get(f"/v1/listing-summaries/{wrong}")).status_code == 200


async def test_an_agency_posts_a_university_result_with_its_letter(market: Market) -> None:
    fields = achievement_fields(party_uscc=UNIVERSITY, party_name="示例大学")
    assert code(await market.agency.post("/v1/achievements", json=plain(fields))) == (422, "authority_missing")
    letter = {"authority_sha256": "ab" * 32, "authority_until_on": "2027-12-31"}
    draft = await ok(market.agency.post("/v1/achievements", json={**plain(fields), **letter}))
    assert draft["party_name"] == "示例大学"
    nameless = {**plain(achievement_fields(party_uscc=UNIVERSITY, title="另一成果")), **letter}
    assert code(await market.agency.post("/v1/achievements", json=nameless)) == (409, "party_unknown")


async def test_an_enterprise_does_not_post_for_another(market: Market) -> None:
    answer = await market.other.post("/v1/needs", json=plain(need_fields()))
    assert code(answer) == (403, "party_not_yours")
    assert answer.json()["errors"][0]["pointer"] == "/party_uscc"


async def test_a_firm_is_listed_under_its_own_unit(market: Market) -> None:
    answer = await market.firm.post("/v1/needs", json=plain(need_fields(unit_id="500112")))
    assert code(answer) == (422, "unit_not_of_party")
    assert answer.json()["details"] == {"unit_id": "500107"}


async def test_nobody_reviews_what_they_posted(market: Market) -> None:
    posted = await ok(market.city.post("/v1/achievements", json=plain(achievement_fields())))
    path = f"/v1/achievements/{posted['id']}"
    await ok(market.city.post(f"{path}:submit"))
    assert code(await market.city.post(f"{path}:review", json={"decision": "PUBLISH"})) == (403, "reviewer_is_poster")
    assert (await ok(market.district.post(f"{path}:review", json={"decision": "PUBLISH"})))["status"] == "PUBLISHED"


async def test_two_reviewers_do_not_decide_the_same_case(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    await ok(market.firm.post(f"{path}:submit"))
    await ok(market.district.post(f"{path}:review", json={"decision": "START"}))
    answer = await market.city.post(f"{path}:review", json={"decision": "PUBLISH"})
    assert code(answer) == (409, "review_held_by_another")


async def test_a_review_is_recorded_in_the_audit(market: Market) -> None:
    published = await market.published()
    (row,) = await market.service.rows("SELECT * FROM audit_entry WHERE action = 'achievement.review'")
    assert (row["subject"], row["uscc"]) == (f"achievement/{published['id']}", FIRM)
    assert row["detail"] == {"decision": "PUBLISH"}


async def test_a_listing_expires_after_its_last_day_and_others_are_told(market: Market) -> None:
    published = await market.published(valid_until_on="2026-11-30")
    need = await market.published("needs", valid_until_on="2026-12-01")
    market.service.clock.advance(timedelta(days=7))  # 2026-11-30, the last day
    await market.service.run_job("expire_listings")
    path = f"/v1/achievements/{published['id']}"
    assert (await ok(market.firm.get(path)))["status"] == "PUBLISHED"
    market.service.clock.advance(timedelta(days=1))
    await market.service.run_job("expire_listings")
    assert (await ok(market.firm.get(path)))["status"] == "EXPIRED"
    assert (await ok(market.firm.get(f"/v1/needs/{need['id']}")))["status"] == "PUBLISHED"
    assert [event.data.status for event in await market.service.events(CHANGED)] == [
        "PUBLISHED",
        "PUBLISHED",
        "EXPIRED",
    ]
    assert (await ok(market.other.get("/v1/achievements")))["items"] == []


async def test_a_withdrawn_draft_was_never_public_and_nobody_is_told(market: Market) -> None:
    draft = await market.draft("needs")
    withdrawn = await ok(market.firm.post(f"/v1/needs/{draft['id']}:withdraw", json={"reason": "已解决"}))
    assert (withdrawn["status"], withdrawn["review_note"]) == ("WITHDRAWN", "已解决")
    assert await market.service.events(CHANGED) == []


async def test_a_need_without_numbers_is_taken_and_asked_for_them(market: Market) -> None:
    draft = await market.draft("needs", core_indicators=["显著提高检出率"], budget_fen=None)
    assert [ask["field"] for ask in draft["asks"]] == ["core_indicators", "budget_fen"]


async def test_a_party_is_renamed_by_the_registry_only_if_the_news_is_newer(market: Market) -> None:
    await market.service.deliver(enterprise(FIRM, "示例精铸有限公司"), version=3)
    await market.service.deliver(enterprise(FIRM, "示例旧名有限公司"), version=2)
    assert (await market.draft())["party_name"] == "示例精铸有限公司"


async def test_an_agency_has_no_say_in_anothers_published_listing(market: Market) -> None:
    published = await market.published()
    agency = market.service.client(Role.AGENCY, party=AGENCY, scopes=["transfer.listing:write"])
    answer = await agency.post(f"/v1/achievements/{published['id']}:withdraw", json={})
    assert code(answer) == (403, "forbidden_role")

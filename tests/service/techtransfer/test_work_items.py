"""The work list of techtransfer: a listing waits for its reviewer, then for its poster, and for nobody else."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.service.techtransfer.conftest import READ, REVIEW, WRITE, Market, ok
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer
from tests.unit.techtransfer.builders import AGENCY, FIRM, OTHER

LIST = "/v1/work-items/techtransfer"
WORK = "work.item:read"
KINDS = {"achievements": "ACHIEVEMENT", "needs": "NEED"}


def readers(market: Market) -> dict[str, httpx.AsyncClient]:
    """Return those who may look at what waits, by what they are."""
    client, both = market.service.client, [WORK, READ, WRITE]
    return {
        "city": client(Role.CITY, scopes=[WORK, READ, REVIEW]),
        "auditor": client(Role.AUDITOR, scopes=[WORK, READ]),
        "district": client(Role.DISTRICT, unit="500107", scopes=[WORK, READ, REVIEW]),
        "reading district": client(Role.DISTRICT, unit="500107", scopes=[WORK, READ]),
        "other district": client(Role.DISTRICT, unit="500112", scopes=[WORK, READ, REVIEW]),
        "firm": client(Role.ENTERPRISE, party=FIRM, scopes=both),
        "other firm": client(Role.ENTERPRISE, party=OTHER, scopes=both),
        "agency": client(Role.AGENCY, party=AGENCY, scopes=both),
        "bank": client(Role.BANK, party=OTHER, scopes=[WORK, READ]),
        "blind": client(Role.CITY, scopes=[WORK]),
    }


async def waiting(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """Return the waiting listings of a client."""
    answer = await client.get(LIST, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def who_sees(market: Market) -> set[str]:
    """Return those for whom one listing waits."""
    return {who for who, client in readers(market).items() if len(await waiting(client)) == 1}


@pytest.mark.parametrize("noun", KINDS)
async def test_a_listing_waits_for_its_reviewer_then_for_its_poster_then_for_nobody(market: Market, noun: str) -> None:
    draft = await market.draft(noun)
    assert await who_sees(market) == set()
    submitted = await ok(market.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
    assert await who_sees(market) == {"city", "auditor", "district"}
    city = readers(market)["city"]
    (one,) = await waiting(city)
    assert (one["kind"], one["id"], one["case_no"]) == (KINDS[noun], draft["id"], draft["case_no"])
    assert (one["enterprise_uscc"], one["enterprise_name"], one["unit_id"]) == (FIRM, "示例铸造有限公司", "500107")
    assert (one["since_at"], one["due_on"]) == (submitted["submitted_at"], submitted["review_due_on"])
    assert (one["asked_en"], one["due_status"]) == ("to be taken into review", "LATER")
    assert [act["name"] for act in one["actions"]] == ["start", "publish", "return"]
    review = f"/v1/{noun}/{draft['id']}:review"
    returned = await ok(market.district.post(review, json={"decision": "RETURN", "note": "请补充"}))
    assert await who_sees(market) == {"city", "auditor", "firm"}
    (one,) = await waiting(readers(market)["firm"])
    assert (one["asked_en"], one["due_on"]) == ("to be corrected and submitted again", None)
    assert one["since_at"] == returned["updated_at"]
    assert [act["name"] for act in one["actions"]] == ["change", "submit", "withdraw"]
    await ok(market.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
    await ok(market.district.post(review, json={"decision": "PUBLISH"}))
    assert await who_sees(market) == set()


async def test_a_review_comes_near_and_passes_and_the_filter_says_the_same(market: Market) -> None:
    draft = await market.draft()
    submitted = await ok(market.firm.post(f"/v1/achievements/{draft['id']}:submit"))
    due = date.fromisoformat(submitted["review_due_on"])
    today = market.service.clock.now().date()
    for ahead, status in ((4, "LATER"), (3, "SOON"), (0, "SOON"), (-1, "OVERDUE")):
        market.service.clock.advance(timedelta(days=(due - today).days - ahead))
        today = due - timedelta(days=ahead)
        city = readers(market)["city"]
        (one,) = await waiting(city)
        assert one["due_status"] == status, ahead
        for asked in ("OVERDUE", "SOON", "LATER", "NONE"):
            assert len(await waiting(city, due_status=asked)) == (asked == status), (ahead, asked)


async def test_the_list_is_narrowed_and_counted_by_kind(market: Market) -> None:
    for noun in KINDS:
        draft = await market.draft(noun)
        await ok(market.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
    city = readers(market)["city"]
    assert [one["kind"] for one in await waiting(city, kind="NEED")] == ["NEED"]
    assert len(await waiting(city, unit_id="500107", enterprise_uscc=FIRM)) == 2
    assert await waiting(city, unit_id="500106") == []
    counts = await ok(city.get(f"{LIST}/counts"))
    assert (counts["counts"], counts["total"]) == ({"ACHIEVEMENT": 1, "NEED": 1}, 2)
    assert (await city.get("/v1/exports/work-items/techtransfer.csv")).text.count("待受理审核") == 2


async def test_the_work_list_reads_no_table_of_listings_from_end_to_end(
    market: Market, postgres: DatabaseServer
) -> None:
    await market.published()
    new = {"id": "gen_random_uuid()", "case_no": "'KC-' || n", "title_key": "'key-' || n"}
    await multiply(postgres, market.service, "achievement", 20_000, **new)
    draft = await market.draft(title="另一项成果")
    await ok(market.firm.post(f"/v1/achievements/{draft['id']}:submit"))
    who = readers(market)
    async with watched(market.service) as seen:
        found = {name: len(await waiting(who[name])) for name in ("city", "district", "firm", "agency")}
    assert found == {"city": 1, "district": 1, "firm": 0, "agency": 0}
    assert len(seen.said) > 3
    assert await seen.read_whole("achievement") == []

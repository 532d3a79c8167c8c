"""What strangers can do: nothing, whatever scopes they hold."""

import httpx
import pytest
from fastapi.routing import APIRoute

from shared.kernel.actor import Role
from tests.service.techtransfer.conftest import READ, REVIEW, WRITE, Market, ok, plain
from tests.unit.techtransfer.builders import AGENCY, OTHER, achievement_fields, need_fields

ALL = [READ, WRITE, REVIEW]
NOUNS = ["achievements", "needs"]
BODIES = {"review": {"decision": "PUBLISH"}, "withdraw": {}, "submit": None}


def strangers(market: Market) -> list[httpx.AsyncClient]:
    """Return bodies that have nothing to do with the firm, each holding every scope."""
    client = market.service.client
    return [
        client(Role.ENTERPRISE, party=OTHER, scopes=ALL),
        client(Role.ENTERPRISE, scopes=ALL, client_id="nobody"),
        client(Role.AGENCY, party=AGENCY, scopes=ALL),
        client(Role.BANK, party=AGENCY, scopes=ALL),
        client(Role.DISTRICT, unit="500112", scopes=ALL),
        client(Role.DISTRICT, scopes=ALL, client_id="district-of-nowhere"),
        client(Role.FUND_MANAGER, scopes=ALL),
    ]


async def actions(client: httpx.AsyncClient, path: str, version: int) -> list[httpx.Response]:
    """Try everything that changes a listing."""
    answers = [await client.post(f"{path}:{action}", json=body) for action, body in BODIES.items()]
    match = {"if-match": f'"v{version}"'}
    return [*answers, await client.patch(path, json={"title": "改名"}, headers=match)]


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_draft_does_not_exist_for_strangers(market: Market, noun: str) -> None:
    draft = await market.draft(noun)
    path = f"/v1/{noun}/{draft['id']}"
    for stranger in strangers(market):
        answers = [await stranger.get(path), await stranger.get(f"{path}/contact"), *await actions(stranger, path, 1)]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
        assert (await ok(stranger.get(f"/v1/{noun}?mine=true")))["items"] == []
    assert (await ok(market.firm.get(path)))["version"] == 1


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_published_listing_is_moved_by_no_stranger(market: Market, noun: str) -> None:
    published = await market.published(noun)
    path, version = f"/v1/{noun}/{published['id']}", published["version"]
    for stranger in strangers(market):
        answers = await actions(stranger, path, version)
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden_role")}
    assert (await ok(market.firm.get(path)))["version"] == version


async def test_the_district_reviews_and_does_not_manage(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    district = market.service.client(Role.DISTRICT, unit="500107", scopes=ALL)
    for answer in (await district.post(f"{path}:submit"), await district.post(f"{path}:withdraw", json={})):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role")


PUBLIC = "/v1/rule-sets"  # rules are read by everybody


async def test_every_route_asks_for_its_scope(market: Market) -> None:
    draft = await market.draft()
    nobody = market.service.client(Role.CITY, scopes=["credit.loan:read"], client_id="scopeless")
    tried = 0
    for route in market.service.app.routes:
        if isinstance(route, APIRoute) and route.path.startswith("/v1/") and not route.path.startswith(PUBLIC):
            words = dict.fromkeys(route.param_convertors, draft["id"])
            path = route.path.format(**words | {"uscc": draft["party_uscc"], "file_format": "csv"})
            for method in route.methods:
                answer = await nobody.request(method, path, json={})
                assert (answer.status_code, answer.json().get("code")) == (403, "forbidden_scope"), (method, path)
                tried += 1
    described = market.service.app.openapi()["paths"].items()
    guarded = [
        method for path, item in described if path.startswith("/v1/") and not path.startswith(PUBLIC) for method in item
    ]
    assert tried == len(guarded) > 0


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("field", ["id", "case_no", "status", "version", "posted_by", "published_at", "hidden_fields"])
async def test_what_only_the_platform_says_is_refused_in_a_body(stall: Market, noun: str, field: str) -> None:
    fields = achievement_fields(title="另一成果") if noun == "achievements" else need_fields()
    answer = await stall.firm.post(f"/v1/{noun}", json={**plain(fields), field: "PUBLISHED"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")

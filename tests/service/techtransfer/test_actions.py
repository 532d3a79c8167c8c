"""What a listing offers over HTTP: who is offered an act may do it, who is not is refused."""

from typing import Any

import pytest

from shared.kernel.actor import Role
from tests.service.techtransfer.conftest import READ, Market, ok

NOUNS = ["achievements", "needs"]


def offered(listing: dict[str, Any]) -> list[str]:
    """Return the names of what a listing offers."""
    return [one["name"] for one in listing["actions"]]


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_listing_offers_each_reader_what_he_may_do_and_nothing_else(market: Market, noun: str) -> None:
    draft = await market.draft(noun)
    path = f"/v1/{noun}/{draft['id']}"
    assert offered(draft) == ["change", "submit", "withdraw"]
    assert (await market.other.get(path)).status_code == 404
    assert (await market.district.post(f"{path}:review", json={"decision": "START"})).status_code == 409
    submitted = await ok(market.firm.post(f"{path}:submit"))
    assert offered(submitted) == ["withdraw"]
    seen = await ok(market.district.get(path))
    assert offered(seen) == ["start", "publish", "return"]
    assert {one["due_on"] for one in seen["actions"]} == {submitted["review_due_on"]}
    assert (await market.firm.post(f"{path}:review", json={"decision": "PUBLISH"})).status_code == 403
    started = await ok(market.district.post(f"{path}:review", json={"decision": "START"}))
    assert offered(started) == ["publish", "return"]
    assert offered(await ok(market.city.get(path))) == ["withdraw"], "another reviewer has it"
    published = await ok(market.district.post(f"{path}:review", json={"decision": "PUBLISH"}))
    assert offered(published) == []
    assert offered(await ok(market.other.get(path))) == []
    assert (await market.other.post(f"{path}:withdraw", json={})).status_code == 403
    assert offered(await ok(market.firm.post(f"{path}:withdraw", json={}))) == []


async def test_a_client_that_may_only_read_is_offered_nothing(market: Market) -> None:
    draft = await market.draft()
    path = f"/v1/achievements/{draft['id']}"
    reader = market.service.client(Role.ENTERPRISE, party=draft["party_uscc"], scopes=[READ], client_id="reader")
    own, other = await market.firm.get(path), await reader.get(path)
    assert (offered(own.json()), offered(other.json())) == (["change", "submit", "withdraw"], [])
    assert own.headers["etag"] != other.headers["etag"], "another reader's page is another one"
    changed = await market.firm.patch(path, json={"title": "新题目"}, headers={"if-match": own.headers["etag"]})
    assert changed.status_code == 200, changed.text

"""What a case offers over HTTP: who is offered an act may do it, who is not is refused."""

from typing import Any

import httpx

from shared.kernel.actor import Role
from tests.service.finance.world import BANK_A, BANK_B, UNIT, WAN, World, done


def offered(case: dict[str, Any]) -> list[str]:
    """Return the names of what a case offers."""
    return [one["name"] for one in case["actions"]]


async def tried(client: httpx.AsyncClient, application_id: str, verb: str, body: dict[str, Any]) -> int:
    """Try an act; return the status."""
    response = await client.post(f"/v1/loan-applications/{application_id}:{verb}", json=body or None)
    return response.status_code


async def test_an_application_offers_each_reader_what_he_may_do_and_nothing_else(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    url = f"/v1/loan-applications/{application['id']}"
    assert offered(application) == ["cancel"]
    seen = done(await world.bank().get(url))
    assert offered(seen) == ["accept", "return"]
    assert {one["due_on"] for one in seen["actions"]} == {application["answer_due_on"]}
    assert offered(done(await world.city.get(url))) == []
    assert (await world.bank(BANK_B).get(url)).status_code == 404
    for verb, body in (("reject", {"reason_code": "excessive_debt"}), ("acknowledge", {})):
        assert await tried(world.bank(), application["id"], verb, body) == 409
    assert await tried(world.city, application["id"], "accept", {}) == 403
    assert await tried(world.bank(BANK_B), application["id"], "accept", {}) == 404
    reviewed = await world.step(application["id"], "accept")
    assert offered(reviewed) == ["approve", "return", "reject"]
    approved = await world.step(application["id"], "approve", amount_fen=100 * WAN, term_months=12, bank_ref="A-7")
    assert [(one["name"], one["due_on"]) for one in approved["actions"]] == [("sign", approved["valid_until_on"])]
    await world.sign(application["id"])
    assert offered(done(await world.bank().get(url))) == []
    assert offered(done(await world.firm().get(url))) == []


async def test_a_client_without_the_scope_is_offered_nothing(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    reader = world.service.client(
        role=Role.BANK, party=application["bank_uscc"], scopes=["credit.application:read"], client_id="reader"
    )
    assert offered(done(await reader.get(f"/v1/loan-applications/{application['id']}"))) == []


async def test_the_manager_of_the_fund_is_offered_the_decision_on_cover_until_it_is_made(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    await world.contribute("CITY", 400 * WAN)
    await world.contribute("DISTRICT", 600 * WAN)
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    assert offered(cover) == []
    url = f"/v1/covers/{cover['id']}"
    assert offered(done(await world.manager.get(url))) == ["cover", "refuse"]
    assert (await world.bank().post(f"{url}:decide", json={"decision": "COVERED"})).status_code == 403
    assert offered(done(await world.manager.post(f"{url}:decide", json={"decision": "COVERED"}))) == []


async def test_cover_of_a_drawdown_that_was_repaid_offers_its_refusal_alone(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    await world.repay(drawdown["id"], 60 * WAN)
    read = done(await world.manager.get(f"/v1/covers/{cover['id']}"))
    assert offered(read) == ["refuse"]
    assert read["actions"][0]["reasons"] == "GET /v1/covers/reasons"


async def test_a_consent_offers_its_withdrawal_to_its_firm_until_it_is_withdrawn(world: World) -> None:
    await world.ready_firm()
    consent = done(await world.firm().get("/v1/consents", params={"bank_uscc": BANK_A}))["items"][0]
    url = f"/v1/consents/{consent['id']}"
    assert offered(done(await world.firm().get(url))) == ["withdraw"]
    assert offered(done(await world.bank().get(url))) == offered(done(await world.city.get(url))) == []
    assert (await world.bank().delete(url)).status_code == 403
    done(await world.firm().delete(url))
    assert offered(done(await world.firm().get(url))) == []
    assert (await world.firm().delete(url)).status_code == 409


async def test_an_account_of_the_fund_offers_a_contribution_to_the_city_alone(world: World) -> None:
    url = f"/v1/fund-accounts/{UNIT}"
    empty = done(await world.city.get(url))
    assert (offered(empty), empty["paid_in_fen"], empty["capacity_fen"]) == (["contribute"], 0, 0)
    assert offered(done(await world.manager.get(url))) == []
    await world.contribute("CITY", 400 * WAN)
    read = done(await world.city.get(url))
    assert (read["paid_in_city_fen"], read["district_due_fen"]) == (400 * WAN, 600 * WAN)
    assert read == {**done(await world.city.get("/v1/fund-accounts"))["items"][0], "actions": read["actions"]}
    assert offered(done(await world.city.get("/v1/fund-accounts/500105"))) == [], "this unit ended"
    assert (await world.city.get("/v1/fund-accounts/none")).status_code == 404

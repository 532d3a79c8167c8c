"""Cover over HTTP: capacity under parallel decisions, receipts, reasons, units."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from tests.service.finance.world import FIRM, UNIT, WAN, World, done, refused

OVER_CAPACITY = """
INSERT INTO fund_posting (id, unit_id, version, kind, amount_fen, cover_id, paid_in_city_after_fen,
                          paid_in_district_after_fen, exposure_after_fen, capacity_fen, created_at, created_by)
SELECT gen_random_uuid(), unit_id, 9, 'EXPOSURE', 1, '{cover}', 0, 0, 11, 10, now(), 'x' FROM fund_account
"""


async def filed(world: World, count: int, amount_fen: int) -> list[str]:
    """Return the ids of filed covers of one firm."""
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"], amount_fen=count * amount_fen)
    await world.approve(application["id"], amount_fen=count * amount_fen)
    loan = await world.sign(application["id"], principal_fen=count * amount_fen)
    found = []
    for _ in range(count):
        drawdown = await world.draw(loan["id"], amount_fen=amount_fen)
        found.append(done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)["id"])
    return found


async def test_cover_of_one_unit_in_parallel_never_exceeds_its_capacity(world: World) -> None:
    covers = await filed(world, 8, 10 * WAN)
    await world.contribute("CITY", 4 * WAN)  # carries 40, each cover exposes 8
    manager = world.manager

    async def decide(cover: str) -> httpx.Response:
        while True:
            response = await manager.post(f"/v1/covers/{cover}:decide", json={"decision": "COVERED"})
            if response.status_code != 503:
                return response

    answers = await asyncio.gather(*(decide(cover) for cover in covers))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [409] * 3
    late = next(answer for answer in answers if answer.status_code == 409)
    assert refused(late, "fund_capacity_exceeded")["details"] == {"left_fen": 0}
    account = done(await world.city.get("/v1/fund-accounts"))["items"][0]
    assert (account["exposure_fen"], account["capacity_left_fen"]) == (40 * WAN, 0)
    assert account["district_due_fen"] == 6 * WAN
    postings = done(await world.city.get(f"/v1/fund-accounts/{UNIT}/postings"))["items"]
    assert [one["exposure_after_fen"] for one in postings] == [40 * WAN, 32 * WAN, 24 * WAN, 16 * WAN, 8 * WAN, 0]


async def test_the_database_refuses_exposure_above_capacity_and_a_changed_posting(world: World) -> None:
    (cover,) = await filed(world, 1, 10 * WAN)
    await world.contribute("DISTRICT", WAN)
    done(await world.manager.post(f"/v1/covers/{cover}:decide", json={"decision": "COVERED"}))
    for statement in (
        "UPDATE fund_posting SET amount_fen = 1",
        "DELETE FROM fund_posting",
        "UPDATE fund_account SET exposure_fen = -1",
        OVER_CAPACITY.format(cover=cover),
    ):
        with pytest.raises(DBAPIError):
            async with world.service.db.engine.begin() as connection:
                await connection.exec_driver_sql(statement)


async def test_a_receipt_is_posted_once(world: World) -> None:
    body = {
        "contributor": "CITY",
        "amount_fen": 1,
        "receipt_no": "F-1",
        "value_on": "2026-11-20",
        "evidence": {"level": "DOCUMENT", "issued_on": "2026-11-20", "official_no": "回单1"},
    }
    url = f"/v1/fund-accounts/{UNIT}/contributions"
    done(await world.city.post(url, json=body), 201)
    refused(await world.city.post(url, json=body), "receipt_already_posted")
    refused(await world.city.post("/v1/fund-accounts/999999/contributions", json=body), "not_found", 404)
    refused(await world.city.post(url, json=body | {"amount_fen": 0}), "contribution_not_positive", 422)
    without = {name: value for name, value in body.items() if name != "evidence"}
    refused(await world.city.post(url, json=without), "field_invalid", 422)
    refused(await world.manager.post(url, json=body), "forbidden_scope", 403)


async def test_cover_filed_after_ten_working_days_is_refused_and_the_loan_stays(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    world.service.clock.advance(timedelta(days=15))
    url = f"/v1/drawdowns/{drawdown['id']}/cover"
    assert refused(await world.bank().post(url), "cover_filed_too_late")["details"] == {"due_on": "2026-12-07"}
    assert done(await world.bank().get(f"/v1/drawdowns/{drawdown['id']}"))["status"] == "DISBURSED"


async def test_a_refused_cover_names_its_reason_and_leaves_no_exposure(world: World) -> None:
    (cover,) = await filed(world, 1, 10 * WAN)
    url = f"/v1/covers/{cover}:decide"
    refused(await world.manager.post(url, json={"decision": "REFUSED"}), "cover_reason_missing", 422)
    body = {"decision": "REFUSED", "reason_code": "collateral_taken"}
    found = done(await world.manager.post(url, json=body))
    assert (found["status"], found["reason_code"], found["exposure_fen"]) == ("REFUSED", "collateral_taken", 0)
    refused(await world.manager.post(url, json=body), "cover_state_conflict")
    assert [event.data.status for event in await world.service.events("finance.cover.changed.v1")] == [
        "FILED",
        "REFUSED",
    ]


async def test_a_firm_that_moves_leaves_its_cover_with_the_unit_of_the_payout(world: World) -> None:
    (cover,) = await filed(world, 1, 10 * WAN)
    await world.tell_enterprise(FIRM, unit_id="500106")
    await world.contribute("CITY", 10 * WAN)
    covered = done(await world.manager.post(f"/v1/covers/{cover}:decide", json={"decision": "COVERED"}))
    assert covered["unit_id"] == UNIT

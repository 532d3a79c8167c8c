"""No body, path or query of finance gives a 500, whatever stands in it."""

from typing import Any

from tests.service.finance.world import BANK_B, FIRM, UNIT, World

EVIL: tuple[Any, ...] = (
    None,
    0,
    -1,
    1.5,
    10**16,
    10**30,
    "",
    "x" * 100,
    "x" * 5_000,
    "a\u0000b",
    "\u202e",
    "0001-01-01",
    "9999-12-31",
    "2027-01-01T00:00:00",
    "9999-12-31T23:59:59+00:00",
    [None],
    {},
    {"level": "DOCUMENT"},
)
PATHS = ("x", "0", "%00", "..%2F..", "01890000-0000-7000-8000-000000000000", "%E6%B1%9F", "9" * 300)

ROUTES = (
    "/v1/kvc-evaluations/{}",
    "/v1/kvc-evaluations?uscc={}",
    "/v1/kvc-evaluations?cursor={}",
    "/v1/credit-limits/{}",
    "/v1/loan-applications/{}",
    "/v1/loan-applications?status={}",
    "/v1/loans/{}",
    "/v1/drawdowns/{}",
    "/v1/covers/{}",
    "/v1/fund-accounts?cursor={}",
    "/v1/fund-accounts/{}/postings",
    "/v1/banks?limit={}",
    "/v1/lpr?on={}",
    "/v1/consents/{}",
)


async def bodies(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (client, route, good body) of each route that takes a body, on records where they would work."""
    evaluation = await world.ready_firm()
    waiting = await world.apply(evaluation["id"])
    reviewed = await world.apply(evaluation["id"])
    await world.step(reviewed["id"], "accept")
    approved = await world.apply(evaluation["id"])
    await world.approve(approved["id"])
    signed = await world.apply(evaluation["id"])
    await world.approve(signed["id"])
    loan = await world.sign(signed["id"])
    drawdown = await world.draw(loan["id"], amount_fen=10)
    url = "/v1/loan-applications"
    bank = {
        "uscc": BANK_B,
        "name": "示例",
        "agreement_from_on": "2026-01-01",
        "agreement_until_on": "2027-01-01",
        "decision_no": "1",
    }
    consent = {
        "bank_uscc": BANK_B,
        "purpose": "POST_LOAN",
        "scopes": ["DISPUTES"],
        "expires_at": "2027-01-01T00:00:00Z",
        "signer_name": "示例",
        "signer_capacity": "AGENT",
        "mandate_sha256": "0" * 64,
        "text_version": "2022-1",
        "signature": "x",
        "channel": "WEB",
    }
    receipt = {
        "contributor": "CITY",
        "amount_fen": 1,
        "receipt_no": "F",
        "value_on": "2026-11-01",
        "evidence": {"level": "DECLARED", "issued_on": "2026-11-01"},
    }
    repayment = {"bank_ref": "R", "amount_fen": 1, "value_on": "2026-11-23"}
    approval = {
        "amount_fen": 1,
        "term_months": 1,
        "valid_until_on": "2026-12-01",
        "conditions": "x",
        "bank_ref": "A",
    }
    return [
        ("firm", "/v1/kvc-evaluations", {"uscc": FIRM}),
        ("city", "/v1/banks", bank),
        ("firm", "/v1/consents", consent),
        ("firm", url, world.application_body(evaluation["id"])),
        ("bank", f"{url}/{waiting['id']}:return", {"note": "x"}),
        ("bank", f"{url}/{reviewed['id']}:reject", {"reason_code": "x", "note": "x"}),
        ("bank", f"{url}/{reviewed['id']}:approve", approval),
        ("bank", f"{url}/{approved['id']}:sign", world.contract()),
        ("bank", f"/v1/loans/{loan['id']}/drawdowns", world.note()),
        ("bank", f"/v1/drawdowns/{drawdown['id']}/repayments", repayment),
        ("manager", "/v1/covers/01890000-0000-7000-8000-000000000000:decide", {"decision": "COVERED"}),
        ("city", f"/v1/fund-accounts/{UNIT}/contributions", receipt),
    ]


async def test_no_value_of_any_field_gives_a_500(world: World) -> None:
    clients = {"firm": world.firm(), "bank": world.bank(), "city": world.city, "manager": world.manager}
    seen = set()
    for who, route, good in await bodies(world):
        for field in good:
            for value in EVIL:
                response = await clients[who].post(route, json=good | {field: value})
                assert response.status_code < 500, (route, field, value, response.text)
                if response.status_code >= 400:
                    problem = response.json()
                    assert problem["code"]
                    assert "{" not in problem["title"], problem
                seen.add(response.status_code)
    assert {200, 201, 400, 409, 422} <= seen


async def test_no_path_and_no_query_gives_a_500(world: World) -> None:
    for route in ROUTES:
        for value in PATHS:
            response = await world.city.get(route.format(value))
            assert response.status_code < 500, (route, value, response.text)


async def test_the_rate_of_a_day_is_told_with_its_rule_set(world: World) -> None:
    told = (await world.bank().get("/v1/lpr?on=2024-10-20")).json()
    assert (told["on"], told["rate_ppm"], told["rule_set_version"]) == ("2024-10-20", 33_500, "2025.2")
    assert (told["status"], told["published_on"], told["confidence"]) == ("RECORDED", "2024-07-22", "reported")
    reasons = (await world.manager.get("/v1/covers/reasons")).json()["items"]
    assert "collateral_taken" in {one["code"] for one in reasons}

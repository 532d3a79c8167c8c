"""Composed answers: in parallel, one call per service, and a missing part is named, never empty."""

import asyncio

import pytest

from gateway.settings import GatewaySettings
from gateway.upstream.pool import Upstream
from shared.kernel.ids import new_id
from tests.service.gateway.conftest import FIRM, GatewayWithEcho

OTHER = "91500107MA5U00002A"
PATHS = {
    "enterprise": f"/v1/enterprises/{FIRM}",
    "credit": f"/v1/credit-limits/{FIRM}",
    "portfolio": f"/v1/portfolios/{FIRM}",
    "listings": f"/v1/listing-summaries/{FIRM}",
}


def answers(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {path: (200, {"of": name}) for name, path in PATHS.items()}


def with_deadline(gateway: GatewayWithEcho, milliseconds: int) -> GatewaySettings:
    """Return the gateway's settings with another deadline for each part."""
    settings: GatewaySettings = gateway.service.app.state.settings
    return settings.model_copy(update={"part_deadline_ms": milliseconds})


async def test_the_overview_asks_each_service_once_and_in_parallel(
    gateway: GatewayWithEcho, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(gateway)
    token = await gateway.token("city")
    # No part is answered before all four were asked for.
    gateway.echo.awaits = asyncio.Barrier(len(PATHS)).wait
    monkeypatch.setitem(gateway.service.app.state._state, "settings", with_deadline(gateway, 30_000))
    async with gateway.http(token) as http:
        answer = await http.get(f"/v1/enterprises/{FIRM}/overview", headers={"x-request-id": "ov-1", "x-tenant": "z"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["complete"], body["missing"]) == (True, [])
    assert {name: part["data"] for name, part in body["parts"].items()} == {name: {"of": name} for name in PATHS}
    assert sorted(request.path for request in gateway.echo.seen) == sorted(PATHS.values())
    assert {request.headers["x-request-id"] for request in gateway.echo.seen} == {"ov-1"}
    assert {request.headers["authorization"] for request in gateway.echo.seen} == {f"Bearer {token}"}
    assert not any("x-tenant" in request.headers for request in gateway.echo.seen)


async def test_a_part_of_many_packets_is_read_to_its_end(gateway: GatewayWithEcho) -> None:
    answers(gateway)
    rows = [{"n": number, "text": "重庆" * 50} for number in range(5_000)]
    gateway.echo.answers[PATHS["portfolio"]] = (200, rows)
    async with gateway.http(await gateway.token("city")) as http:
        body = (await http.get(f"/v1/enterprises/{FIRM}/overview")).json()
    assert body["parts"]["portfolio"]["data"] == rows


async def test_a_part_says_whether_it_is_absent_forbidden_or_unanswered(gateway: GatewayWithEcho) -> None:
    answers(gateway)
    gateway.echo.answers[PATHS["credit"]] = (404, {"code": "not_found"})
    gateway.echo.answers[PATHS["portfolio"]] = (403, {"code": "forbidden_scope"})
    gateway.echo.answers[PATHS["listings"]] = (503, {"code": "unavailable"})
    async with gateway.http(await gateway.token("city")) as http:
        body = (await http.get(f"/v1/enterprises/{FIRM}/overview")).json()
    assert {name: part["status"] for name, part in body["parts"].items()} == {
        "enterprise": "present",
        "credit": "none",
        "portfolio": "forbidden",
        "listings": "unavailable",
    }
    assert (body["complete"], body["missing"]) == (False, ["listings"])
    assert body["parts"]["listings"] == {
        "status": "unavailable",
        "source": "techtransfer",
        "data": None,
        "code": "unavailable",
    }


async def test_a_slow_or_dead_service_costs_its_part_alone(
    gateway: GatewayWithEcho, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(gateway)
    upstreams = gateway.service.app.state.upstreams
    monkeypatch.setitem(upstreams, "ipr", Upstream("ipr", "http://127.0.0.1:1", in_flight=8))
    async with gateway.http(await gateway.token("city")) as http:
        monkeypatch.setitem(gateway.service.app.state._state, "settings", with_deadline(gateway, 30_000))
        body = (await http.get(f"/v1/enterprises/{FIRM}/overview")).json()
        monkeypatch.setitem(gateway.service.app.state._state, "settings", with_deadline(gateway, 200))
        # Nothing is answered before the overview is.
        answered = asyncio.Event()
        gateway.echo.awaits = answered.wait
        async with asyncio.timeout(30):
            slow = (await http.get(f"/v1/enterprises/{FIRM}/overview")).json()
        answered.set()
    assert body["missing"] == ["portfolio"]
    assert slow["missing"] == ["credit", "enterprise", "listings", "portfolio"]
    assert slow["parts"]["credit"]["code"] == "deadline_exceeded"


@pytest.mark.parametrize(
    ("client", "uscc", "status"),
    [
        ("enterprise-1", FIRM, 200),
        ("enterprise-1", OTHER, 404),
        ("bank-a", FIRM, 403),
        ("city", OTHER, 200),
        ("city", "not-a-code", 422),
    ],
)
async def test_the_overview_is_for_the_city_and_the_enterprise_itself(
    gateway: GatewayWithEcho, client: str, uscc: str, status: int
) -> None:
    answers(gateway)
    async with gateway.http(await gateway.token(client)) as http:
        answer = await http.get(f"/v1/enterprises/{uscc}/overview")
    assert answer.status_code == status
    if status >= 400:
        assert gateway.echo.seen == []


async def test_the_dossier_joins_the_credit_file_and_the_sheet(gateway: GatewayWithEcho) -> None:
    application = new_id()
    gateway.echo.answers = {
        f"/v1/loan-applications/{application}/credit-file": (200, {"grade": "B"}),
        f"/v1/ip-sheets/{application}": (200, {"rights": 3}),
    }
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.get(f"/v1/loan-applications/{application}/dossier")
    assert answer.status_code == 200
    parts = answer.json()["parts"]
    assert (parts["credit_file"]["data"], parts["ip_sheet"]["data"]) == ({"grade": "B"}, {"rights": 3})


@pytest.mark.parametrize(
    ("status", "code"), [(403, "consent_missing"), (404, "not_found"), (409, "application_closed")]
)
async def test_without_finances_yes_nothing_of_ipr_is_shown(gateway: GatewayWithEcho, status: int, code: str) -> None:
    application = new_id()
    gateway.echo.answers = {
        f"/v1/loan-applications/{application}/credit-file": (status, {"code": code, "status": status}),
        f"/v1/ip-sheets/{application}": (200, {"rights": "secret"}),
    }
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.get(f"/v1/loan-applications/{application}/dossier")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_while_finance_does_not_answer_there_is_no_dossier(gateway: GatewayWithEcho) -> None:
    application = new_id()
    gateway.echo.answers = {
        f"/v1/loan-applications/{application}/credit-file": (500, {"code": "internal"}),
        f"/v1/ip-sheets/{application}": (200, {"rights": "secret"}),
    }
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.get(f"/v1/loan-applications/{application}/dossier")
    assert (answer.status_code, answer.json()["code"], answer.json()["source"]) == (503, "unavailable", "finance")
    assert "secret" not in answer.text


async def test_one_document_describes_all_services_and_names_who_is_missing(gateway: GatewayWithEcho) -> None:
    def described(noun: str) -> dict[str, object]:
        return {
            "openapi": "3.1.0",
            "paths": {
                f"/v1/{noun}": {"get": {"responses": {"200": {"$ref": "#/components/schemas/Row"}}}},
                "/health/live": {"get": {}},
            },
            "components": {
                "schemas": {"Row": {"type": "object"}, "Problem": {"type": "object"}},
                "securitySchemes": {"oauth2": {"flows": {"clientCredentials": {"scopes": {f"{noun}:read": ""}}}}},
            },
        }

    gateway.service.app.state.catalogue._documents.clear()
    gateway.service.app.state.catalogue._fetched_at.clear()
    gateway.echo.answers = {"/openapi.json": (200, described("loans"))}
    async with gateway.http() as http:
        joined = (await http.get("/openapi.json")).json()
        docs = await http.get("/docs")
    assert "/v1/loans" in joined["paths"]
    assert "/oauth2/token" in joined["paths"]
    assert "/v1/enterprises/{uscc}/overview" in joined["paths"]
    assert list(joined["paths"]).count("/health/live") == 1
    reference = joined["paths"]["/v1/loans"]["get"]["responses"]["200"]["$ref"]
    assert reference.endswith(".Row")
    assert [name for name in joined["components"]["schemas"] if name.endswith(".Row")] == [reference.rpartition("/")[2]]
    assert "loans:read" in joined["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert joined["x-missing"] == []
    assert "/openapi.json" in docs.text


async def test_a_problem_code_of_any_service_is_explained_by_the_gateway(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {"/problems": (200, {"items": [{"code": "credit_line_exceeded", "status": 409}]})}
    async with gateway.http() as http:
        own = await http.get("/problems/token_invalid")
        theirs = await http.get("/problems/credit_line_exceeded")
        nobody = await http.get("/problems/no_such_code")
    assert own.json()["status"] == 401
    assert theirs.json() == {"code": "credit_line_exceeded", "status": 409}
    assert nobody.status_code == 404

"""E7: identities in headers are worth nothing, at the gateway and at each service behind it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.kernel.actor import Role
from shared.kernel.clock import SystemClock
from tests.fault.attack.routes import operations
from tests.fault.attack.test_mass_assignment import filled
from tests.service.finance.world import BANK_A, World
from tests.service.gateway.conftest import CLIENTS, Echo, GatewayWithEcho, demo_file
from tests.support.postgres import DatabaseServer
from tests.support.service import running_gateway, running_service
from tests.support.source import SERVICES

FORGED = {
    "x-tenant": "91500107MA5XTE8T03",
    "x-tenant-id": "1",
    "x-user": "root",
    "x-user-id": "root",
    "x-role": "city",
    "x-roles": "city,auditor",
    "x-scope": "credit.loan:write",
    "x-client-id": "city",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-user": "root",
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/admin",
    "x-real-ip": "127.0.0.1",
    "x-original-url": "/v1/banks",
    "x-rewrite-url": "/v1/banks",
    "x-http-method-override": "DELETE",
    "x-internal": "1",
    "x-gateway": "kechuang",
    "forwarded": "for=127.0.0.1;host=evil.test",
    "via": "1.1 gateway",
    "remote-user": "root",
    "cookie": "session=root",
    "connection": "authorization",
    "proxy-authorization": "Basic cm9vdDpyb290",
    "content-encoding": "gzip",
    "te": "trailers",
    "trailer": "authorization",
    "upgrade": "h2c",
}
ONWARD = {"accept", "authorization", "content-length", "content-type", "host", "x-request-id", "traceparent"}
ALONE = ("authorization", "idempotency-key", "content-type", "range")
"""Headers of one value; those that are lists may be written in several lines (RFC 9110, 5.3)."""


@pytest.fixture(scope="module")
async def gateway(postgres: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayWithEcho]:
    """The gateway, and behind it an upstream of another make that keeps what reached it."""
    echo = Echo()
    await echo.start()
    urls = {f"{name}_url": echo.url for name in SERVICES}
    demo = demo_file(tmp_path_factory.mktemp("gateway"), CLIENTS)
    async with running_gateway(postgres, demo_clients=demo, clock=SystemClock(), **urls) as service:
        yield GatewayWithEcho(service, echo)
    await echo.stop()


@pytest.mark.fault("E7")
async def test_forged_identities_do_not_reach_a_service(gateway: GatewayWithEcho) -> None:
    token = await gateway.token("bank-a")
    async with gateway.http(token) as http:
        for name, value in FORGED.items():
            gateway.echo.reset()
            answer = await http.post("/v1/loans", json={}, headers={name: value})
            assert answer.status_code == 201, (name, answer.text)
            reached = {header.lower() for header in gateway.echo.seen[0].headers}
            assert reached <= ONWARD, (name, reached - ONWARD)
            assert gateway.echo.seen[0].headers["authorization"] == f"Bearer {token}"
            assert value not in {gateway.echo.seen[0].headers.get("host"), gateway.echo.seen[0].path}
        gateway.echo.reset()
        answer = await http.get("/v1/loans", headers={**FORGED, "x-request-id": "../../etc/passwd\r\nx: y"[:16]})
        assert {header.lower() for header in gateway.echo.seen[0].headers} <= ONWARD
        assert gateway.echo.seen[0].headers["x-request-id"] == answer.headers["x-request-id"]
        assert "/" not in answer.headers["x-request-id"]


@pytest.mark.fault("E7")
async def test_a_header_that_comes_twice_is_refused_before_any_service_is_asked(gateway: GatewayWithEcho) -> None:
    token = await gateway.token("bank-a")
    gateway.echo.reset()
    async with gateway.http() as http:
        for name in ALONE:
            usual = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            twice = [(name, usual.get(name, "a")), (name.title(), "b")]
            headers = [*((key, value) for key, value in usual.items() if key != name), *twice]
            answer = await http.post("/v1/loans", content=b"{}", headers=headers)
            assert (answer.status_code, answer.json().get("code")) == (400, "request_unreadable"), (name, answer.text)
    assert gateway.echo.seen == []


@pytest.mark.fault("E7")
@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_called_past_the_gateway_asks_for_the_token_itself(name: str, postgres: DatabaseServer) -> None:
    async with running_service(name, postgres) as service, service.client(token="") as http:
        for operation in operations(service.app.openapi()):
            for headers in ({}, FORGED):
                sent = {"json": {}} if operation.body else {}
                answer = await http.request(operation.method, filled(operation.path), headers=headers, **sent)
                assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), operation
        assert not await service.rows("SELECT 1 FROM audit_entry")


@pytest.mark.fault("E7")
async def test_identities_beside_a_good_token_do_not_widen_what_it_shows(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    url = f"/v1/loan-applications/{application['id']}"
    stranger = world.service.client(Role.BANK, party="91500107MA5XTE8T03", scopes=["credit.application:read"])
    forged = {**FORGED, "x-tenant": BANK_A, "x-party": BANK_A}
    for headers in ({}, forged):
        assert (await stranger.get(url, headers=headers)).status_code == 404
    async with httpx.AsyncClient(transport=stranger._transport, base_url="http://finance.test") as bare:
        assert (await bare.get(url, headers=forged)).status_code == 401

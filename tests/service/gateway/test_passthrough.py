"""The pass-through: what goes on, what stays behind, and what happens when a service is slow, busy or gone."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.rules.route import OWNERS, is_plain, owner_of
from gateway.upstream.pool import Upstream
from tests.service.gateway.conftest import Echo, GatewayWithEcho


async def test_a_request_and_its_answer_pass_unchanged(gateway: GatewayWithEcho) -> None:
    token = await gateway.token("bank-a")
    async with gateway.http(token) as http:
        answer = await http.post(
            "/v1/loans/1/drawdowns?x=%E9%87%8D&y=1%202",
            json={"amount_fen": 5},
            headers={"idempotency-key": "k1", "x-request-id": "req-1", "accept-language": "en", "if-match": '"v1"'},
        )
    said = answer.json()
    assert answer.status_code == 201
    assert said["path"] == "/v1/loans/1/drawdowns?x=%E9%87%8D&y=1%202"
    headers = dict(said["headers"])
    assert headers["authorization"] == f"Bearer {token}"
    assert headers["idempotency-key"] == "k1"
    assert headers["if-match"] == '"v1"'
    assert headers["x-request-id"] == answer.headers["x-request-id"] == "req-1"
    assert headers["traceparent"].startswith("00-")
    assert gateway.echo.bodies == [b'{"amount_fen":5}']
    assert (answer.headers["etag"], answer.headers["location"]) == ('"v7"', "/v1/loans/1")


async def test_a_service_itself_says_which_methods_its_address_takes(gateway: GatewayWithEcho) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.options("/v1/loans")
    assert (answer.json()["method"], answer.headers["allow"]) == ("OPTIONS", "GET")


async def test_forged_identities_and_hop_headers_stay_behind(gateway: GatewayWithEcho) -> None:
    forged = {
        "x-tenant": "bank-b",
        "x-user": "root",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-user": "root",
        "forwarded": "for=127.0.0.1",
        "x-real-ip": "127.0.0.1",
        "cookie": "session=1",
        "connection": "close, x-drop",
        "x-drop": "1",
        "te": "trailers",
        "proxy-authorization": "Basic x",
        "upgrade": "h2c",
        "x-http-method-override": "DELETE",
        "host": "finance.internal",
    }
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.get("/v1/loans", headers=forged)
    names = {name for name, _ in answer.json()["headers"]}
    assert names == {"host", "authorization", "accept", "x-request-id", "traceparent"}
    assert dict(answer.json()["headers"])["host"] != "finance.internal"
    assert "x-internal" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("name", ["authorization", "idempotency-key", "content-type", "prefer"])
async def test_a_header_that_is_sent_twice_is_refused(gateway: GatewayWithEcho, name: str) -> None:
    token = await gateway.token("bank-a")
    async with gateway.http() as http:
        answer = await http.get("/v1/loans", headers=[("authorization", f"Bearer {token}"), (name, "a"), (name, "b")])
    assert (answer.status_code, answer.json()["code"]) == (400, "request_unreadable")
    assert gateway.echo.seen == []


async def test_without_a_good_token_nothing_reaches_a_service(gateway: GatewayWithEcho) -> None:
    for token, code in ((None, "token_missing"), ("a.b.c", "token_invalid")):
        async with gateway.http(token) as http:
            answer = await http.get("/v1/loans")
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert gateway.echo.seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/loans/%2e%2e/%2e%2e/metrics", "/v1/loans//x",
        "/v1/loans/%2Fx", "/v1/loans/..%5c", "/v1/loans;x=1/y", "/v1/unknown", "/v1/", "/v1/imports",
        "/v1/imports/unknown", "/v1/metrics",
    ],
)  # fmt: skip
async def test_an_address_nobody_owns_or_that_reads_two_ways_is_refused(gateway: GatewayWithEcho, path: str) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.request("GET", httpx.URL("http://gateway.test", raw_path=path.encode()))
    assert answer.status_code in {400, 404}
    assert answer.json()["source"] == "gateway"
    assert gateway.echo.seen == []


def test_every_noun_has_one_owner_and_actions_and_endings_follow_their_noun() -> None:
    assert owner_of("/v1/loan-applications/1:approve") == "finance"
    assert owner_of("/v1/exports/needs.csv") == "techtransfer"
    assert owner_of("/v1/imports/ip-rights/0199/report") == "ipr"
    assert owner_of("/v1/enterprises/915/filings/2025:submit") == "registry"
    assert owner_of("/v2/loans") is None
    assert owner_of("/health/ready") is None
    assert set(OWNERS.values()) == {"registry", "finance", "ipr", "techtransfer"}
    assert is_plain("/v1/loans/1:sign")
    for path in ("/v1/./loans", "/v1/../metrics", "/v1/loans/..", "/v1//loans", "/v1/loans/%2E%2e/x", "/v1/a\\b"):
        assert not is_plain(path)


async def test_a_large_answer_and_a_large_upload_stream_through(gateway: GatewayWithEcho) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"y" * 50_000

    async with gateway.http(await gateway.token("bank-a")) as http:
        big = await http.get("/v1/loans/big")
        upload = await http.post(
            "/v1/imports/filings", content=pieces(), headers={"content-type": "multipart/form-data; boundary=x"}
        )
        huge = await http.post("/v1/loans", content=pieces(), headers={"content-type": "application/json"})
    assert len(big.content) == 3_000_000
    assert upload.json()["size"] == 2_000_000
    assert (huge.status_code, huge.json()["code"]) == (413, "body_too_large")


async def test_a_slow_service_is_answered_for_in_time(gateway: GatewayWithEcho) -> None:
    gateway.echo.pause_s = 1.0
    settings = gateway.service.app.state.settings
    gateway.service.app.state.settings = settings.model_copy(update={"upstream_deadline_ms": 150})
    try:
        async with gateway.http(await gateway.token("bank-a")) as http:
            answer = await http.get("/v1/loans")
    finally:
        gateway.service.app.state.settings = settings
    assert (answer.status_code, answer.json()["code"], answer.json()["source"]) == (504, "deadline_exceeded", "finance")
    assert answer.json()["retryable"] is True


async def test_a_service_that_is_down_is_named_and_the_others_go_on(gateway: GatewayWithEcho) -> None:
    gone = Echo()
    await gone.start()
    await gone.stop()
    upstreams = gateway.service.app.state.upstreams
    before, upstreams["finance"] = upstreams["finance"], Upstream("finance", gone.url, in_flight=8)
    try:
        async with gateway.http(await gateway.token("bank-a")) as http:
            answer = await http.post("/v1/loans", json={}, headers={"idempotency-key": "k"})
            other = await http.get("/v1/enterprises/91500107MA5U00001A")
    finally:
        upstreams["finance"] = before
    assert (answer.status_code, answer.json()["code"], answer.json()["source"]) == (503, "unavailable", "finance")
    assert answer.headers["retry-after"] == "2"
    assert other.status_code == 200


async def test_a_keyed_write_is_sent_again_when_the_connection_broke_but_an_unkeyed_one_never(
    gateway: GatewayWithEcho,
) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        gateway.echo.drop = 1
        keyed = await http.post("/v1/loans", json={"a": 1}, headers={"idempotency-key": "again"})
        assert keyed.status_code == 201
        assert [request.headers["idempotency-key"] for request in gateway.echo.seen] == ["again", "again"]
        gateway.echo.reset()
        gateway.echo.drop = 1
        unkeyed = await http.post("/v1/loans", json={"a": 1})
    assert unkeyed.status_code == 503
    assert len(gateway.echo.seen) == 1


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_a_change_whose_key_no_service_keeps_is_sent_once(gateway: GatewayWithEcho, method: str) -> None:
    gateway.echo.drop = 1
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.request(method, "/v1/consents/1", headers={"idempotency-key": "once"})
    assert answer.status_code == 503
    assert len(gateway.echo.seen) == 1


async def test_retries_stay_within_a_tenth_of_the_calls(gateway: GatewayWithEcho) -> None:
    upstream = gateway.service.app.state.upstreams["finance"]
    upstream._budget.left = 3.0
    gateway.echo.drop = 10_000
    async with gateway.http(await gateway.token("bank-a")) as http:
        answers = await asyncio.gather(*(http.get("/v1/loans") for _ in range(40)))
    gateway.echo.drop = 0
    upstream._budget.left = 10.0
    assert {answer.status_code for answer in answers} == {503}
    assert len(gateway.echo.seen) <= 40 + 3 + 4


async def test_more_calls_than_a_service_may_have_are_told_to_wait_at_once(gateway: GatewayWithEcho) -> None:
    upstreams = gateway.service.app.state.upstreams
    upstreams["ipr"]._free, before = 2, upstreams["ipr"]._free
    gateway.echo.pause_s = 0.3
    try:
        async with gateway.http(await gateway.token("city")) as http:
            answers = await asyncio.gather(*(http.get("/v1/ip-rights") for _ in range(5)))
    finally:
        upstreams["ipr"]._free = before
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]


async def test_one_client_holds_its_share_of_a_service_and_the_others_are_served(
    gateway: GatewayWithEcho, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.service.app.state.upstreams["finance"], "_of_one_caller", 2)
    arrived, go = asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        arrived.release()
        await go.wait()

    gateway.echo.awaits = hold
    tokens = [await gateway.token("bank-a"), await gateway.token("city")]
    async with gateway.http(tokens[0]) as bank, gateway.http(tokens[1]) as city, asyncio.TaskGroup() as group:
        held = [group.create_task(bank.get("/v1/loans")) for _ in range(2)]
        for _ in held:
            await arrived.acquire()
        over = await bank.get("/v1/loans")
        other = group.create_task(city.get("/v1/loans"))
        await arrived.acquire()
        go.set()
    assert (over.status_code, over.json()["code"], over.headers["retry-after"]) == (429, "client_busy", "10")
    assert {task.result().status_code for task in (*held, other)} == {200}


@pytest.mark.parametrize("header", ["content-length", "traceparent", "x-request-id", "accept-language", "content-type"])
@pytest.mark.parametrize("value", ["", "-1", "9" * 400, "é", "\t", "1, 1", "multipart/form-data", "0x10"])
async def test_no_header_makes_the_gateway_fall(gateway: GatewayWithEcho, header: str, value: str) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.post("/v1/loans", content=b"{}", headers=[(header.encode(), value.encode("latin-1"))])
    assert answer.status_code < 500, (header, value, answer.text)

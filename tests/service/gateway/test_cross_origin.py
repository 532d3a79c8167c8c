"""Pages of other origins: a preflight is answered at the gateway, by setting; HEAD and lists of tags pass through."""

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from tests.service.gateway.conftest import GatewayWithEcho

PORTAL = "https://portal.example"


def preflight(origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,idempotency-key,if-match",
    }


@pytest.mark.parametrize("origin", [PORTAL, "http://localhost:5173"])
@pytest.mark.parametrize("path", ["/v1/loans", "/v1/enterprises/1/overview", "/oauth2/token", "/v1/nothing"])
async def test_a_preflight_of_an_admitted_origin_is_answered_without_a_token(
    gateway: GatewayWithEcho, origin: str, path: str
) -> None:
    async with gateway.http() as http:
        answer = await http.options(path, headers=preflight(origin))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    assert "PATCH" in answer.headers["access-control-allow-methods"].split(", ")
    taken = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "idempotency-key", "if-match", "content-type"} <= set(taken)
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    assert gateway.echo.seen == []


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://portal.example.evil", "null", "http://portal.example"]
)
async def test_a_preflight_of_another_origin_is_refused_with_the_way_out(gateway: GatewayWithEcho, origin: str) -> None:
    async with gateway.http() as http:
        answer = await http.options("/v1/loans", headers=preflight(origin))
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in answer.headers


async def test_an_answer_is_marked_for_the_origin_that_may_read_it(gateway: GatewayWithEcho) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        ours = await http.get("/v1/loans", headers={"origin": PORTAL})
        theirs = await http.get("/v1/loans", headers={"origin": "https://evil.example"})
        refused = await http.get("/v1/loans/..%2f", headers={"origin": PORTAL})
        plain = await http.get("/v1/loans")
    assert ours.headers["access-control-allow-origin"] == PORTAL
    assert "etag" in ours.headers["access-control-expose-headers"]
    assert refused.status_code >= 400
    assert refused.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-origin" not in theirs.headers
    assert "origin" not in plain.headers.get("vary", "").lower()


async def test_head_is_passed_on_as_head(gateway: GatewayWithEcho) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.head("/v1/loans")
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, b"", '"v7"')
    assert [request.method for request in gateway.echo.seen] == ["HEAD"]


async def test_a_list_of_tags_on_several_lines_is_passed_on_as_one(gateway: GatewayWithEcho) -> None:
    lines = [("if-none-match", '"a"'), ("if-none-match", 'W/"b"'), ("if-match", "*")]
    async with gateway.http(await gateway.token("bank-a")) as http:
        said = dict((await http.get("/v1/loans", headers=lines)).json()["headers"])
    assert (said["if-none-match"], said["if-match"]) == ('"a", W/"b"', "*")


async def test_options_without_a_preflight_asks_the_service_without_a_token(gateway: GatewayWithEcho) -> None:
    async with gateway.http() as http:
        answer = await http.options("/v1/loans")
    assert answer.headers["allow"] == "GET"
    assert [request.method for request in gateway.echo.seen] == ["OPTIONS"]


@pytest.mark.parametrize(
    "origins", ["*", "portal.example", "https://portal.example/path", "https://a.example,,", "ftp://x"]
)
def test_an_origin_is_a_scheme_and_a_host(origins: str) -> None:
    with pytest.raises(ValidationError, match="allowed_origins"):
        GatewaySettings(database_url="postgresql://x", allowed_origins=origins)


def test_nobody_is_admitted_unless_it_is_set() -> None:
    assert GatewaySettings(database_url="postgresql://x").origins() == frozenset()

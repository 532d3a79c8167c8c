"""The authorization code with PKCE: a frontend calls in the name of a person, once for each code, while they stay."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from gateway.usecases.authorization import challenge_of
from shared.kernel.clock import FixedClock
from tests.service.gateway.conftest import Echo
from tests.service.gateway.test_sign_in import PASSWORD, Console, Person
from tests.support.console import Browser
from tests.support.postgres import DatabaseServer
from tests.support.service import START, running_gateway

PORTAL, BACK = "portal", "https://portal.example/callback?from=kechuang"
# RFC 7636, appendix B.
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
FRONTENDS = [
    {"client_id": PORTAL, "title_zh": "门户", "title_en": "Portal", "redirect_uris": [BACK]},
    {"client_id": "other", "title_zh": "另一", "title_en": "Other", "redirect_uris": ["https://other.example/"]},
]


@pytest.fixture(scope="module")
async def console(postgres: DatabaseServer) -> AsyncIterator[Console]:
    echo, clock = Echo(), FixedClock(START)
    await echo.start()
    urls = {f"{name}_url": echo.url for name in ("registry", "finance", "ipr", "techtransfer")}
    async with running_gateway(postgres, clock=clock, frontends=FRONTENDS, **urls) as service:
        yield Console(service, echo, clock)
    await echo.stop()


def asked(**change: str) -> str:
    query = {
        "response_type": "code",
        "client_id": PORTAL,
        "redirect_uri": BACK,
        "state": "s t&a=te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": "credit.loan:read work.item:read",
        **change,
    }
    return f"/console/authorize?{urlencode(query)}"


def outside(console: Console) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(console.service.app, client=("10.0.0.3", 7))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test")


async def sent_back(browser: Browser, address: str) -> dict[str, str]:
    """Go on from the page that asks; return what the frontend is told."""
    page = await browser.open(address)
    link = page.page.select_one("main a.button-main")
    assert link is not None, page.text
    answer = await browser.http.get(str(link["href"]), follow_redirects=False)
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("https://portal.example/callback?from=kechuang&")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def code_of(console: Console, browser: Browser) -> tuple[Person, str]:
    person = await console.person()
    await browser.sign_in(person.login, PASSWORD)
    return person, (await sent_back(browser, asked()))["code"]


async def exchanged(console: Console, **form: str) -> tuple[int, dict[str, Any]]:
    told = {"grant_type": "authorization_code", "client_id": PORTAL, "redirect_uri": BACK, "code_verifier": VERIFIER}
    async with outside(console) as http:
        answer = await http.post("/oauth2/token", data={**told, **form})
    return answer.status_code, answer.json()


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


async def test_a_frontend_calls_in_the_name_of_a_person_with_a_part_of_their_scopes(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        page = await browser.sign_in(person.login, PASSWORD, to=asked())
        assert page.path == asked(), "sign-in leads back, with the whole question"
        assert page.heading == "前往门户"
        assert "查看贷款与借据" in page.text
        told = await sent_back(browser, asked())
    assert told["state"] == "s t&a=te"
    assert told["iss"] == "https://issuer.test"
    status, tokens = await exchanged(console, code=told["code"])
    assert (status, tokens["scope"]) == (200, "credit.loan:read work.item:read")
    actor = await console.service.app.state.verifier.verify(f"Bearer {tokens['access_token']}")
    assert (actor.client_id, actor.scopes) == (f"person.{person.account_id}", {"credit.loan:read", "work.item:read"})
    async with outside(console) as http:
        me = (await http.get("/v1/me", headers={"authorization": f"Bearer {tokens['access_token']}"})).json()
    assert me["login"] == person.login


async def test_a_code_counts_once_and_a_second_time_ends_what_the_first_gave(console: Console) -> None:
    async with console.browser() as browser:
        _, code = await code_of(console, browser)
        status, tokens = await exchanged(console, code=code)
        assert status == 200
        assert await exchanged(console, code=code) == (400, {**(await exchanged(console, code="x"))[1]})
        refreshed = await exchanged(console, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert (refreshed[0], refreshed[1]["error"]) == (400, "invalid_grant")


async def test_a_refresh_token_is_exchanged_once_and_a_second_time_ends_its_followers(console: Console) -> None:
    async with console.browser() as browser:
        _, code = await code_of(console, browser)
        _, first = await exchanged(console, code=code)
        status, second = await exchanged(console, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert status == 200
        assert second["refresh_token"] != first["refresh_token"]
        for token in (first["refresh_token"], second["refresh_token"]):
            assert (await exchanged(console, grant_type="refresh_token", refresh_token=token))[0] == 400


async def test_nothing_is_given_any_more_once_the_person_has_left(console: Console) -> None:
    for leave in ("sign out", "suspended", "rested"):
        async with console.browser() as browser:
            person, code = await code_of(console, browser)
            _, tokens = await exchanged(console, code=code)
            if leave == "sign out":
                await browser.send(await browser.open("/console/account"), "/console/sign-out")
            elif leave == "suspended":
                await console.suspend(person)
            else:
                console.clock.at += timedelta(minutes=31)
            told = await exchanged(console, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
            assert told[0] == 400, leave


@pytest.mark.parametrize(
    "form",
    [
        {"code_verifier": "another verifier of the same length, or so"},
        {"redirect_uri": "https://portal.example/callback"},
        {"client_id": "other"},
        {"code": "another"},
    ],
    ids=str,
)
async def test_a_code_is_given_to_nobody_but_its_frontend(console: Console, form: dict[str, str]) -> None:
    async with console.browser() as browser:
        _, code = await code_of(console, browser)
        status, told = await exchanged(console, **{"code": code, **form})
        assert (status, told["error"]) == (400, "invalid_grant")


async def test_a_code_ends_after_a_minute_and_an_unknown_frontend_is_none(console: Console) -> None:
    async with console.browser() as browser:
        _, code = await code_of(console, browser)
        status, told = await exchanged(console, code=code, client_id="nobody")
        assert (status, told["error"]) == (401, "invalid_client")
        assert (await exchanged(console, code=code, code_verifier=""))[1]["error"] == "invalid_request"
        console.clock.at += timedelta(seconds=60)
        assert (await exchanged(console, code=code))[0] == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "fund.cover:decide"}, "invalid_scope"),
    ],
)
@pytest.mark.parametrize("page", ["/console/authorize", "/console/authorize/go"])
async def test_what_is_asked_wrongly_is_told_to_the_frontend(
    console: Console, change: dict[str, str], error: str, page: str
) -> None:
    person = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        address = asked(**change).replace("/console/authorize", page)
        answer = await browser.http.get(address, follow_redirects=False)
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (told["error"], told["state"]) == ([error], ["s t&a=te"])
        assert "code" not in told


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://portal.example/callback"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{BACK}&more=1"},
        {"redirect_uri": "https://other.example/"},
    ],
    ids=json.dumps,
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(console: Console, change: dict[str, str]) -> None:
    person = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        for page in ("/console/authorize", "/console/authorize/go"):
            address = asked(**change).replace("/console/authorize", page)
            answer = await browser.http.get(address, follow_redirects=False)
            assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_the_metadata_name_what_a_frontend_needs(console: Console) -> None:
    async with outside(console) as http:
        told = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert told["authorization_endpoint"] == "https://issuer.test/console/authorize"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    assert set(told["grant_types_supported"]) == {"client_credentials", "authorization_code", "refresh_token"}

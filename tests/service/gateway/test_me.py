"""Who calls: people and clients are told who they are, for whom they act, and until when."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.kernel.actor import Role
from shared.kernel.role_scope import scopes_of
from tests.service.gateway.conftest import BANK as CLIENT_BANK
from tests.service.gateway.conftest import GatewayWithEcho
from tests.service.gateway.test_sign_in import _LIST, BANK, PASSWORD, Console, console, running

__all__ = ["console", "running"]
ME = "/v1/me"


async def token_of(console: Console, login: str) -> str:
    """Sign a person in and return the token with which their pages call."""
    async with console.browser() as browser:
        await browser.sign_in(login, PASSWORD, to=_LIST)
    seen = next(one for one in console.echo.seen if one.path == "/v1/loan-applications")
    return seen.headers["authorization"].removeprefix("Bearer ")


def caller(console: Console, token: str, language: str = "zh") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(console.service.app),
        base_url="http://gateway.test",
        headers={"authorization": f"Bearer {token}", "accept-language": language},
    )


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_person_is_told_name_body_scopes_and_both_ends(console: Console, language: str) -> None:
    person = await console.person()
    console.echo.answers["/v1/banks"] = (200, {"items": [{"uscc": BANK, "name": "示例银行"}], "next_cursor": None})
    token = await token_of(console, person.login)
    async with caller(console, token, language) as http:
        answer = await http.get(ME)
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["subject"] == f"person.{person.account_id}"
    assert (told["kind"], told["name"], told["login"]) == ("PERSON", "张三", person.login)
    assert (told["role"], told["party"], told["party_name"]) == ("bank", BANK, "示例银行")
    assert told["scopes"] == sorted(scopes_of("bank"))
    assert told["language"] == ("zh-CN" if language == "zh" else "en")
    now = console.clock.at
    assert datetime.fromisoformat(told["token_expires_at"]) - now == timedelta(minutes=10)
    assert datetime.fromisoformat(told["session_ends_at"]) - now == timedelta(minutes=30)
    assert told["missing"] == []


async def test_a_person_of_a_district_is_told_the_name_of_the_unit(console: Console) -> None:
    person = await console.person(Role.DISTRICT)
    async with console.browser() as browser:
        shown = await browser.sign_in(person.login, PASSWORD)
    assert "沙坪坝区" not in shown.text, "500107 is another district"
    assert "九龙坡区" in shown.text


async def test_a_service_that_is_away_leaves_the_name_of_the_body_open_and_is_named(console: Console) -> None:
    person = await console.person()
    console.echo.answers["/v1/banks"] = (503, {"code": "unavailable"})
    token = await token_of(console, person.login)
    async with caller(console, token) as http:
        told = (await http.get(ME)).json()
    assert (told["party"], told["party_name"], told["missing"]) == (BANK, None, ["finance"])
    async with console.browser() as browser:
        shown = await browser.sign_in(person.login, PASSWORD)
    assert BANK in shown.text


async def test_a_person_whose_session_has_ended_is_told_nothing(console: Console) -> None:
    person = await console.person()
    token = await token_of(console, person.login)
    async with console.browser() as browser:
        screen = await browser.sign_in(person.login, PASSWORD)
        await browser.send(screen, "/console/account/sessions/end")
    async with caller(console, token) as http:
        assert (await http.get(ME)).status_code == 401


async def test_a_client_is_told_its_title_and_that_it_has_no_session(gateway: GatewayWithEcho) -> None:
    token = await gateway.token("bank-a")
    async with gateway.http(token) as http:
        told = (await http.get(ME, headers={"accept-language": "en"})).json()
    assert (told["subject"], told["kind"], told["login"]) == ("bank-a", "CLIENT", None)
    assert (told["role"], told["party"], told["party_name"]) == ("bank", CLIENT_BANK, None)
    assert told["session_ends_at"] is None
    assert datetime.fromisoformat(told["token_expires_at"]).tzinfo == UTC
    assert gateway.echo.seen == [], "its scopes do not read banks"


async def test_without_a_token_there_is_nobody_to_tell_of(gateway: GatewayWithEcho) -> None:
    async with gateway.http() as http:
        answer = await http.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")

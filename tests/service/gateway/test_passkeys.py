"""Passkeys on the pages, answered by a device of the tests: added, asked for, alone or beside a password, removed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.kernel.clock import FixedClock
from tests.service.gateway.conftest import Echo
from tests.service.gateway.test_accounts import admin, post
from tests.service.gateway.test_sign_in import PASSWORD, Console, Person
from tests.support.authenticator import Device
from tests.support.console import Browser, Screen
from tests.support.postgres import DatabaseServer
from tests.support.service import START, running_gateway

ORIGIN = "https://console.test"
KEYS = "/console/account/passkeys"


@pytest.fixture(scope="module")
async def console(postgres: DatabaseServer) -> AsyncIterator[Console]:
    echo, clock = Echo(), FixedClock(START)
    await echo.start()
    urls = {f"{name}_url": echo.url for name in ("registry", "finance", "ipr", "techtransfer")}
    async with running_gateway(postgres, clock=clock, console_origin=ORIGIN, **urls) as service:
        yield Console(service, echo, clock)
    await echo.stop()


def question(screen: Screen) -> str:
    form = screen.page.select_one("form[data-passkey]")
    assert form is not None, screen.text
    assert form.has_attr("hidden"), "a script shows it where there is a device"
    return str(form["data-question"])


def asks(screen: Screen) -> bool:
    return screen.page.select_one("form[data-passkey]") is not None


async def with_passkey(console: Console, browser: Browser, **of_device: bool) -> tuple[Person, Device]:
    """Return a person who has signed in and added a passkey."""
    person, device = await console.person(), replace(Device(ORIGIN), **of_device)
    page = await browser.sign_in(person.login, PASSWORD, to=KEYS)
    done = await browser.send(page, KEYS, name="办公电脑 <b>", credential=device.add(question(page)))
    assert (done.path, done.status) == (KEYS, 200), done.faults()
    assert "办公电脑 <b>" in done.text
    return person, device


async def by_passkey(browser: Browser, device: Device) -> Screen:
    asked = await browser.open("/console/sign-in?to=/console/account")
    return await browser.send(asked, "/console/sign-in/passkey", credential=device.sign(question(asked)))


async def test_a_passkey_signs_in_without_a_password_when_its_device_makes_sure_of_the_person(
    console: Console,
) -> None:
    async with console.browser() as browser:
        person, device = await with_passkey(console, browser)
    async with console.browser() as browser:
        arrived = await by_passkey(browser, device)
        assert arrived.path == "/console/account"
        assert person.login in arrived.text
        device.verifies = False
    async with console.browser() as browser:
        refused = await by_passkey(browser, device)
        assert refused.status == 422
        assert "通行密钥未能登录" in refused.text
    assert ("session.refused", "refused", "passkey") in await console.audited(person)


async def test_with_a_passkey_the_password_alone_opens_nothing(console: Console) -> None:
    async with console.browser() as browser:
        person, device = await with_passkey(console, browser, verifies=False)
    async with console.browser() as browser:
        asked = await browser.sign_in(person.login, PASSWORD)
        assert asked.path.startswith("/console/sign-in/code")
        assert asked.page.select_one("input[name=code]") is None, "this person has no codes"
        assert (await browser.open("/console/account")).path.startswith("/console/sign-in")
        told = json.loads(question(asked))
        assert [one["transports"] for one in told["allowCredentials"]] == [["usb"]]
        answer = device.sign(question(asked))
        assert (
            await browser.send(asked, "/console/sign-in/code/passkey", credential=answer)
        ).path == "/console/account"


async def test_an_answer_counts_once_and_for_the_browser_that_was_asked(console: Console) -> None:
    async with console.browser() as browser:
        _, device = await with_passkey(console, browser)
    async with console.browser() as browser, console.browser() as thief:
        asked = await browser.open("/console/sign-in")
        answer = device.sign(question(asked))
        page = await thief.open("/console/sign-in")
        assert (await thief.send(page, "/console/sign-in/passkey", credential=answer)).status == 422
        assert (await browser.send(asked, "/console/sign-in/passkey", credential=answer)).path != asked.path
        browser.cookies.pop("__Host-console")
        assert (await browser.send(asked, "/console/sign-in/passkey", credential=answer)).status == 422


async def test_a_device_whose_count_goes_back_was_copied_and_opens_nothing(console: Console) -> None:
    async with console.browser() as browser:
        _, device = await with_passkey(console, browser)
    async with console.browser() as browser:
        assert (await by_passkey(browser, device)).path == "/console/account"
    device.count = 0
    async with console.browser() as browser:
        assert (await by_passkey(browser, device)).status == 422


async def test_an_answer_of_another_site_another_key_or_no_device_opens_nothing(console: Console) -> None:
    async with console.browser() as browser:
        _, device = await with_passkey(console, browser)
    stranger = Device(ORIGIN)
    forged = replace(device, key=stranger.key)
    async with console.browser() as browser:
        for one in (replace(device, origin="https://evil.test"), stranger, forged):
            assert (await by_passkey(browser, one)).status == 422
        asked = await browser.open("/console/sign-in")
        for text in ("", "{}", "[]", "null", "x" * 20_000, '{"response": {"clientDataJSON": 5}}'):
            assert (await browser.send(asked, "/console/sign-in/passkey", credential=text)).status == 422, text[:20]


async def test_a_suspended_person_is_not_let_in_by_a_passkey(console: Console) -> None:
    async with console.browser() as browser:
        person, device = await with_passkey(console, browser)
    await console.suspend(person)
    async with console.browser() as browser:
        assert (await by_passkey(browser, device)).status == 422


async def test_a_passkey_is_added_once_named_and_removed_by_its_person_alone(console: Console) -> None:
    async with console.browser() as browser, console.browser() as foreign:
        person, device = await with_passkey(console, browser)
        page = await browser.open(KEYS)
        again = await browser.send(page, KEYS, name="x", credential=device.add(question(page)))
        assert again.status == 422
        unnamed = await browser.send(page, KEYS, name=" ", credential=Device(ORIGIN).add(question(page)))
        assert len(unnamed.faults()) == 1
        removal = page.page.select_one("form[action$='/remove']")
        assert removal is not None
        other = await console.person()
        page_of_other = await foreign.sign_in(other.login, PASSWORD, to=KEYS)
        data = {"form_token": page_of_other.fields(KEYS)["form_token"]}
        assert (await foreign.http.post(str(removal["action"]), data=data)).status_code == 404
        assert "还没有通行密钥" in (await browser.send(page, str(removal["action"]))).text
    async with console.browser() as browser:
        assert (await by_passkey(browser, device)).status == 422
        assert (await browser.sign_in(person.login, PASSWORD)).path == "/console/account", (
            "the password is enough again"
        )


async def test_a_new_first_password_takes_the_passkeys_away(console: Console) -> None:
    async with console.browser() as browser:
        person, device = await with_passkey(console, browser)
    operator = await admin(console)
    read = (await operator.http.get(f"/v1/accounts/{person.account_id}")).json()
    assert read["has_second_factor"] is True
    reset = (await post(operator, f"/v1/accounts/{person.account_id}:reset-password")).json()
    assert reset["has_second_factor"] is False
    async with console.browser() as browser:
        assert (await by_passkey(browser, device)).status == 422


async def test_at_another_address_than_its_own_no_device_is_asked_and_the_page_says_where(console: Console) -> None:
    person = await console.person()
    async with Browser(console.service.app, url="https://other.test") as browser:
        assert not asks(await browser.open("/console/sign-in"))
        page = await browser.sign_in(person.login, PASSWORD, to=KEYS)
        assert not asks(page)
        assert ORIGIN in page.text


async def test_the_page_of_the_second_factor_is_for_who_has_begun_to_sign_in(console: Console) -> None:
    async with console.browser() as browser:
        assert (await browser.open("/console/sign-in/code")).path.startswith("/console/sign-in?to=")

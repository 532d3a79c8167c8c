"""Sign-in by another issuer on real HTTP: who is bound gets in, whoever its token does not prove does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from joserfc.jwk import RSAKey

from shared.kernel.actor import Role
from shared.kernel.clock import FixedClock
from shared.kernel.ids import new_id
from tests.service.gateway.conftest import Echo
from tests.service.gateway.test_accounts import OTHER_BANK, admin, post
from tests.service.gateway.test_sign_in import BANK, PASSWORD, Console, Person
from tests.support.console import Browser, Screen
from tests.support.issuer import CLIENT, SECRET, Provider
from tests.support.postgres import DatabaseServer
from tests.support.service import START, running_gateway

BEGIN = "/console/sign-in/issuer?to=/console/account"


@dataclass
class Both:
    console: Console
    provider: Provider

    async def bound(self) -> tuple[Person, str]:
        """Return a person to whose account a subject is bound."""
        person, subject = await self.console.person(), f"s-{new_id().hex[-12:]}"
        operator = await admin(self.console)
        made = await post(operator, f"/v1/accounts/{person.account_id}/identities", {"subject": subject})
        assert made.status_code == 201, made.text
        return person, subject


@pytest.fixture(scope="module")
async def running(postgres: DatabaseServer) -> AsyncIterator[Both]:
    echo, provider, clock = Echo(), Provider(now=START.timestamp()), FixedClock(START)
    await echo.start()
    await provider.start()
    urls = {f"{name}_url": echo.url for name in ("registry", "finance", "ipr", "techtransfer")}
    oidc = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    more = {"oidc_title": "示例统一认证", "console_origin": "https://console.test"}
    async with running_gateway(postgres, clock=clock, **oidc, **more, **urls) as service:
        yield Both(Console(service, echo, clock), provider)
    await provider.stop()
    await echo.stop()


@pytest.fixture
def both(running: Both) -> Both:
    running.provider.reset()
    return running


async def sent_away(browser: Browser) -> str:
    """Follow the link of the sign-in; return where the browser is sent."""
    page = await browser.open("/console/sign-in?to=/console/account")
    link = page.page.select_one("a[href*='/sign-in/issuer']")
    assert link is not None
    answer = await browser.http.get(str(link["href"]), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def signed_in(both: Both, browser: Browser, subject: str) -> Screen:
    return await browser.open(both.provider.let_in(await sent_away(browser), subject))


async def test_who_is_bound_signs_in_there_and_is_led_to_the_page_that_was_asked_for(both: Both) -> None:
    person, subject = await both.bound()
    async with both.console.browser() as browser:
        arrived = await signed_in(both, browser, subject)
        assert arrived.path == "/console/account"
        assert person.login in arrived.text
        assert "__Host-issuer" not in browser.cookies


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_who_is_not_bound_is_told_the_identifier_for_the_administrator(both: Both, language: str) -> None:
    async with both.console.browser(language) as browser:
        refused = await signed_in(both, browser, "nobody-of-ours")
        assert refused.status == 422
        assert "nobody-of-ours" in refused.text
        assert (await browser.open("/console/account")).path.startswith("/console/sign-in")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(START.timestamp()) - 60},
        {"exp": None},
        {"iat": int(START.timestamp()) + 600},
        {"iat": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_proves_nobody(both: Both, claims: dict[str, object]) -> None:
    _, subject = await both.bound()
    both.provider.claims = claims
    async with both.console.browser() as browser:
        refused = await signed_in(both, browser, subject)
        assert refused.status == 422
        assert "未能确认您的身份" in refused.text


@pytest.mark.parametrize("how", ["another key", "the public key as a secret", "none"])
async def test_a_token_of_another_key_or_algorithm_proves_nobody(both: Both, how: str) -> None:
    _, subject = await both.bound()
    if how == "another key":
        both.provider.signs_by = RSAKey.generate_key(2048, {"kid": "1"})
    elif how == "none":
        both.provider.header = {"alg": "none"}
    else:
        both.provider.header = {"alg": "HS256"}
    async with both.console.browser() as browser:
        assert (await signed_in(both, browser, subject)).status == 422


async def test_a_code_counts_in_the_browser_that_was_sent_away_and_once(both: Both) -> None:
    _, subject = await both.bound()
    async with both.console.browser() as browser, both.console.browser() as thief:
        back = both.provider.let_in(await sent_away(browser), subject)
        assert (await thief.open(back)).status == 400
        await sent_away(thief)
        assert (await thief.open(back)).status == 400
        kept = dict(browser.cookies)
        assert (await browser.open(back)).path == "/console/account"
        browser.cookies.clear()
        browser.cookies.update(kept)
        assert (await browser.open(back)).status == 422, "the issuer takes a code once"
        assert (await browser.open("/console/sign-in/issuer/back?error=access_denied&state=x")).status == 400


async def test_an_issuer_that_is_down_or_speaks_for_another_is_told_in_words_and_the_password_still_opens(
    both: Both,
) -> None:
    person, subject = await both.bound()
    issuer = both.console.service.app.state.issuer
    issuer._document_at = issuer._keys_at = float("-inf")
    for change in ({"is_down": True}, {"document": {"issuer": "https://evil.test"}}, {"document": {"jwks_uri": 5}}):
        both.provider.reset()
        for name, value in change.items():
            setattr(both.provider, name, value)
        async with both.console.browser() as browser:
            screen = await browser.open(BEGIN)
            assert screen.status == 503
            assert "统一身份认证暂无答复" in screen.text
            assert (await browser.send(screen, login=person.login, password=PASSWORD)).path == "/console/account"
    both.provider.reset()
    async with both.console.browser() as browser:
        back = both.provider.let_in(await sent_away(browser), subject)
        both.provider.is_down = True
        assert (await browser.open(back)).status == 503


async def test_a_suspended_person_is_not_let_in_and_a_second_factor_of_ours_is_asked_for(both: Both) -> None:
    person, subject = await both.bound()
    state = both.console.service.app.state
    async with state.db.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE account SET code_confirmed = true WHERE id = '{person.account_id}'")
    async with both.console.browser() as browser:
        assert (await signed_in(both, browser, subject)).path.startswith("/console/sign-in/code")
    await both.console.suspend(person)
    async with both.console.browser() as browser:
        assert (await signed_in(both, browser, subject)).status == 422


async def test_an_identity_is_bound_once_by_an_administrator_of_the_body_and_released(both: Both) -> None:
    person, subject = await both.bound()
    url = f"/v1/accounts/{person.account_id}"
    own, foreign = await admin(both.console, Role.BANK, BANK), await admin(both.console, Role.BANK, OTHER_BANK)
    other = await both.console.person()
    taken = await post(own, f"/v1/accounts/{other.account_id}/identities", {"subject": subject})
    assert (taken.status_code, taken.json()["code"]) == (409, "identity_taken")
    assert (await post(foreign, f"{url}/identities", {"subject": "x"})).status_code == 404
    mine = await post(own, f"/v1/accounts/{own.account_id}/identities", {"subject": "x"})
    assert (mine.status_code, mine.json()["code"]) == (409, "account_is_own")
    (identity,) = (await own.http.get(url)).json()["identities"]
    gone = f"{url}/identities/{identity['id']}"
    assert (await foreign.http.delete(gone)).status_code == 404
    assert (await own.http.delete(f"{url}/identities/{new_id()}")).status_code == 404
    async with both.console.browser() as browser:
        await browser.sign_in(own.login, PASSWORD)
        page = await browser.open(f"/console/people/{person.account_id}")
        released = await browser.send(page, f"/console/people/{person.account_id}/identities/{identity['id']}/release")
        assert "已解除绑定" in released.text
        bind = await browser.open(f"/console/people/{person.account_id}/bind-identity")
        assert subject in (await browser.send(bind, subject=subject)).text
    assert len((await own.http.get(url)).json()["identities"]) == 1
    actions = [action for action, _, _ in await both.console.audited(person)]
    assert actions.count("account.identity_bound") == 2
    assert actions.count("account.identity_released") == 1

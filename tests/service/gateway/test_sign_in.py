"""People sign in to the console: what a browser gets, what it never gets, and when it is out again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from gateway.rules.account import AccountTerms
from gateway.usecases import account as accounts
from gateway.usecases.password import Passwords
from shared.kernel.actor import Role, system_actor
from shared.kernel.clock import FixedClock
from shared.kernel.ids import new_id
from shared.kernel.role_scope import scopes_of
from shared.telemetry import configure_logging
from tests.service.gateway.conftest import Echo
from tests.support.console import Browser, Screen
from tests.support.postgres import DatabaseServer
from tests.support.service import START, RunningService, running_gateway

PASSWORD = "correct horse battery staple"
BANK = "91500000DEMBANKA1R"
_LIST = "/console/loan-applications"


@dataclass
class Person:
    login: str
    account_id: str


@dataclass
class Console:
    service: RunningService
    echo: Echo
    clock: FixedClock

    async def person(self, role: Role = Role.BANK, *, first: bool = False, password: str = PASSWORD) -> Person:
        """Register somebody; `first` leaves the password a first one."""
        state = self.service.app.state
        login = f"p{new_id().hex[-12:]}"
        hashed = await state.passwords.hash(password)
        party = {Role.BANK: BANK, Role.ENTERPRISE: "91500107DEMF00011W"}.get(role)
        unit = "500107" if role is Role.DISTRICT else None
        scopes = [] if role is Role.OPERATOR else list(scopes_of(role.value))
        terms = AccountTerms(login=login, role=role, party=party, unit_id=unit, scopes=scopes)
        async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
            held = await accounts.register(tx, terms, "张三", password_hash=hashed)
            held.must_change = first
            return Person(login, str(held.id))

    async def suspend(self, person: Person) -> None:
        state = self.service.app.state
        async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
            await accounts.suspend(tx, UUID(person.account_id))

    def browser(self, language: str = "zh") -> Browser:
        return Browser(self.service.app, language=language)

    async def audited(self, person: Person) -> list[tuple[str, str, str]]:
        state = self.service.app.state
        async with state.db.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT action, outcome, detail ->> 'reason' FROM audit_entry WHERE subject = :subject ORDER BY 1"
                ),
                {"subject": f"account/{person.account_id}"},
            )
            return [tuple(row) for row in rows]  # type: ignore[misc]


@pytest.fixture(scope="module")
async def running(postgres: DatabaseServer) -> AsyncIterator[Console]:
    echo = Echo()
    await echo.start()
    urls = {f"{name}_url": echo.url for name in ("registry", "finance", "ipr", "techtransfer")}
    clock = FixedClock(START)
    async with running_gateway(postgres, clock=clock, **urls) as service:
        yield Console(service, echo, clock)
    await echo.stop()


@pytest.fixture
def console(running: Console) -> Console:
    running.echo.reset()
    running.echo.answers["/v1/loan-applications"] = (200, {"items": [], "next_cursor": None})
    return running


def _signed_in(screen: Screen) -> bool:
    return not screen.path.startswith("/console/sign-in")


async def test_a_person_signs_in_and_is_led_to_the_page_that_was_asked_for(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        asked = await browser.open(f"{_LIST}?status=SUBMITTED")
        assert asked.path.startswith("/console/sign-in")
        assert asked.heading == "登录"
        arrived = await browser.send(asked, login=f" {person.login.upper()} ", password=PASSWORD)
        assert arrived.path == f"{_LIST}?status=SUBMITTED"
        assert "张三" in arrived.page.text
        assert "合作银行" in arrived.page.text


async def test_the_token_stays_on_the_server_and_the_cookie_is_out_of_reach_of_scripts(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        arrived = await browser.sign_in(person.login, PASSWORD, to=_LIST)
        (seen,) = [one for one in console.echo.seen if one.path == "/v1/loan-applications"]
        token = seen.headers["authorization"].removeprefix("Bearer ")
        assert token.count(".") == 2
        actor = await console.service.app.state.verifier.verify(f"Bearer {token}")
        assert (actor.client_id, actor.role, actor.party) == (f"person.{person.account_id}", Role.BANK, BANK)
        answers = [*arrived.answer.history, arrived.answer]
        assert all(token not in one.text and token not in str(one.headers) for one in answers)
        assert "cookie" not in seen.headers
        cookies = [line for one in answers for line in one.headers.get_list("set-cookie")]
        (session,) = [line for line in cookies if line.startswith("__Host-console=")]
        for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert word.casefold() in session.casefold()


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_wrong_unknown_locked_and_suspended_are_told_alike(console: Console, language: str) -> None:
    right, suspended = await console.person(), await console.person()
    await console.suspend(suspended)
    told = []
    async with console.browser(language) as browser:
        for login, password in ((right.login, "wrong"), ("nobody-here", PASSWORD), (suspended.login, PASSWORD)):
            screen = await browser.sign_in(login, password)
            told.append((screen.status, screen.faults(), screen.fields()["login"] == login))
            assert PASSWORD not in screen.answer.text
        assert told == [told[0]] * 3
        assert told[0][0] == 422
        for _ in range(4):
            await browser.sign_in(right.login, "wrong")
        assert (await browser.sign_in(right.login, PASSWORD)).faults() == told[0][1], "locked"
        console.clock.at += timedelta(minutes=15)
        assert _signed_in(await browser.sign_in(right.login, PASSWORD))
    reasons = [reason for _, outcome, reason in await console.audited(right) if outcome == "refused"]
    assert sorted(reasons) == ["locked", *["wrong"] * 5]


async def test_a_session_ends_when_it_rests_and_at_its_longest(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        for _ in range(4):
            console.clock.at += timedelta(minutes=29)
            assert _signed_in(await browser.open("/console/account"))
        console.clock.at += timedelta(minutes=30)
        assert not _signed_in(await browser.open("/console/account"))
        await browser.sign_in(person.login, PASSWORD)
        for _ in range(25):
            console.clock.at += timedelta(minutes=28)
            assert _signed_in(await browser.open("/console/account"))
        console.clock.at += timedelta(minutes=21)
        assert not _signed_in(await browser.open("/console/account")), "twelve hours are the longest"


async def test_a_suspended_person_is_out_at_once(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        assert _signed_in(await browser.sign_in(person.login, PASSWORD))
        await console.suspend(person)
        assert not _signed_in(await browser.open("/console/account"))


async def test_signing_out_ends_the_session_also_for_whoever_kept_its_cookie(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser, console.browser() as thief:
        screen = await browser.sign_in(person.login, PASSWORD)
        thief.cookies["__Host-console"] = browser.cookies["__Host-console"]
        assert _signed_in(await thief.open("/console/account"))
        out = await browser.send(screen, "/console/sign-out")
        assert "已退出登录" in out.text
        assert not _signed_in(await thief.open("/console/account"))


async def test_a_person_ends_other_sessions_and_nobody_elses(console: Console) -> None:
    person, other = await console.person(), await console.person()
    async with console.browser() as here, console.browser() as there, console.browser() as foreign:
        await there.sign_in(person.login, PASSWORD)
        mine = await here.sign_in(person.login, PASSWORD)
        ends = [str(form["action"]) for form in mine.page.select("form[action*='/account/sessions/']")]
        (one,) = [action for action in ends if not action.endswith("sessions/end")]
        stranger = await foreign.sign_in(other.login, PASSWORD)
        fields = {"form_token": stranger.fields("/console/account/sessions/end")["form_token"]}
        assert (await foreign.http.post(one, data=fields)).status_code == 404
        assert _signed_in(await there.open("/console/account"))
        await here.send(mine, one)
        assert not _signed_in(await there.open("/console/account"))
        await there.sign_in(person.login, PASSWORD)
        await here.send(await here.open("/console/account"), "/console/account/sessions/end")
        assert not _signed_in(await there.open("/console/account"))
        assert _signed_in(await here.open("/console/account"))


async def test_a_first_password_opens_its_own_change_and_nothing_else(console: Console) -> None:
    person = await console.person(first=True)
    async with console.browser() as browser, console.browser() as other:
        assert (await browser.sign_in(person.login, PASSWORD, to=_LIST)).path == "/console/account/password"
        await other.sign_in(person.login, PASSWORD)
        screen = await browser.open(_LIST)
        assert screen.path == "/console/account/password"
        assert console.echo.seen == []
        new = "another horse with wings"
        wrong = await browser.send(screen, present="x", password="short", again="other")
        assert len(wrong.faults()) == 3
        assert (await browser.send(screen, present=PASSWORD, password=new, again=new)).path == "/console/account"
        assert (await browser.open(_LIST)).path == _LIST
        assert not _signed_in(await other.open("/console/account")), "other sessions end with the old password"
        assert not _signed_in(await other.sign_in(person.login, PASSWORD))
        assert _signed_in(await other.sign_in(person.login, new))


async def test_a_password_of_older_parameters_is_hashed_anew_when_it_is_typed_right(console: Console) -> None:
    old = await Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1), "").hash(PASSWORD)
    person = await console.person()
    state = console.service.app.state
    async with state.db.engine.begin() as connection:
        await connection.execute(
            text("UPDATE account SET password_hash = :old WHERE id = :id"), {"old": old, "id": person.account_id}
        )

    async def held() -> str:
        async with state.db.engine.connect() as connection:
            found = await connection.execute(
                text("SELECT password_hash FROM account WHERE id = :id"), {"id": person.account_id}
            )
            return str(found.scalar_one())

    async with console.browser() as browser:
        await browser.sign_in(person.login, "wrong")
        assert await held() == old
        assert _signed_in(await browser.sign_in(person.login, PASSWORD))
    assert await held() != old
    assert not state.passwords.hasher.check_needs_rehash(await held())
    async with console.browser() as browser:
        assert _signed_in(await browser.sign_in(person.login, PASSWORD))
    actions = [action for action, _, _ in await console.audited(person)]
    assert actions.count("account.password_rehashed") == 1


async def test_with_a_second_factor_the_password_alone_opens_nothing_and_a_code_counts_once(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        offered = await browser.send(await browser.open("/console/account/code"))
        secret = offered.page.select_one("p.code")
        assert secret is not None
        codes = pyotp.TOTP(secret.text)
        assert (await browser.send(offered, code="000000")).status == 422
        now = int(console.clock.at.timestamp())
        assert (await browser.send(offered, code=codes.at(now))).path == "/console/account"
    async with console.browser() as browser:
        asked = await browser.sign_in(person.login, PASSWORD, to=_LIST)
        assert asked.heading == "第二步验证"
        assert not _signed_in(await browser.open("/console/account"))
        used = await browser.send(asked, code=codes.at(now))
        assert used.status == 422, "the code that confirmed was used"
        console.clock.at += timedelta(seconds=30)
        assert (await browser.send(asked, code=codes.at(now + 30))).path == _LIST


async def test_a_sign_in_that_another_site_sends_or_that_leads_to_another_site_is_of_no_use(console: Console) -> None:
    person = await console.person()
    async with console.browser() as browser:
        bare = await browser.http.post("/console/sign-in", data={"login": person.login, "password": PASSWORD})
        assert bare.status_code == 403
        screen = await browser.open("/console/sign-in?to=https://evil.example/")
        arrived = await browser.send(screen, login=person.login, password=PASSWORD, to="//evil.example/console")
        assert arrived.answer.url.host == "console.test"


async def test_no_page_of_a_role_is_there_for_another_and_a_stranger_is_asked_to_sign_in(console: Console) -> None:
    person = await console.person(Role.AUDITOR)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        assert (await browser.open("/console/loan-applications/x/approve")).status == 404
        assert console.echo.seen == []


async def test_passwords_tokens_and_names_are_in_no_log(console: Console, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging("gateway", "INFO")
    person = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(person.login, "wrong-password-typed")
        await browser.sign_in(person.login, PASSWORD)
        session = browser.cookies["__Host-console"]
        await browser.open(_LIST)
    configure_logging("gateway", "WARNING")
    out = "".join(capfd.readouterr())
    assert '"path":"/console/loan-applications"' in out
    for secret in (PASSWORD, "wrong-password-typed", session, "张三", person.login):
        assert secret not in out

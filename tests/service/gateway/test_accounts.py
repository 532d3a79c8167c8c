"""Accounts of people over HTTP and on their pages: who sees whom, what is shown once, what each act leaves."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from gateway.rules.account import AccountTerms
from gateway.rules.account_act import ADMINISTRATION
from gateway.usecases import account as accounts
from gateway.usecases.token import sign_person
from shared.kernel.actor import Role, system_actor
from shared.kernel.ids import new_id
from shared.kernel.role_scope import scopes_of
from tests.service.gateway.test_sign_in import BANK, PASSWORD, Console, console, running

__all__ = ["console", "running"]
OTHER_BANK = "91500000DEMBANKB2X"
NEW_PASSWORD = "several words of nothing at all"


@dataclass
class Admin:
    """A person who administers, and a client with their token."""

    login: str
    account_id: str
    http: httpx.AsyncClient


async def admin(console: Console, role: Role = Role.OPERATOR, party: str | None = None) -> Admin:
    state = console.service.app.state
    login = f"a{new_id().hex[-12:]}"
    given = [] if role is Role.OPERATOR else sorted(ADMINISTRATION)
    terms = AccountTerms(login=login, role=role, party=party, scopes=[*scopes_of(role.value), *given])
    hashed = await state.passwords.hash(PASSWORD)
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        held = await accounts.register(tx, terms, "管理员", password_hash=hashed)
        held.must_change = False
    settings = state.settings
    token = sign_person(
        state.keyring,
        held,
        new_id(),
        issuer=settings.issuer,
        audience=settings.audience,
        now=state.clock.now(),
        lifetime=timedelta(seconds=settings.token_lifetime_s),
    )
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(console.service.app),
        base_url="http://gateway.test",
        headers={"authorization": f"Bearer {token}"},
    )
    return Admin(login, str(held.id), http)


async def post(one: Admin, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
    return await one.http.post(path, json=body, headers={"idempotency-key": key or str(new_id())})


def person(login: str | None = None, **more: object) -> dict[str, object]:
    return {"login": login or f"n{new_id().hex[-12:]}", "name": "李四", "role": "bank", "party": BANK, **more}


async def test_an_operator_makes_a_person_whose_first_password_is_shown_once_and_opens_its_change(
    console: Console,
) -> None:
    operator, key, body = await admin(console), str(new_id()), person()
    made = await post(operator, "/v1/accounts", body, key=key)
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/v1/accounts/{told['id']}"
    assert (told["full_name"], told["name"], told["must_change"]) == ("李四", "李**", True)
    assert told["scopes"] == list(scopes_of("bank"))
    again = await post(operator, "/v1/accounts", body, key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {**told, "first_password": None}
    async with console.service.app.state.db.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT convert_from(body, 'utf8') FROM idempotency_key"))).scalars()
        assert not [one for one in kept if told["first_password"] in str(one)]
    async with console.browser() as browser:
        screen = await browser.sign_in(str(body["login"]), told["first_password"])
        assert screen.path == "/console/account/password"
        typed = {"present": told["first_password"], "password": NEW_PASSWORD, "again": NEW_PASSWORD}
        assert (await browser.send(screen, **typed)).path == "/console/account"


async def test_an_administrator_of_a_body_sees_and_changes_its_people_alone(console: Console) -> None:
    operator = await admin(console)
    own, foreign = await admin(console, Role.BANK, BANK), await admin(console, Role.BANK, OTHER_BANK)
    made = (await post(own, "/v1/accounts", person())).json()
    url = f"/v1/accounts/{made['id']}"
    listed = [one["id"] for one in (await own.http.get("/v1/accounts?limit=200&sort=NEWEST")).json()["items"]]
    assert made["id"] in listed
    assert foreign.account_id not in listed
    assert operator.account_id not in listed
    for step in (
        await foreign.http.get(url),
        await post(foreign, f"{url}:suspend", {"reason": "x"}),
        await post(foreign, f"{url}:resume"),
        await post(foreign, f"{url}:reset-password"),
        await post(foreign, f"{url}:end-sessions"),
        await own.http.get(f"/v1/accounts/{operator.account_id}"),
    ):
        assert (step.status_code, step.json()["code"]) == (404, "not_found"), step.request.url
    for body in (person(party=OTHER_BANK), person(role="city", party=None), person(is_administrator=True)):
        refused = await post(own, "/v1/accounts", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden_role")
        assert "平台运维方" in refused.text
    assert (await post(operator, "/v1/accounts", person(is_administrator=True))).json()["is_administrator"] is True
    assert (await own.http.get(url)).status_code == 200


async def test_a_suspended_person_is_out_and_in_again_by_an_administrator_and_each_act_is_recorded(
    console: Console,
) -> None:
    operator, someone = await admin(console), await console.person()
    url = f"/v1/accounts/{someone.account_id}"
    async with console.browser() as browser:
        await browser.sign_in(someone.login, PASSWORD)
        assert len((await operator.http.get(url)).json()["sessions"]) == 1
        told = (await post(operator, f"{url}:suspend", {"reason": "离职"})).json()
        assert (told["status"], told["sessions"]) == ("SUSPENDED", [])
        assert [one["name"] for one in told["actions"]] == ["resume", "reset-password", "end-sessions"]
        assert (await browser.open("/console/account")).path.startswith("/console/sign-in")
        again = await post(operator, f"{url}:suspend", {"reason": "离职"})
        assert (again.status_code, again.json()["code"]) == (409, "account_state_conflict")
        assert (await post(operator, f"{url}:resume")).json()["status"] == "ACTIVE"
        await browser.sign_in(someone.login, PASSWORD)
        await post(operator, f"{url}:end-sessions")
        assert (await browser.open("/console/account")).path.startswith("/console/sign-in")
        reset = (await post(operator, f"{url}:reset-password")).json()
        assert (await browser.sign_in(someone.login, PASSWORD)).status == 422
        assert (await browser.sign_in(someone.login, reset["first_password"])).path == "/console/account/password"
    actions = [action for action, _, _ in await console.audited(someone)]
    for action in (
        "account.read",
        "account.suspended",
        "account.active",
        "account.sessions_ended",
        "account.password_reset",
    ):
        assert action in actions


async def test_nobody_administers_their_own_account(console: Console) -> None:
    operator = await admin(console)
    url = f"/v1/accounts/{operator.account_id}"
    assert (await operator.http.get(url)).json()["actions"] == []
    for verb, body in (("suspend", {"reason": "x"}), ("reset-password", None), ("end-sessions", None)):
        refused = await post(operator, f"{url}:{verb}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_is_own")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"party": "91500000DEMBANKA1X"}, "client_party_invalid"),
        ({"scopes": ["fund.cover:decide"]}, "client_scope_beyond_role"),
        ({"role": "district", "party": None}, "client_role_unusable"),
        ({"role": "system", "party": None}, "client_role_unusable"),
        ({"role": "district", "party": None, "unit_id": "500105"}, "client_unit_unknown"),
        ({"role": "district", "party": None, "unit_id": "500999"}, "field_invalid"),
        ({"login": "Zhang San"}, "field_invalid"),
    ],
)
async def test_what_is_no_account_is_refused(console: Console, change: dict[str, object], code: str) -> None:
    operator = await admin(console)
    refused = await post(operator, "/v1/accounts", person(**change))
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_login_is_taken_once_and_a_person_without_the_scope_administers_nobody(console: Console) -> None:
    operator, someone = await admin(console), await console.person()
    taken = await post(operator, "/v1/accounts", person(someone.login))
    assert (taken.status_code, taken.json()["code"]) == (409, "account_exists")
    async with console.browser() as browser:
        await browser.sign_in(someone.login, PASSWORD)
        assert (await browser.open("/console/people")).status == 404
        assert "/console/people" not in (await browser.open("/console/account")).answer.text


async def test_accounts_are_counted_and_taken_away_without_names(console: Console) -> None:
    own = await admin(console, Role.BANK, BANK)
    counts = (await own.http.get("/v1/accounts/counts?role=bank")).json()
    assert counts["counts"]["ACTIVE"] >= 1
    exported = await own.http.get("/v1/exports/accounts.csv")
    assert own.login in exported.text
    assert "管理员," not in exported.text
    found = (await own.http.get("/v1/accounts", params={"login": own.login[:8].upper()})).json()["items"]
    assert own.login in [one["login"] for one in found]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_operator_makes_suspends_and_resets_a_person_on_the_pages(console: Console, language: str) -> None:
    operator, login = await admin(console), f"p{new_id().hex[-12:]}"
    async with console.browser(language) as browser:
        await browser.sign_in(operator.login, PASSWORD, to="/console/people")
        form = await browser.open("/console/people/new")
        bad = await browser.send(form, login=login, name="王五", role="bank", party="91500000DEMBANKA1X")
        assert (bad.status, len(bad.faults())) == (422, 1)
        assert bad.fields()["login"] == login
        shown = await browser.send(bad, party=BANK)
        password = shown.page.select_one("p.code")
        assert password is not None, shown.text
        again = await browser.send(bad, party=BANK)
        assert again.page.select_one("p.code") is None, "sent twice it is the same account, and shown once"
        link = shown.page.select_one("a.button-main")
        assert link is not None
        one = await browser.open(str(link["href"]))
        assert "王五" in one.heading
        suspend = await browser.open(f"{one.path}/suspend")
        done = await browser.send(suspend, reason="离职 <b>")
        assert ("已停用" if language == "zh" else "Suspended") in done.text
        reset = await browser.send(await browser.open(f"{one.path}/reset-password"))
        assert reset.page.select_one("p.code") is not None
        assert login in (await browser.open(f"/console/people?login={login}")).text


async def test_an_administrator_of_a_bank_makes_people_of_the_bank_without_naming_it(console: Console) -> None:
    own, login = await admin(console, Role.BANK, BANK), f"p{new_id().hex[-12:]}"
    async with console.browser() as browser:
        form = await browser.sign_in(own.login, PASSWORD, to="/console/people/new")
        assert not {"role", "party", "unit_id", "is_administrator"} & set(form.fields())
        assert (await browser.send(form, login=login, name="赵六")).page.select_one("p.code") is not None
    found = (await own.http.get("/v1/accounts", params={"login": login})).json()["items"]
    assert [(one["role"], one["party"]) for one in found] == [("bank", BANK)]

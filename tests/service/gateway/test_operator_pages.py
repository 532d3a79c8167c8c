"""The operator over HTTP and in a browser: clients, keys, health, and events that could not be handled."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from gateway.models import Client
from gateway.rules.client import AccountStatus, ClientTerms, Grant
from gateway.usecases import client as clients
from gateway.usecases.token import _sign
from shared.kernel.actor import Role, system_actor
from shared.kernel.ids import new_id
from shared.kernel.role_scope import scopes_of
from tests.service.gateway.test_sign_in import BANK, PASSWORD, Console, Person, console, running

__all__ = ["console", "running"]
LETTERS = "/v1/dead-letters/finance"
LETTER = {
    "id": 7,
    "status": "WAITING",
    "handler": "finance.evaluation.registry",
    "subject": "registry.filing.accepted.v1",
    "event_id": None,
    "reason": "KeyError: 'assets_fen' <script>",
    "deliveries": 5,
    "parked_at": "2026-11-23T02:00:00Z",
    "replayed_at": None,
    "discarded_at": None,
    "discard_reason": None,
    "content": {"uscc": "91500107DEMF00011W"},
}


async def operator(console: Console) -> Person:
    person = await console.person(Role.OPERATOR)
    state = console.service.app.state
    async with state.db.engine.begin() as connection:
        await connection.execute(
            text("UPDATE account SET scopes = CAST(:scopes AS json) WHERE login = :login"),
            {"scopes": json.dumps(list(scopes_of("operator"))), "login": person.login},
        )
    return person


async def registered(console: Console) -> tuple[str, str]:
    """Return id and secret of a new client of a bank."""
    state = console.service.app.state
    name = f"c{new_id().hex[-12:]}"
    terms = ClientTerms(
        client_id=name, role=Role.BANK, party=BANK, scopes=["credit.loan:read"], title_zh="对接程序", title_en="program"
    )
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        return name, await clients.register(tx, terms)


async def gets_token(console: Console, client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    async with console.service.client(token="") as http:
        return (await http.post("/oauth2/token", data=form)).status_code == 200


async def test_a_client_is_shut_out_for_a_reason_and_let_in_again(console: Console) -> None:
    person, (client_id, secret) = await operator(console), await registered(console)
    assert await gets_token(console, client_id, secret)
    async with console.browser() as browser:
        screen = await browser.sign_in(person.login, PASSWORD, to=f"/console/clients?client_id={client_id}")
        assert [one.text for one in screen.page.select("tbody th")] == [client_id]
        nothing = await browser.send(await browser.open(f"/console/clients/{client_id}/suspend"))
        assert nothing.status == 422
        after = await browser.send(await browser.open(f"/console/clients/{client_id}/suspend"), reason="合同终止")
        assert after.path == f"/console/clients/{client_id}"
        assert "已停用" in after.heading
        assert not await gets_token(console, client_id, secret)
        again = await browser.send(await browser.open(f"/console/clients/{client_id}/suspend"), reason="合同终止")
        assert (again.status, len(again.faults())) == (422, 1)
        await browser.send(await browser.open(f"/console/clients/{client_id}/resume"))
    assert await gets_token(console, client_id, secret)
    rows = await console.service.rows(
        "SELECT client_id, detail ->> 'reason' AS reason FROM audit_entry"
        " WHERE action = 'client.suspended' AND subject = :subject",
        subject=f"client/{client_id}",
    )
    assert [tuple(row.values()) for row in rows] == [(f"person.{person.account_id}", "合同终止")]


async def test_a_new_secret_is_shown_once_and_the_old_one_ends(console: Console) -> None:
    person, (client_id, secret) = await operator(console), await registered(console)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        screen = await browser.open(f"/console/clients/{client_id}/renew-secret")
        shown = await browser.send(screen)
        new = shown.page.select_one("main p.code").text  # type: ignore[union-attr]
        assert await gets_token(console, client_id, new)
        assert not await gets_token(console, client_id, secret)
        repeated = await browser.send(screen)
        assert new not in repeated.answer.text
        assert "不能再次显示" in repeated.text
    assert await gets_token(console, client_id, new), "the repeated form gave no other secret"


async def test_nobody_but_the_operator_reaches_clients_keys_and_health(console: Console) -> None:
    client_id, _ = await registered(console)
    state = console.service.app.state
    scopes = ["access.client:read", "access.client:write", "operation.suite:read"]
    token = await _token(console, Role.CITY, scopes)
    async with console.service.client(token=token) as http:
        for address in (
            "/v1/clients",
            f"/v1/clients/{client_id}",
            "/v1/signing-keys",
            "/v1/event-keys",
            "/v1/suite-health",
        ):
            assert (await http.get(address)).status_code == 403, address
        for verb in ("suspend", "resume", "renew-secret"):
            body = {"json": {"reason": "x"}} if verb == "suspend" else {}
            assert (await http.post(f"/v1/clients/{client_id}:{verb}", **body)).status_code == 403  # type: ignore[arg-type]
        assert (await http.get("/v1/clients/counts")).json()["total"] == 0
    assert state.keyring.periods


async def test_keys_stand_with_their_times_and_no_private_part(console: Console) -> None:
    person = await operator(console)
    async with console.browser("en") as browser:
        screen = await browser.sign_in(person.login, PASSWORD, to="/console/keys")
    kid = console.service.app.state.keyring.periods[-1].kid
    assert kid in screen.text
    assert "signs now" in screen.text
    assert "Register of enterprises" in screen.text, "the publishers' keys are named by their service"
    assert "private" not in screen.answer.text


async def test_the_health_page_says_who_works_who_warns_and_who_is_away(console: Console) -> None:
    person = await operator(console)
    ready = {"status": "ready", "checks": {"database": "ok"}, "warnings": []}
    console.echo.answers["/health/ready"] = (
        200,
        {**ready, "warnings": ["dead_letters: 3 封死信待处理 / 3 dead letters wait"]},
    )
    async with console.browser() as browser:
        screen = await browser.sign_in(person.login, PASSWORD, to="/console/suite")
        assert screen.text.count("工作中，有告警") == 4
        assert "3 封死信待处理" in screen.text
        console.echo.answers["/health/ready"] = (
            503,
            {**ready, "status": "not_ready", "checks": {"database": "unreachable"}},
        )
        screen = await browser.open("/console/suite")
        assert screen.text.count("不能工作") == 4
        assert "unreachable" in screen.text


async def test_an_event_is_looked_at_handled_again_or_given_up_for_a_reason(console: Console) -> None:
    person = await operator(console)
    console.echo.answers |= {
        LETTERS: (200, {"items": [LETTER], "next_cursor": None}),
        f"{LETTERS}/7": (200, LETTER),
        f"{LETTERS}/7:replay": (409, {"title": "重放仍未成功：KeyError"}),
        f"{LETTERS}/7:discard": (200, {**LETTER, "status": "DISCARDED"}),
    }
    async with console.browser() as browser:
        screen = await browser.sign_in(
            person.login, PASSWORD, to="/console/dead-letters?service=finance&status=WAITING"
        )
        assert "<script>" in screen.text
        one = await browser.open("/console/dead-letters/finance/7")
        assert "91500107DEMF00011W" in one.text
        failed = await browser.send(await browser.open("/console/dead-letters/finance/7/replay"))
        assert failed.faults() == ["重放仍未成功：KeyError"]
        nothing = await browser.send(await browser.open("/console/dead-letters/finance/7/discard"))
        assert nothing.status == 422
        after = await browser.send(await browser.open("/console/dead-letters/finance/7/discard"), reason="测试数据")
        assert "原因已留痕" in after.text
        assert console.echo.bodies.count('{"reason":"测试数据"}'.encode()) == 1
        console.echo.answers[f"{LETTERS}/7"] = (200, {**LETTER, "status": "DISCARDED"})
        assert (await browser.open("/console/dead-letters/finance/7")).page.select(".actions") == []
        for address in ("gateway/7", "nowhere/7"):
            assert (await browser.open(f"/console/dead-letters/{address}")).status == 404


async def _token(console: Console, role: Role, scopes: list[str]) -> str:
    """Return a token of a client that somebody gave scopes beyond its role."""
    state = console.service.app.state
    now = state.clock.now()
    values: dict[str, Any] = {
        "client_id": "wide",
        "secret_hash": "x",
        "role": role,
        "scopes": scopes,
        "title_zh": "x",
        "title_en": "x",
        "status": AccountStatus.ACTIVE,
        "created_at": now,
        "changed_at": now,
    }
    held = Client.model_validate(values)
    settings = state.settings
    grant = Grant(tuple(scopes), now, now + timedelta(minutes=5))
    return _sign(
        state.keyring, held, grant, subject="wide", issuer=settings.issuer, audience=settings.audience, now=now
    )

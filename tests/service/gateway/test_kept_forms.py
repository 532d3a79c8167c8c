"""A session that ends in the middle of a form: what was typed stands there again, for its writer alone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.store.kept_form import forget_before
from shared.kernel.actor import system_actor
from tests.service.gateway.test_sign_in import PASSWORD, Console, Person, console, running
from tests.support.console import Browser, Screen

__all__ = ["console", "running"]
_LOAN = "01a22694-e241-75aa-970d-7cf29f86cef5"
_DRAW = f"/console/loans/{_LOAN}/draw"
_TYPED = {"note_no": "借据-7 <b>", "amount_fen": "1,200.00", "starts_on": "2026-12-01", "matures_on": "2027-12-01"}


@pytest.fixture
def loan(console: Console) -> Console:
    act = {"name": "draw", "label_zh": "登记放款", "label_en": "Record a drawdown", "due_on": None}
    read = {"contract_no": "C-1", "undrawn_fen": 500_000_00, "actions": [act]}
    console.echo.answers[f"/v1/loans/{_LOAN}"] = (200, read)
    console.echo.answers[f"/v1/loans/{_LOAN}/drawdowns"] = (201, {"id": _LOAN})
    return console


async def kept(console: Console, person: Person) -> int:
    async with console.service.app.state.db.engine.connect() as connection:
        counted = await connection.execute(
            text("SELECT count(*) FROM kept_form WHERE account_id = :id"), {"id": person.account_id}
        )
        return int(counted.scalar_one())


async def interrupted(console: Console, browser: Browser, person: Person) -> tuple[Screen, Screen]:
    """Type into a form while the session ends; return the form, and the page that the browser is led to."""
    form = await browser.sign_in(person.login, PASSWORD, to=_DRAW)
    assert form.path == _DRAW
    console.clock.at += timedelta(minutes=31)
    return form, await browser.send(form, **_TYPED)


async def test_what_was_typed_stands_there_again_under_the_same_key_and_is_sent_once(loan: Console) -> None:
    person = await loan.person()
    async with loan.browser() as browser:
        form, asked = await interrupted(loan, browser, person)
        assert asked.heading == "登录"
        again = await browser.send(asked, login=person.login, password=PASSWORD)
        assert again.path.startswith(f"{_DRAW}?kept=")
        fields = again.fields()
        assert {name: fields[name] for name in _TYPED} == _TYPED
        assert fields["form_key"] == form.fields()["form_key"]
        assert "所填内容已恢复" in again.text
        assert [one.method for one in loan.echo.seen if one.method == "POST"] == []
        done = await browser.send(again)
        assert done.path == f"/console/loans/{_LOAN}"
    (sent,) = [one for one in loan.echo.seen if one.method == "POST"]
    assert sent.headers["idempotency-key"] == form.fields()["form_key"]
    assert await kept(loan, person) == 0


async def test_another_person_who_signs_in_sees_the_form_empty(loan: Console) -> None:
    person, other = await loan.person(), await loan.person()
    async with loan.browser() as browser:
        _, asked = await interrupted(loan, browser, person)
        shown = await browser.send(asked, login=other.login, password=PASSWORD)
        assert shown.path.startswith(_DRAW)
        assert shown.fields()["note_no"] == ""
        assert "已恢复" not in shown.text
    assert await kept(loan, person) == 1


async def test_it_is_sealed_and_gone_when_its_time_is_over(loan: Console) -> None:
    person = await loan.person()
    async with loan.browser() as browser:
        _, asked = await interrupted(loan, browser, person)
        async with loan.service.app.state.db.engine.connect() as connection:
            held = (await connection.execute(text("SELECT typed FROM kept_form"))).scalars().all()
        assert all("借据".encode() not in bytes(one) and b"1,200" not in bytes(one) for one in held)
        loan.clock.at += timedelta(minutes=60)
        shown = await browser.send(asked, login=person.login, password=PASSWORD)
        assert shown.fields()["note_no"] == ""
    state = loan.service.app.state
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        assert await forget_before(tx, tx.now) > 0
    assert await kept(loan, person) == 0


async def test_words_that_our_page_did_not_send_and_passwords_are_never_kept(loan: Console) -> None:
    person = await loan.person()
    async with loan.browser() as browser:
        form = await browser.sign_in(person.login, PASSWORD, to=_DRAW)
        secret = await browser.open("/console/account/password")
        loan.clock.at += timedelta(minutes=31)
        planted = await browser.send(form, **_TYPED, form_token="ab" * 32)
        assert "kept" not in planted.path
        asked = await browser.send(secret, present=PASSWORD, password="a new one for the tests", again="x")
        assert asked.heading == "登录"
        browser.cookies.clear()
        assert "kept" not in (await browser.send(form, **_TYPED)).path
    assert await kept(loan, person) == 0


async def test_a_form_that_was_opened_before_a_new_sign_in_is_shown_again_and_does_nothing(loan: Console) -> None:
    person = await loan.person()
    async with loan.browser() as browser:
        form = await browser.sign_in(person.login, PASSWORD, to=_DRAW)
        await browser.send(await browser.open("/console/account"), "/console/sign-out")
        await browser.sign_in(person.login, PASSWORD)
        assert (await browser.send(form, **_TYPED)).status == 403, "nothing says that it is of our own site"
        data = {**form.fields(), **_TYPED}
        again = Screen(await browser.http.post(_DRAW, data=data, headers={"origin": "https://console.test"}))
        assert again.status == 409
        assert "再次提交" in again.text
        assert again.fields()["note_no"] == _TYPED["note_no"]
        assert [one.method for one in loan.echo.seen if one.method == "POST"] == []
        assert (await browser.send(again)).path == f"/console/loans/{_LOAN}"
    assert len([one for one in loan.echo.seen if one.method == "POST"]) == 1

"""Finance in the console: what a colleague changed, what cannot be done any more, several banks in one form."""

from typing import Any
from urllib.parse import urlencode

import orjson

from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import BANK, PASSWORD, Console, console, running

__all__ = ["console", "running"]
CASE = "019e8200-0000-7000-8000-00000000a001"
FIRM = "91500107DEMF00011W"
OTHER_BANK = "91500000DEMBANKB1P"
APPLICATION: dict[str, Any] = {
    "id": CASE,
    "case_no": "KC-2026-500107-000001",
    "bank_uscc": BANK,
    "enterprise_uscc": FIRM,
    "status": "BANK_REVIEW",
    "flag": None,
    "amount_fen": 100_000_000,
    "term_months": 12,
    "purpose": "研发",
    "approved_fen": None,
    "approved_term_months": None,
    "valid_until_on": None,
    "conditions": None,
    "note": None,
    "bank_ref": None,
    "version": 3,
    "actions": [{"name": "approve", "label_zh": "批复", "label_en": "Approve", "due_on": None}],
}
URL = f"/v1/loan-applications/{CASE}"
PAGE = f"/console/loan-applications/{CASE}/approve"
CONFLICT = {"title": "状态不符", "detail": "请刷新后办理。", "code": "application_state_conflict", "errors": []}
HARSH = "<script>alert(1)</script>\u202e甲"


async def test_a_colleagues_change_is_shown_field_by_field_and_what_was_typed_stays(console: Console) -> None:
    console.echo.answers[URL] = (200, APPLICATION)
    person = await console.person(Role.BANK)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        form = await browser.open(PAGE)
        changed = {**APPLICATION, "amount_fen": 80_000_000, "flag": "evaluation_superseded", "version": 4}
        console.echo.answers[URL] = (200, changed)
        console.echo.answers[f"{URL}:approve"] = (412, {**CONFLICT, "title": "已被他人修改"})
        again = await browser.send(form, amount_fen="90万元", bank_ref=HARSH)
        assert again.status == 422
        (table,) = again.page.select("section.warn table")
        rows = [[one.get_text(strip=True) for one in row.select("th, td")] for row in table.select("tbody tr")]
        assert ["金额", "1,000,000.00 元", "800,000.00 元", "90万元"] in rows
        assert len(rows) == 2, "only what changed is told"
        assert again.fields()["bank_ref"] == HARSH, "nothing typed is lost, and none of it is a script"
        assert "<script>alert" not in again.answer.text
        assert (form.fields()["form_seen"], again.fields()["form_seen"]) == ('"v3"', '"v4"')
        console.echo.answers[f"{URL}:approve"] = (200, changed)
        sent = await browser.send(again)
        assert sent.path == f"/console/loan-applications/{CASE}"
    told = [one.headers.get("if-match") for one in console.echo.seen if one.path.endswith(":approve")]
    assert told == ['"v3"', '"v4"']


async def test_a_refusal_without_a_change_tells_its_way_out_and_no_difference(console: Console) -> None:
    console.echo.answers[URL] = (200, APPLICATION)
    console.echo.answers[f"{URL}:approve"] = (409, CONFLICT)
    person = await console.person(Role.BANK)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        again = await browser.send(await browser.open(PAGE), amount_fen="1", bank_ref="A-1")
        assert "请刷新后办理。" in again.text
        assert again.page.select("section.warn") == []


async def test_what_the_service_does_not_offer_has_no_form(console: Console) -> None:
    console.echo.answers[URL] = (200, {**APPLICATION, "actions": []})
    person = await console.person(Role.BANK)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        closed = await browser.open(PAGE)
        assert (closed.status, closed.page.select("main form")) == (409, [])
        assert (await browser.open(f"/console/loan-applications/{CASE}/surprise")).status == 404


def _borrowing(console: Console) -> None:
    banks = [(BANK, "示例银行甲"), (OTHER_BANK, "示例银行乙")]
    console.echo.answers |= {
        "/v1/banks": (
            200,
            {"items": [{"uscc": uscc, "name": name, "agreement_until_on": "2027-12-31"} for uscc, name in banks]},
        ),
        "/v1/consents": (
            200,
            {
                "items": [
                    {
                        "id": CASE,
                        "bank_uscc": uscc,
                        "is_open": True,
                        "scopes": ["EVALUATION_RESULT"],
                        "expires_at": "2027-01-01T00:00:00Z",
                    }
                    for uscc, _ in banks
                ]
            },
        ),
        f"/v1/credit-limits/{FIRM}": (
            200,
            {
                "limit_fen": 400_000_000,
                "available_fen": 400_000_000,
                "drawn_fen": 0,
                "reserved_fen": 0,
                "valid_until_on": "2027-01-01",
                "evaluation_id": CASE,
            },
        ),
        "GET /v1/loan-applications": (200, {"items": [], "next_cursor": None}),
        "POST /v1/loan-applications": (201, APPLICATION),
    }


async def test_several_banks_are_asked_at_once_each_once_however_often_the_form_is_sent(console: Console) -> None:
    _borrowing(console)
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        page = await browser.open("/console/borrow")
        fields = {**page.fields(), "amount_fen": "100万元", "term_months": "12", "purpose": "研发"}
        body = urlencode([*fields.items(), ("bank_uscc", BANK), ("bank_uscc", OTHER_BANK)])
        headers = {"content-type": "application/x-www-form-urlencoded"}
        for _ in range(2):
            answer = await browser.http.post("/console/borrow", content=body, headers=headers)
            assert answer.url.path == "/console/loan-applications"
    posts = [
        (one.headers["idempotency-key"], orjson.loads(sent)["bank_uscc"])
        for one, sent in zip(console.echo.seen, console.echo.bodies, strict=True)
        if one.method == "POST"
    ]
    assert [bank for _, bank in posts] == [BANK, OTHER_BANK] * 2
    assert len({key for key, _ in posts}) == 2, "a key for each bank, the same each time"


async def test_a_bank_that_cannot_be_asked_is_named_with_the_reason_and_the_form_stays(console: Console) -> None:
    _borrowing(console)
    refused = {"title": "剩余额度不足", "detail": "请减少金额。", "errors": [], "code": "credit_line_exceeded"}
    console.echo.answers["POST /v1/loan-applications"] = (409, refused)
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        page = await browser.open("/console/borrow")
        empty = await browser.send(page, amount_fen="x")
        assert len(empty.faults()) == 4, "amount, term, purpose and bank"
        again = await browser.send(page, amount_fen="100万元", term_months="12", purpose=HARSH, bank_uscc=BANK)
        assert again.status == 422
        assert "示例银行甲: 剩余额度不足" in again.text
        assert "请减少金额。" in again.text
        assert again.fields()["purpose"].strip() == HARSH

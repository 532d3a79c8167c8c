"""Pages of the city's register and of filings: what the API is sent, and what a person reads when it refuses."""

import json
from typing import Any

from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running
from tests.support.console import Screen

__all__ = ["console", "running"]
FIRM = "91500107DEMF00011W"
ONE, TWO = "019e7500-0000-7000-8000-000000007001", "019e7500-0000-7000-8000-000000007002"
PATH = "/v1/register-applications"
FILINGS = f"/v1/enterprises/{FIRM}/filings"
FIGURES = {
    "staff": 40,
    "science_staff": 12,
    "rd_staff": 9,
    "senior_title_staff": 1,
    "revenue_fen": 980_000_000,
    "cost_expense_fen": 800_000_000,
    "assets_fen": 900_000_000,
    "rd_expense_fen": 125_000_000,
    "super_deduction_fen": None,
    "innovative_products": 1,
}
PROBLEM = {
    "title": "申请处于 CHECKED，不能执行此操作",
    "detail": "请重新读取申请。",
    "code": "register_step_not_allowed",
}


def act(name: str) -> dict[str, Any]:
    words = {"label_zh": f"办理{name}", "label_en": f"Do {name}", "operation": "", "reasons": None}
    return {"name": name, "needs_reason": False, "due_on": "2026-12-07", **words}


def condition(id_: str, *, met: bool, found: str) -> dict[str, Any]:
    return {
        "id": id_,
        "basic": True,
        "met": met,
        "label_zh": f"条件{id_}",
        "label_en": id_,
        "found_zh": found,
        "found_en": found,
        "confidence": "reported",
        "source": "细则",
        "article": "入库条件",
    }


def application(id_: str = ONE, *, acts: tuple[str, ...] = ("pass", "return", "reject"), **said: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "uscc": FIRM,
        "name": "示例智算科技",
        "case_no": f"KC-2026-500107-{id_[-6:]}",
        "unit_id": "500107",
        "status": "SUBMITTED",
        "conditions": [condition("staff", met=True, found="职工 40 人")],
        "notes": [],
        "filing_year": 2025,
        "reason_code": None,
        "reason_zh": None,
        "reason_en": None,
        "check_due_on": "2026-12-07",
        "check_due_assumed": False,
        "number": None,
        "checked_at": None,
        "listed_at": None,
        "version": 1,
        "created_at": "2026-11-23T02:00:00Z",
        "numbers": [],
        "actions": [act(name) for name in acts],
        **said,
    }


def filing(year: int, status: str = "ACCEPTED", checks: tuple[dict[str, Any], ...] = (), **said: Any) -> dict[str, Any]:
    return {
        "uscc": FIRM,
        "year": year,
        "version": 1,
        "status": status,
        "accepted_at": "2026-03-12T03:20:00Z",
        "checks": list(checks),
        "actions": [],
        **FIGURES,
        **said,
    }


def finding(name: str, gravity: str, text: str) -> dict[str, Any]:
    return {"code": "x", "gravity": gravity, "pointer": f"/{name}", "text_zh": text, "text_en": text, "numbers": []}


def answers(console: Console, *cases: dict[str, Any], filings: tuple[dict[str, Any], ...] = ()) -> None:
    listed = {"items": list(cases), "next_cursor": None}
    console.echo.answers |= {
        PATH: (200, listed),
        FILINGS: (200, {"items": list(filings), "open_years": [2025, 2024, 2023]}),
        f"/v1/enterprises/{FIRM}": (200, {"name": "示例智算科技", "address": "示例路", "integrity_marks": []}),
        f"/v1/enterprises/{FIRM}/qualifications": (200, {"items": []}),
        **{f"{PATH}/{one['id']}": (200, one) for one in cases},
    }


def sent(console: Console, path: str) -> list[tuple[str, Any]]:
    """Return the idempotency key and the body of each call that changed something at `path`."""
    return [
        (request.headers.get("idempotency-key", ""), json.loads(body or b"null"))
        for request, body in zip(console.echo.seen, console.echo.bodies, strict=True)
        if request.path == path and request.method != "GET"
    ]


def rows(screen: Screen) -> list[list[str]]:
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in screen.page.select("tbody tr")]


async def test_a_case_shows_what_was_found_what_changed_and_what_the_application_before_said(console: Console) -> None:
    older = application(TWO, created_at="2025-11-23T02:00:00Z", status="REJECTED")
    older["conditions"] = [condition("staff", met=False, found="职工 0 人")]
    answers(console, application(), older, filings=(filing(2025, staff=44), filing(2024)))
    person = await console.person(Role.DISTRICT)
    async with console.browser() as browser:
        case = await browser.sign_in(person.login, PASSWORD, to=f"/console/register-applications/{ONE}")
    shown = rows(case)
    assert ["条件staff", "是", "职工 40 人", "否: 职工 0 人", "细则 入库条件 (公开转载)"] in shown
    assert ["职工总数", "44", "40", "+4 (+10%)"] in shown
    assert ["营业收入", "9,800,000.00 元", "9,800,000.00 元", "无变化"] in shown
    assert [one.get_text(strip=True) for one in case.page.select(".actions a")] == [
        "办理pass",
        "办理return",
        "办理reject",
    ]


async def test_remarks_are_sent_with_the_fields_that_they_are_about_and_nothing_else(console: Console) -> None:
    answers(console, application(), filings=(filing(2025), filing(2024)))
    person = await console.person(Role.DISTRICT)
    async with console.browser() as browser:
        form = await browser.sign_in(person.login, PASSWORD, to=f"/console/register-applications/{ONE}/return")
        assert "40；上年度 40" in form.text
        await browser.send(form, note_staff=" 与社保人数不符 ", note_other="请补充说明")
    ((_, body),) = sent(console, f"{PATH}/{ONE}:check")
    notes = [{"field": "staff", "note": "与社保人数不符"}, {"field": "other", "note": "请补充说明"}]
    assert body == {"decision": "RETURN", "notes": notes}


async def test_what_the_district_remarked_stands_beside_the_same_field_of_the_filing(console: Console) -> None:
    notes = [{"field": "staff", "note": "与社保人数<b>不符</b>"}]
    answers(console, application(status="RETURNED", notes=notes), filings=(filing(2025), filing(2024)))
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        page = await browser.sign_in(person.login, PASSWORD, to="/console/filings/2025")
    (help_,) = page.page.select("#help-staff")
    assert help_.get_text() == "2024 年度：40；审核意见：与社保人数<b>不符</b>"
    assert page.page.select("#help-staff b") == []


async def test_everything_that_is_wrong_with_a_filing_is_said_at_once_and_what_was_typed_stays(
    console: Console,
) -> None:
    answers(console, filings=(filing(2024),))
    wrong = (
        finding("science_staff", "REFUSES", "科技人员多于职工总数"),
        finding("rd_staff", "REFUSES", "研发人员多于职工总数"),
        finding("revenue_fen", "ASKS", "营业收入为上年的 15 倍，单位是否正确"),
        finding("staff", "NOTES", "职工总数较上年变化较大"),
    )
    console.echo.answers[f"{FILINGS}/2025"] = (200, filing(2025, "DRAFT", wrong))
    refused = {"title": "年度数据未通过形式核对", "errors": [{"pointer": "/science_staff", "message": "x"}]}
    console.echo.answers[f"{FILINGS}/2025:submit"] = (422, refused)
    typed = dict.fromkeys(FIGURES, "3")
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        form = await browser.sign_in(person.login, PASSWORD, to="/console/filings/2025")
        unreadable = await browser.send(form, **typed | {"staff": "很多"}, act="save")
        assert (unreadable.status, unreadable.fields()["staff"]) == (422, "很多")
        assert sent(console, f"{FILINGS}/2025") == [], "what cannot be read is not sent"
        page = await browser.send(form, **typed, act="submit")
    assert page.status == 422
    assert page.faults() == ["科技人员多于职工总数", "研发人员多于职工总数"]
    assert {one["href"] for one in page.page.select(".faults a")} == {"#field-science_staff", "#field-rd_staff"}
    warned = " ".join(one.get_text() for one in page.page.select(".warn"))
    assert "职工总数较上年变化较大" in warned
    assert "15 倍" in warned
    assert page.page.select_one("input[name=unit_confirmed]") is not None
    assert page.fields()["revenue_fen"] == "3"
    ((_, body),) = sent(console, f"{FILINGS}/2025")
    assert (body["staff"], body["revenue_fen"]) == (3, 300)


async def test_a_unit_that_is_confirmed_is_told_with_the_submission(console: Console) -> None:
    answers(console, filings=(filing(2024),))
    console.echo.answers[f"{FILINGS}/2025"] = (200, filing(2025, "DRAFT"))
    console.echo.answers[f"{FILINGS}/2025:submit"] = (200, filing(2025))
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        form = await browser.sign_in(person.login, PASSWORD, to="/console/filings/2025")
        page = await browser.send(form, **dict.fromkeys(FIGURES, "3"), unit_confirmed="yes", act="submit")
    assert page.path == "/console/filings"
    assert "2025 年度数据已受理" in page.text
    (asked,) = [request for request in console.echo.seen if request.path.endswith(":submit")]
    assert asked.query["unit_confirmed"] == "true"


async def test_a_year_that_may_not_be_filed_is_not_there(console: Console) -> None:
    answers(console, filings=())
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        assert (await browser.sign_in(person.login, PASSWORD, to="/console/filings/1999")).status == 404
        assert (await browser.open("/console/filings/20x5")).status == 404


async def test_each_ticked_case_is_decided_by_a_call_of_its_own_and_named_with_what_became_of_it(
    console: Console,
) -> None:
    moved = application(TWO, acts=(), status="CHECKED")
    answers(console, application(), moved)
    console.echo.answers[f"{PATH}/{ONE}:check"] = (200, application(acts=(), status="CHECKED"))
    console.echo.answers[f"{PATH}/{TWO}:check"] = (409, PROBLEM)
    person = await console.person(Role.DISTRICT)
    async with console.browser() as browser:
        page = await browser.sign_in(person.login, PASSWORD, to="/console/register-applications")
        assert [one["value"] for one in page.page.select("input.tick")] == [ONE], "only what takes the act is ticked"
        form = {**page.fields("/console/register-batch"), "act": "pass"}
        for _ in range(2):
            done = Screen(
                await browser.http.post("/console/register-batch", data={**form, "application_id": [ONE, TWO, ONE]})
            )
    assert "已办理 1 件，共 2 件" in done.text
    assert [line[2] for line in rows(done)] == ["已办理", "未办理"]
    assert PROBLEM["title"] in rows(done)[1][3]
    calls = sent(console, f"{PATH}/{ONE}:check")
    assert [body for _, body in calls] == [{"decision": "PASS"}] * 2
    assert len({key for key, _ in calls}) == 1, "sent twice it has one effect"
    assert calls[0][0] != sent(console, f"{PATH}/{TWO}:check")[0][0]


async def test_a_batch_of_nothing_or_of_more_than_a_page_decides_nothing(console: Console) -> None:
    answers(console, application())
    person = await console.person(Role.DISTRICT)
    many = [f"019e7500-0000-7000-8000-{number:012}" for number in range(26)]
    async with console.browser() as browser:
        page = await browser.sign_in(person.login, PASSWORD, to="/console/register-applications")
        form = {**page.fields("/console/register-batch"), "act": "pass"}
        form.pop("application_id", None)
        for ticked in ([], many):
            refused = await browser.http.post("/console/register-batch", data={**form, "application_id": ticked})
            assert refused.status_code == 422
        invented = await browser.http.post(
            "/console/register-batch", data={**form, "act": "return", "application_id": [ONE]}
        )
        assert invented.status_code == 404
    assert [request for request in console.echo.seen if request.method == "POST"] == []

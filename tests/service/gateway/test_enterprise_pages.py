"""Pages of an enterprise about itself: its standing, what is due, who may read, its evaluations made and replayed."""

import json
from typing import Any

from shared.kernel.actor import Role
from tests.service.gateway.test_register_pages import FIRM, answers, application, filing, rows
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
EVALUATION = "019e7500-0000-7000-8000-00000000e001"
TITLE = {
    "kind": "TECH_ENTERPRISE",
    "number": "KC2026500107000001",
    "status": "VALID",
    "valid_from_on": "2026-11-29",
    "valid_until_on": "2029-11-28",
}


def firm(*titles: dict[str, Any]) -> dict[str, Any]:
    return {
        "uscc": FIRM,
        "name": "示例智算科技",
        "status": "ACTIVE",
        "qualifications": list(titles),
        "legal_form": "LIMITED",
        "founded_on": "2018-05-01",
        "registered_capital_fen": None,
        "size_class": None,
        "key_field": None,
        "industry_code": None,
        "unit_id": "500107",
        "address": None,
        "integrity_marks": [],
    }


def item(kind: str, due_on: str | None, asked: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": EVALUATION,
        "due_on": due_on,
        "due_status": "SOON",
        "asked_zh": asked,
        "asked_en": asked,
    }


def at_home(console: Console, *titles: dict[str, Any], items: tuple[dict[str, Any], ...] = ()) -> None:
    answers(console, application(acts=()), filings=(filing(2024),))
    nothing = {"items": [], "next_cursor": None}
    counts = {"by": "kind", "counts": {}, "total": 0, "complete": True, "at_least": []}
    consent = {
        "bank_uscc": "91500000DEMBANKA1R",
        "bank_name": "示例银行甲",
        "scopes": ["IP_PORTFOLIO"],
        "purpose": "LOAN_APPLICATION",
        "expires_at": "2027-11-29T02:00:00Z",
    }
    ended = {**consent, "bank_name": "示例银行乙", "revoked_at": "2026-11-01T02:00:00Z"}
    console.echo.answers |= {
        f"/v1/enterprises/{FIRM}": (200, firm(*titles)),
        f"/v1/credit-limits/{FIRM}": (404, {"code": "not_found"}),
        f"/v1/portfolios/{FIRM}": (404, {"code": "not_found"}),
        "/v1/consents": (200, {"items": [{**consent, "revoked_at": None}, ended], "next_cursor": None}),
        **{f"/v1/work-items/{name}": (200, nothing) for name in ("registry", "finance", "ipr", "techtransfer")},
        **{f"/v1/work-items/{name}/counts": (200, counts) for name in ("registry", "finance", "ipr", "techtransfer")},
        "/v1/work-items/ipr": (200, {"items": list(items), "next_cursor": None}),
    }


async def test_a_firm_sees_its_standing_what_is_due_and_who_may_read(console: Console) -> None:
    at_home(
        console,
        TITLE,
        items=(item("ANNUITY", "2026-11-30", "待缴"), item("ANNUITY", "2026-11-30", "待缴"), item("COVER", None, "x")),
    )
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        home = await browser.sign_in(person.login, PASSWORD, to="/console/enterprise")
    shown = rows(home)
    assert ["科技型企业入库", "已入库", TITLE["number"], "2029年11月28日", "查看申请"] in shown
    assert ["国家科技型中小企业", "未入库", "—", "—", "查看是否符合条件"] in shown
    assert ["2026年11月30日", "专利年费：待缴 （2 件）"] in shown
    assert ["2029年11月28日", "科技型企业到期"] in shown
    assert [line[0] for line in shown if line[0].startswith("示例银行")] == ["示例银行甲"], (
        "what was withdrawn reads nothing"
    )
    assert "2023 年度数据尚未填报" in home.text
    assert "2025 年度数据尚未填报" in home.text
    assert "2024 年度数据尚未填报" not in home.text
    corrects = [str(one["href"]) for one in home.page.select("main li a")]
    assert f"/console/enterprises/{FIRM}/record/change" in corrects


async def test_applying_and_evaluating_are_for_the_own_enterprise_and_nobody_names_another(console: Console) -> None:
    answers(console, application(acts=()))
    console.echo.answers["/v1/tech-sme-evaluations"] = (201, {"id": EVALUATION})
    console.echo.answers["/v1/kvc-evaluations"] = (201, {"id": EVALUATION})
    person = await console.person(Role.ENTERPRISE)
    pages = {
        "/console/register-applications/apply": "/v1/register-applications",
        "/console/tech-sme-evaluations/new": "/v1/tech-sme-evaluations",
        "/console/evaluations/new": "/v1/kvc-evaluations",
    }
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD, to="/console/evaluations/new")
        for page in pages:
            await browser.send(await browser.open(page), uscc="91500103DEMF00033B")
    sent = {
        request.path: json.loads(body)
        for request, body in zip(console.echo.seen, console.echo.bodies, strict=True)
        if request.method == "POST"
    }
    assert sent == {path: {"uscc": FIRM} for path in pages.values()}


async def test_a_decision_is_computed_again_and_the_page_says_whether_it_is_the_same(console: Console) -> None:
    person = await console.person(Role.AUDITOR)
    path = f"/tech-sme-evaluations/{EVALUATION}"
    told = {"id": EVALUATION, "record_sha256": "a" * 64, "replayed_sha256": "a" * 64}
    async with console.browser() as browser:
        account = await browser.sign_in(person.login, PASSWORD)
        token = account.fields("/console/language")["form_token"]
        for same, said in ((True, "逐字节一致"), (False, "请告知平台运维")):
            console.echo.answers[f"/v1{path}:replay"] = (200, {**told, "same": same})
            answer = await browser.http.post(f"/console{path}/replay", data={"form_token": token})
            assert (answer.status_code, said in answer.text) == (200, True)
        console.echo.answers[f"/v1{path}:replay"] = (404, {"title": "没有该评价", "detail": ""})
        assert (await browser.http.post(f"/console{path}/replay", data={"form_token": token})).status_code == 404

"""The auditor in a browser: who did what with names, the parts of the record, its check, a decision made anew."""

from typing import Any

from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
EVALUATION = "019e8200-0000-7000-8000-00000000e001"
CONSENT = "019e8100-0000-7000-8000-00000000c001"


def entry(position: int, at: str, **words: Any) -> dict[str, Any]:
    return {
        "position": position,
        "acted_at": at,
        "client_id": "bank-program",
        "role": "bank",
        "party": "91500000DEMBANKA1R",
        "action": "credit_file.read",
        "subject": "loan_application/019e8200-0000-7000-8000-00000000a001",
        "uscc": "91500107DEMF00011W",
        "purpose": "贷款审查",
        "consent_id": CONSENT,
        "fields": ["grade"],
        "outcome": "done",
        "detail": {},
        "request_id": None,
        "causation_id": CONSENT,
        "seal_no": None,
        **words,
    }


def answers(console: Console, **kept: list[dict[str, Any]]) -> None:
    page = {"items": [], "next_cursor": None}
    console.echo.answers = {
        f"/v1/audit/{name}": (200, {**page, "items": kept.get(name, [])})
        for name in ("registry", "finance", "ipr", "techtransfer")
    }


async def test_the_newest_rows_of_all_services_stand_first_with_the_names_of_people(console: Console) -> None:
    auditor, officer = await console.person(Role.AUDITOR), await console.person()
    answers(
        console,
        finance=[
            entry(7, "2026-11-23T02:00:00Z", client_id=f"person.{officer.account_id}"),
            entry(5, "2026-11-21T02:00:00Z"),
        ],
        ipr=[entry(9, "2026-11-22T02:00:00Z", action="ip_sheet.read", outcome="refused")],
    )
    console.echo.answers["/v1/audit/registry"] = (503, {"code": "unavailable"})
    console.echo.answers["/v1/audit/techtransfer"] = (422, {"code": "field_invalid"})
    async with console.browser() as browser:
        screen = await browser.sign_in(auditor.login, PASSWORD, to="/console/audit?uscc=91500107DEMF00011W")
    times = [one.get_text(strip=True) for one in screen.page.select("tbody th")]
    assert times == ["2026年11月23日 10:00", "2026年11月22日 10:00", "2026年11月21日 10:00"]
    assert f"张三 ({officer.login})" in screen.text
    assert "授信资料：查看" in screen.text
    assert "被拒绝" in screen.text
    assert CONSENT in screen.text
    assert "企业库" in screen.page.select_one(".problem").text  # type: ignore[union-attr]
    asked = {one.path_qs for one in console.echo.seen}
    assert "/v1/audit/ipr?uscc=91500107DEMF00011W&limit=50" in asked


async def test_a_person_is_asked_for_by_login_and_one_part_is_read_on_and_taken_away(console: Console) -> None:
    auditor, officer = await console.person(Role.AUDITOR), await console.person()
    answers(console, finance=[entry(7, "2026-11-23T02:00:00Z")])
    console.echo.answers["/v1/audit/finance"] = (
        200,
        {"items": [entry(7, "2026-11-23T02:00:00Z")], "next_cursor": "more"},
    )
    async with console.browser("en") as browser:
        await browser.sign_in(auditor.login, PASSWORD, to="/console/audit")
        screen = await browser.open(f"/console/audit?keeper=finance&person={officer.login}")
        assert console.echo.seen[-1].query["client_id"] == f"person.{officer.account_id}"
        (further,) = [str(one["href"]) for one in screen.page.select(".pager a")]
        assert f"keeper=finance&person={officer.login}&cursor=more" in further
        link = next(str(one["href"]) for one in screen.page.select("a[download]") if "csv" in str(one["href"]))
        assert (await browser.http.get(link)).status_code == 200
        assert console.echo.seen[-1].path_qs == f"/v1/exports/audit/finance.csv?client_id=person.{officer.account_id}"


async def test_sign_ins_stand_in_the_gateways_own_part_and_looks_are_kept(console: Console) -> None:
    auditor = await console.person(Role.AUDITOR)
    answers(console)
    async with console.browser() as browser:
        await browser.sign_in(auditor.login, PASSWORD, to="/console/audit")
        screen = await browser.open("/console/audit?keeper=gateway")
        assert "登录会话：开始" in screen.text
        await browser.open("/console/audit?keeper=gateway")
        screen = await browser.open("/console/audit?keeper=gateway")
        assert "操作留痕：查看" in screen.text


async def test_the_check_says_which_part_is_whole_where_one_is_broken_and_goes_on(console: Console) -> None:
    auditor = await console.person(Role.AUDITOR)
    answers(console)
    told = {
        "is_whole": True,
        "is_complete": True,
        "rows": 9,
        "head": "a" * 64,
        "unsealed": 0,
        "broken_at": None,
        "reason": None,
    }
    console.echo.answers |= {
        "/v1/audit/registry/chain": (200, told),
        "/v1/audit/finance/chain": (200, {**told, "is_complete": False, "rows": 20000}),
        "/v1/audit/ipr/chain": (200, {**told, "is_whole": False, "broken_at": 4, "reason": "row 4 was changed"}),
        "/v1/audit/techtransfer/chain": (503, {"code": "unavailable"}),
    }
    async with console.browser() as browser:
        screen = await browser.sign_in(auditor.login, PASSWORD, to="/console/audit/chain")
        assert "第 4 行断开" in screen.text
        assert "成果与需求" in screen.page.select_one(".problem").text  # type: ignore[union-attr]
        (on,) = [str(one["href"]) for one in screen.page.select("tbody a")]
        await browser.open(on)
        assert f"/v1/audit/finance/chain?after=20000&seal={'a' * 64}" in {one.path_qs for one in console.echo.seen}


async def test_a_decision_is_made_anew_from_its_row(console: Console) -> None:
    auditor = await console.person(Role.AUDITOR)
    answers(console, finance=[entry(7, "2026-11-23T02:00:00Z", subject=f"kv_evaluation/{EVALUATION}")])
    again = f"/v1/kvc-evaluations/{EVALUATION}:replay"
    console.echo.answers[again] = (200, {"evaluation_id": EVALUATION, "same": True, "record": {}, "uplift_record": {}})
    async with console.browser() as browser:
        screen = await browser.sign_in(auditor.login, PASSWORD, to="/console/audit")
        (link,) = [str(one["href"]) for one in screen.page.select("tbody a")]
        after = await browser.send(await browser.open(link))
        assert "结果逐字一致" in after.text
        console.echo.answers[again] = (200, {"same": False})
        assert "与保存的结果不一致" in (await browser.send(await browser.open(link))).text
        assert (await browser.open(link.replace("kv_evaluation", "loan"))).status == 404


async def test_names_are_for_the_auditor_alone(console: Console) -> None:
    officer = await console.person()
    async with console.browser() as browser:
        await browser.sign_in(officer.login, PASSWORD)
        assert (await browser.open("/console/audit")).status == 404

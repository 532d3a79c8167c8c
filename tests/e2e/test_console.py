"""People do the main job in the console: from sign-in to a covered drawdown, by the people that `make run` prints."""

from datetime import timedelta

import pytest

from deploy.embedded.people import read_people
from shared.kernel.clock import SystemClock, shanghai_date
from tests.support.console import Browser, Screen
from tests.support.suite import LaunchedSuite

pytestmark = pytest.mark.e2e


def _link(screen: Screen, text: str) -> str:
    """Return where the link or button with a text leads."""
    found = [str(one["href"]) for one in screen.page.select("main a") if text in one.get_text(strip=True)]
    assert found, f"no {text} on {screen.path}: {screen.text[:400]}"
    return found[0]


def _offered(screen: Screen) -> list[str]:
    return [one.get_text(strip=True) for one in screen.page.select(".actions a")]


async def _sign_in(suite: LaunchedSuite, browser: Browser, login: str, to: str) -> Screen:
    (person,) = [one for one in read_people(suite.settings) if one["login"] == login]
    assert login in suite.printed, "make run prints who can sign in"
    return await browser.sign_in(login, person["password"], to=to)


@pytest.mark.usefixtures("waiting")
async def test_a_bank_and_the_fund_lead_an_application_to_a_covered_drawdown_in_the_browser(
    suite: LaunchedSuite,
) -> None:
    today = shanghai_date(SystemClock().now())
    url = f"http://127.0.0.1:{suite.ports['gateway']}"
    async with Browser(url=url) as bank, Browser(url=url, language="en") as fund:
        desk = await _sign_in(suite, bank, "bank@demo", "/console/loan-applications?status=SUBMITTED")
        case = await bank.open(_link(desk, "KC-"))
        assert "受理" in _offered(case)
        case = await bank.send(await bank.open(_link(case, "受理")))
        assert "申请已受理" in case.text
        approval = await bank.open(_link(case, "批复"))
        wrong = await bank.send(approval, amount_fen="十二", bank_ref="B-1")
        assert (wrong.status, wrong.fields()["bank_ref"]) == (422, "B-1"), "nothing typed is lost"
        case = await bank.send(wrong, amount_fen="10万元")
        assert "申请已批复" in case.text
        contract = await bank.open(_link(case, "登记签约"))
        typed = {"contract_no": "HT-C-1", "signed_on": today.isoformat()}
        refused = await bank.send(contract, rate_ppm="9.9", **typed)
        assert refused.status == 422
        assert "LPR" in refused.text
        signed = await bank.send(refused, rate_ppm="3")
        assert "合同已登记" in signed.text
        again = await bank.send(refused, rate_ppm="3")
        assert again.status in {200, 422}
        loans = await bank.open("/console/loans?contract_no=HT-C-1")
        assert len(loans.page.select("main tbody tr")) == 1, "sent twice it has one effect"
        loan = await bank.open(_link(loans, "HT-C-1"))
        draw = await bank.open(_link(loan, "登记放款"))
        ends = today + timedelta(days=90)
        loan = await bank.send(draw, note_no="JJ-C-1", starts_on=today.isoformat(), matures_on=ends.isoformat())
        assert "放款已登记" in loan.text
        note = await bank.open(_link(loan, "JJ-C-1"))
        note = await bank.send(await bank.open(_link(note, "申请备案")))
        assert "备案申请已提交" in note.text
        covers = await _sign_in(suite, fund, "fund@demo", "/console/covers?contract_no=HT-C-1")
        cover = await fund.open(_link(covers, "JJ-C-1"))
        cover = await fund.send(await fund.open(_link(cover, "Grant cover")))
        assert "The drawdown is covered." in cover.text
        assert _offered(cover) == [], "what is decided offers nothing more"
        repay = await bank.open(f"{note.path}/repay")
        repaid = await bank.send(repay, amount_fen="1", value_on=today.isoformat(), bank_ref="R-C-1")
        assert "还款已登记" in repaid.text


async def test_another_banks_case_is_not_there(suite: LaunchedSuite) -> None:
    url = f"http://127.0.0.1:{suite.ports['gateway']}"
    async with Browser(url=url) as city, Browser(url=url) as bank:
        everything = await _sign_in(suite, city, "city@demo", "/console/loan-applications")
        await _sign_in(suite, bank, "bank@demo", "/console/account")
        foreign = 0
        for row in everything.page.select("main tbody tr"):
            if "示例银行乙" in row.get_text():
                foreign += 1
                assert (await bank.open(str(row.select("a")[0]["href"]))).status == 404
        assert foreign, "no application of another bank was tried"


async def test_a_district_returns_an_application_the_firm_corrects_it_and_the_city_lists_it_in_the_browser(
    suite: LaunchedSuite,
) -> None:
    url, year = f"http://127.0.0.1:{suite.ports['gateway']}", shanghai_date(SystemClock().now()).year - 1
    async with Browser(url=url) as district, Browser(url=url) as firm, Browser(url=url, language="en") as city:
        queue = await _sign_in(suite, district, "district@demo", "/console/queue?kind=REGISTER_APPLICATION")
        case = await district.open(_link(queue, "KC-"))
        assert _offered(case) == ["审核通过", "退回企业补正", "不予通过"]
        form = await district.open(_link(case, "退回企业补正"))
        nothing = await district.send(form)
        assert nothing.status == 422, "a return without a remark says nothing"
        case = await district.send(form, note_staff="与社保人数不符")
        assert "申请已退回企业补正" in case.text
        await _sign_in(suite, firm, "applicant@demo", "/console/queue")
        returned = await firm.open(case.path)
        assert "与社保人数不符" in returned.text
        filing = await firm.open(_link(returned, f"更正 {year} 年度数据"))
        assert "审核意见：与社保人数不符" in filing.text
        wrong = await firm.send(filing, staff="3", act="submit")
        assert len(wrong.faults()) > 1, "everything that is wrong is said at once"
        kept = await firm.send(wrong, staff="42", act="save")
        assert (kept.fields()["staff"], "草稿已保存" in kept.text) == ("42", True)
        accepted = await firm.send(kept, act="submit")
        assert f"{year} 年度数据已受理" in accepted.text
        again = await firm.send(await firm.open(f"{case.path}/resubmit"))
        assert "申请已重新提交区县审核" in again.text
        listed = await district.open("/console/register-applications?status=SUBMITTED")
        ticked = {**listed.fields("/console/register-batch"), "act": "pass"}
        (box,) = [str(one["value"]) for one in listed.page.select("input.tick") if str(one["value"]) in case.path]
        done = Screen(await district.http.post("/console/register-batch", data={**ticked, "application_id": box}))
        assert "已办理 1 件，共 1 件" in done.text
        waiting = await _sign_in(suite, city, "city@demo", "/console/queue?kind=REGISTER_APPLICATION")
        decided = await city.open(_link(waiting, "KC-"))
        assert _offered(decided) == ["List and number", "Return to the enterprise", "Do not list"]
        on_it = await city.send(await city.open(_link(decided, "List and number")))
        assert "The enterprise is on the register." in on_it.text
        assert _offered(on_it) == []
    async with Browser(url=url) as other:
        await _sign_in(suite, other, "firm@demo", "/console/account")
        assert (await other.open(case.path)).status == 404, "another firm's case is not there"

"""An office keeps the register in the browser: enters a firm, corrects it, marks it with a document, titles it."""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from deploy.embedded.people import read_people
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.uscc import check_character
from tests.support.console import Browser, Screen
from tests.support.suite import LaunchedSuite

pytestmark = pytest.mark.e2e
TODAY = shanghai_date(SystemClock().now())


def _fresh_uscc() -> str:
    first = f"91500107MA{secrets.randbelow(10**7):07d}"
    return first + check_character(first)


def _path(screen: Screen) -> str:
    return screen.path.partition("?")[0]


def _password(suite: LaunchedSuite, login: str) -> str:
    return {one["login"]: str(one["password"]) for one in read_people(suite.settings)}[login]


@pytest_asyncio.fixture
async def office(suite: LaunchedSuite) -> AsyncIterator[Browser]:
    async with Browser(url=suite.gateway_url) as browser:
        await browser.sign_in("district@demo", _password(suite, "district@demo"), to="/console/enterprises")
        yield browser


async def _entered(office: Browser) -> Screen:
    uscc = _fresh_uscc()
    form = await office.open("/console/enterprises/enter")
    record = await office.send(form, uscc=uscc, name=f"<b>示例</b>{uscc[-6:]}有限公司", unit_id="500107")
    assert record.status == 200, record.text[:500]
    assert _path(record) == f"/console/enterprises/{uscc}/record"
    return record


async def test_an_office_enters_an_enterprise_and_corrects_it(office: Browser) -> None:
    wrong = await office.send(
        await office.open("/console/enterprises/enter"), uscc="9150", name="某有限公司", unit_id="500107"
    )
    assert (wrong.status, wrong.fields()["name"]) == (422, "某有限公司"), "nothing that was typed is lost"
    record = await _entered(office)
    assert "<b>示例</b>" in record.text, "marks of HTML are text"
    form = await office.open(f"{_path(record)}/change")
    corrected = await office.send(form, registered_capital_fen="100万元", industry_code="I6510", address="科园一路1号")
    assert (corrected.status, "100万元" in corrected.text, "I6510" in corrected.text) == (200, True, True)
    emptied = await office.send(await office.open(f"{_path(record)}/change"), address="")
    assert "科园一路1号" not in emptied.text, "what is emptied is taken away"


async def test_a_correction_of_what_a_colleague_changed_meanwhile_does_not_take_that_away(office: Browser) -> None:
    record = await _entered(office)
    mine = await office.open(f"{_path(record)}/change")
    await office.send(await office.open(f"{_path(record)}/change"), address="科园二路2号")
    refused = await office.send(mine, address="科园三路3号")
    assert refused.status in {409, 412, 422}
    assert refused.fields()["address"] == "科园三路3号"
    assert "科园二路2号" in (await office.open(_path(record))).text


async def test_a_mark_is_recorded_once_with_the_document_that_came_with_the_form(office: Browser) -> None:
    record = await _entered(office)
    form = await office.open(f"{_path(record)}/mark")
    typed = {
        **form.fields(),
        "kind": "ABNORMAL_OPERATIONS",
        "effective_on": TODAY.isoformat(),
        "evidence-level": "DOCUMENT",
    }
    paper = {
        "evidence-document": ("决定书.pdf", b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n", "application/pdf")
    }
    missing = Screen(await office.http.post(form.path, data=typed, files=paper))
    assert missing.status == 422, "the day of the document is missing"
    held = missing.fields()["evidence-document_sha256"]
    assert len(held) == 64, "the document that came is kept, nobody chooses it again"
    whole = {**missing.fields(), "evidence-issued_on": TODAY.isoformat()}
    whole.pop("evidence-document", None)
    for _ in range(2):
        marked = Screen(await office.http.post(form.path, data=whole, files={"evidence-document": ("", b"")}))
        assert marked.status == 200, marked.text[:600]
    assert marked.text.count("经营异常名录") >= 1
    rows = marked.page.select("main table")[-1].select("tbody tr")
    assert len(rows) == 1, "sent twice it has one effect"


async def test_a_title_is_given_and_revoked_and_another_office_finds_nothing(
    suite: LaunchedSuite, office: Browser
) -> None:
    record = await _entered(office)
    form = await office.open(f"{_path(record)}/title")
    evidence = {
        "evidence-level": "DOCUMENT",
        "evidence-issued_on": TODAY.isoformat(),
        "evidence-official_no": "渝科〔2026〕1号",
    }
    begins = (TODAY - timedelta(days=30)).isoformat()
    until = (TODAY + timedelta(days=900)).isoformat()
    titled = await office.send(
        form, kind="SRDI", number="ZJTX-1", valid_from_on=begins, valid_until_on=until, **evidence
    )
    assert "ZJTX-1" in titled.text, titled.text[:600]
    (revoke,) = [str(one["href"]) for one in titled.page.select("main a") if str(one["href"]).endswith("/revoke")]
    revoked = await office.send(await office.open(revoke), effective_on=TODAY.isoformat(), **evidence)
    assert "已撤销" in revoked.text, revoked.text[:600]
    async with Browser(url=suite.gateway_url) as firm:
        other = await firm.sign_in("firm@demo", _password(suite, "firm@demo"), to=_path(record))
        assert other.status == 404
        assert _path(record).split("/")[3] not in other.text

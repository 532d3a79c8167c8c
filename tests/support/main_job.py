"""The main job as people do it in a browser: from an application that waits to a covered drawdown."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page

from deploy.embedded.people import read_people
from shared.kernel.clock import SystemClock, shanghai_date
from tests.support.chromium import Walker, walker
from tests.support.suite import LaunchedSuite

Seen = Callable[[Walker, str], Awaitable[None]]
"""Is called with the person and the name of what they have before them."""
WORDS = {
    "zh-CN": {
        "accept": "受理",
        "approve": "批复",
        "sign": "登记签约",
        "draw": "登记放款",
        "file": "申请备案",
        "cover": "准予备案",
    },
    "en-GB": {
        "accept": "Take into review",
        "approve": "Approve",
        "sign": "Record the contract",
        "draw": "Record a drawdown",
        "file": "File for cover",
        "cover": "Grant cover",
    },
}


async def fill(page: Page, **typed: str) -> None:
    """Type into the fields of a form."""
    for name, value in typed.items():
        await page.fill(f"#field-{name}", value)


async def lead_to_cover(
    suite: LaunchedSuite, browser: Browser, seen: Seen, *, language: str, contract_no: str, scripts: bool = True
) -> None:
    """Let the bank take, approve, sign and draw, and the fund cover it.

    Args:
        suite: with an application that waits for the demo bank.
        browser: to open two of.
        seen: is shown each screen.
        language: zh-CN or en-GB.
        contract_no: of the contract that is recorded.
        scripts: False for people whose browser runs none.
    """
    words = WORDS[language]
    today = shanghai_date(SystemClock().now())
    passwords = {one["login"]: one["password"] for one in read_people(suite.settings)}
    async with AsyncExitStack() as stack:
        bank = await stack.enter_async_context(walker(browser, suite.gateway_url, language=language, scripts=scripts))
        fund = await stack.enter_async_context(walker(browser, suite.gateway_url, language=language, scripts=scripts))
        await bank.open("/console/queue")
        await seen(bank, "sign-in")
        await bank.sign_in("bank@demo", passwords["bank@demo"], to="/console/queue")
        await seen(bank, "queue")
        await bank.open("/console/loan-applications?status=SUBMITTED")
        await bank.press("main tbody th a")
        await _press_act(bank, words["accept"])
        await _send(bank)
        await seen(bank, "application")
        await _press_act(bank, words["approve"])
        await fill(bank.page, amount_fen="100000", bank_ref=f"B-{contract_no}")
        await seen(bank, "approve")
        await _send(bank)
        await _press_act(bank, words["sign"])
        await fill(bank.page, contract_no=contract_no, rate_ppm="3", signed_on=today.isoformat())
        await _send(bank)
        await bank.open(f"/console/loans?contract_no={contract_no}")
        await bank.press("main tbody th a")
        await _press_act(bank, words["draw"])
        await fill(
            bank.page,
            note_no=f"{contract_no}-1",
            starts_on=today.isoformat(),
            matures_on=(today + timedelta(days=90)).isoformat(),
        )
        await _send(bank)
        await seen(bank, "loan")
        await bank.press("main tbody th a")
        await _press_act(bank, words["file"])
        await _send(bank)
        await fund.sign_in("fund@demo", passwords["fund@demo"], to=f"/console/covers?contract_no={contract_no}")
        await fund.press("main tbody th a")
        await seen(fund, "cover")
        await _press_act(fund, words["cover"])
        await _send(fund)
        await seen(fund, "covered")
        await bank.page.reload()
        await seen(bank, "drawdown")


async def _send(person: Walker) -> None:
    """Send the form; what is wrong with it is said by whoever looks for why the story stopped."""
    await person.press("main form button.button")
    faults = await person.page.locator(".faults, .problem").all_inner_texts()
    assert faults == [], f"{person.path}: {faults}"


async def _press_act(person: Walker, label: str) -> None:
    """Press one of the acts that are offered."""
    async with person.page.expect_navigation(wait_until="load"):
        await person.page.locator(".actions a", has_text=label).first.click()


def keep_pictures(folder: Path) -> Seen:
    """Return what keeps a picture of each screen."""

    async def keep(person: Walker, name: str) -> None:
        await person.page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return keep

"""Every page that a role can reach, in a real browser: no violation of accessibility, no sideways scrolling, light."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from deploy.embedded.people import read_people
from gateway.console.views.every import PAGES
from tests.support.chromium import MISSING, Walker, chromium_path, running_chromium, walker
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(chromium_path() is None, reason=MISSING)]
LOGINS = ("firm", "bank", "district", "city", "fund", "ip", "agency", "auditor", "operator")
FIRST_LOAD_BYTES = 100_000
NEXT_LOAD_BYTES = 25_000
REQUESTS = 4
_NOT_WALKED = re.compile(r"/console/(assets|export)/|\.(csv|xlsx)(\?|$)")
_ABOUT_CODES = {"code-book"}
"""Pages that explain codes to people."""
# No code, no fen and no UTC on a page for people: names of fields, values of enumerations, instants of the API.
_NOT_FOR_PEOPLE = re.compile(
    r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b[A-Z]{2,}(?:_[A-Z0-9]+)+\b|\d{4}-\d\d-\d\dT\d\d:\d\d|\bfen\b"
)


_SEEN: set[tuple[str, str]] = set()
"""Pages that were looked at with axe already: what differs between roles is looked at again, the rest is not."""


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as running:
        yield running


@dataclass
class Walked:
    """What a walk through the pages of one person found."""

    pages: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def page_of(path: str) -> tuple[str, str] | None:
    """Return the name of the page at an address and its act, None where the console has none."""
    found = PAGES.find(path.partition("?")[0].removeprefix("/console").rstrip("/") or "/")
    return None if found is None else (found[0].name, found[1].get("action", ""))


async def _is_new(person: Walker, name: str) -> bool:
    """Tell whether no role saw this page made of the same pieces: headings, tables, forms and acts."""
    pieces = await person.page.eval_on_selector_all(
        "main :is(h1, h2, h3, table, form, fieldset, svg, progress, .actions, .problem, .warn, .empty)",
        "all => all.map(one => one.tagName + one.className).join()",
    )
    if (name, pieces) in _SEEN:
        return False
    _SEEN.add((name, pieces))
    return True


async def walk(person: Walker) -> Walked:
    """Open one of each page that can be reached from the first one, and look at it."""
    walked = Walked()
    seen: set[tuple[str, str]] = set()
    ahead = await person.links()
    while ahead:
        path = ahead.pop(0)
        kind = page_of(path)
        if kind is None or kind in seen or _NOT_WALKED.search(path):
            continue
        seen.add(kind)
        loaded = await person.open(path)
        walked.pages.add(kind[0])
        if loaded.status != 200:
            walked.faults.append(f"{path}: answers {loaded.status}")
            continue
        if loaded.received > NEXT_LOAD_BYTES or loaded.requests > REQUESTS:
            walked.faults.append(f"{path}: {loaded.received} bytes in {loaded.requests} requests")
        if await _is_new(person, kind[0]):
            walked.faults += [f"{path}: {one}" for one in await person.violations()]
            if await person.overflows():
                walked.faults.append(f"{path}: wider than 320 px")
        raw = [] if kind[0] in _ABOUT_CODES else _NOT_FOR_PEOPLE.findall(await person.page.inner_text("main"))
        walked.faults += [f"{path}: says {one} to people" for one in dict.fromkeys(raw)]
        ahead += await person.links()
    return walked


@pytest.mark.parametrize("login", LOGINS)
async def test_every_page_that_a_role_reaches_is_fit_for_everybody(
    suite: LaunchedSuite, browser: Browser, login: str
) -> None:
    password = {one["login"]: one["password"] for one in read_people(suite.settings)}[f"{login}@demo"]
    language = "zh-CN" if LOGINS.index(login) % 2 else "en-GB"
    async with walker(browser, suite.gateway_url, language=language) as person:
        await person.sign_in(f"{login}@demo", password)
        walked = await walk(person)
        assert walked.faults == []
        assert person.complaints == []
    assert len(walked.pages) >= 5, walked.pages


async def test_the_first_page_is_light(suite: LaunchedSuite, browser: Browser) -> None:
    async with walker(browser, suite.gateway_url) as person:
        loaded = await person.open("/console/sign-in")
        assert loaded.status == 200
        assert loaded.received <= FIRST_LOAD_BYTES
        assert loaded.requests <= REQUESTS
        assert await person.violations() == []

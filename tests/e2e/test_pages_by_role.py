"""Page by role: what one person is shown, another opens only if it is theirs too; what is offered has its form."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from deploy.embedded.people import read_people
from gateway.console.page import Page
from gateway.console.views.every import PAGES
from shared.kernel.ids import new_id
from shared.kernel.uscc import check_character
from tests.support.console import Browser, Screen
from tests.support.suite import LaunchedSuite

pytestmark = pytest.mark.e2e
LOGINS = ("firm", "bank", "district", "city", "fund", "ip", "agency", "auditor", "operator")
_EACH = 2
"""How many cases of one page are opened."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USCC = re.compile(r"\b9\d{7}[0-9A-Z]{10}\b")
_NOBODY = "91500107MA0000000" + check_character("91500107MA0000000")


@dataclass
class Person:
    """Somebody at a browser, and what they were shown."""

    login: str
    browser: Browser
    screens: dict[str, Screen] = field(default_factory=dict)

    def addresses(self) -> list[str]:
        """Return the cases that were opened: addresses that hold the id of something."""
        return [path for path in self.screens if _ID.search(path) or _USCC.search(path)]


def page_at(path: str) -> Page | None:
    """Return the page at an address of the console, None where there is none."""
    found = PAGES.find(path.removeprefix("/console").rstrip("/") or "/")
    return None if found is None else found[0]


def links_of(screen: Screen) -> list[str]:
    """Return the pages of the console that a screen leads to, without what narrows them."""
    found = [urlsplit(str(one["href"])).path for one in screen.page.select("a[href]")]
    return [path for path in dict.fromkeys(found) if path.startswith("/console") and not _is_file(path)]


def _is_file(path: str) -> bool:
    return "/assets/" in path or "/export/" in path or path.endswith((".csv", ".xlsx")) or "/template" in path


async def walk(person: Person) -> None:
    """Open what can be reached from the first page, a few cases of each."""
    opened: dict[tuple[str, str], int] = {}
    ahead = links_of(await person.browser.open("/console"))
    while ahead:
        path = ahead.pop(0)
        page = page_at(path)
        if path in person.screens or page is None:
            continue
        kind = (page.name, path.rpartition("/")[2] if "{action}" in page.path else "")
        if opened.get(kind, 0) >= _EACH:
            continue
        opened[kind] = opened.get(kind, 0) + 1
        person.screens[path] = await person.browser.open(path)
        ahead += links_of(person.screens[path])


@pytest_asyncio.fixture
async def people(suite: LaunchedSuite) -> AsyncIterator[list[Person]]:
    passwords = {one["login"]: one["password"] for one in read_people(suite.settings)}
    async with AsyncExitStack() as stack:
        found = []
        for login in LOGINS:
            browser = await stack.enter_async_context(Browser(url=suite.gateway_url))
            await browser.sign_in(f"{login}@demo", passwords[f"{login}@demo"], to="/console")
            found.append(Person(login, browser))
            await walk(found[-1])
        yield found


async def test_what_is_shown_opens_and_what_is_not_theirs_is_not_there(people: list[Person]) -> None:
    broken = [
        f"{one.login} {path}: {screen.status}"
        for one in people
        for path, screen in one.screens.items()
        if screen.status != 200
    ]
    assert broken == [], "a link leads to a page that opens"
    foreign = 0
    for reader in people:
        for owner in people:
            for path in owner.addresses():
                if path in reader.screens:
                    continue
                answer = await reader.browser.open(path)
                # Who may read a case, but is not offered this act, is told so.
                assert answer.status in {200, 404, 409}, (
                    f"{reader.login} opens {path} of {owner.login}: {answer.status}"
                )
                if answer.status == 404:
                    foreign += 1
                    nobodys = _USCC.sub(_NOBODY, _ID.sub(str(new_id()), path))
                    nowhere = await reader.browser.open(nobodys)
                    assert _ID.sub("", answer.text) == _ID.sub("", nowhere.text), f"{path} gives {reader.login} a hint"
    assert foreign > 100


async def test_every_act_that_is_offered_has_a_form_that_says_what_it_lacks(people: list[Person]) -> None:
    tried = 0
    for person in people:
        for path, screen in person.screens.items():
            offered = [str(one["href"]) for one in screen.page.select(".actions a[href]")]
            for act in offered:
                form = await person.browser.open(act)
                assert form.status == 200, f"{person.login} is offered {act} on {path}: {form.status}"
                needed = form.page.select("main form[method=post] :is(input, select, textarea)[required]")
                if not needed:
                    continue
                emptied = {str(one["name"]): "" for one in needed}
                answer = await person.browser.send(form, **emptied)
                assert answer.status == 422, f"{person.login} {act}: {answer.status}"
                assert answer.faults(), act
                tried += 1
    assert tried > 10

"""A real browser for tests: the system's own Chromium, driven by playwright, with axe beside it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium on this machine (as Debian's package `chromium`; its path can be named by KECHUANG_CHROMIUM) "
    "本机没有 Chromium"
)
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 900}
_ARGUMENTS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
# WCAG 2.2 A and AA, which GB/T 37668 follows, and what axe itself advises.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Of the page and of all that it loaded; 0 for what the browser had already.
_SIZES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(one => one.transferSize)"""


def chromium_path() -> str | None:
    """Return where Chromium stands, None where there is none."""
    named = os.environ.get("KECHUANG_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """Run a browser without a window."""
    path = chromium_path()
    assert path is not None, MISSING
    alone = ("--no-sandbox",) if os.geteuid() == 0 else ()  # its sandbox does not run as root
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *alone])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Loaded:
    """What opening an address took.

    Attributes:
        status: of the page itself.
        requests: asked of the network, the page itself included; what the browser had already is none.
        received: bytes that came for them, as they were sent.
    """

    status: int
    requests: int
    received: int


class Walker:
    """A person at a browser."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", lambda said: said.type == "error" and self.complaints.append(f"{self.path}: {said.text}"))
        page.on("pageerror", lambda fault: self.complaints.append(f"{self.path}: {fault}"))

    @property
    def path(self) -> str:
        found = urlsplit(self.page.url)
        return found.path + (f"?{found.query}" if found.query else "")

    async def open(self, path: str) -> Loaded:
        answer = await self.page.goto(self.url + path, wait_until="load")
        assert answer is not None
        sizes = [size for size in await self.page.evaluate(_SIZES) if size]
        return Loaded(answer.status, len(sizes), sum(sizes))

    async def sign_in(self, login: str, password: str, to: str = "/console") -> None:
        await self.open(to)
        await self.page.fill("#field-login", login)
        await self.page.fill("#field-password", password)
        await self.press("main form button")

    async def press(self, selector: str) -> None:
        """Press what leads to another page and wait for it."""
        async with self.page.expect_navigation(wait_until="load"):
            await self.page.click(selector)

    async def violations(self) -> list[str]:
        """Return what axe finds wrong with the page as it stands."""
        found = await Axe().run(self.page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
        return [
            f"{one['id']}: {one['help']}: " + " | ".join(node["html"][:160] for node in one["nodes"][:3])
            for one in found.response["violations"]
        ]

    async def overflows(self) -> bool:
        """Tell whether the page must be moved sideways at 320 px."""
        await self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        wide = bool(await self.page.evaluate(_OVERFLOWS))
        await self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        return wide

    async def links(self) -> list[str]:
        """Return the addresses of the console that the page leads to."""
        found = await self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        ours = [urlsplit(one) for one in found if one.startswith(f"{self.url}/console")]
        return list(dict.fromkeys(one.path + (f"?{one.query}" if one.query else "") for one in ours))


@asynccontextmanager
async def walker(browser: Browser, url: str, *, language: str = "zh-CN", scripts: bool = True) -> AsyncIterator[Walker]:
    """Give a person a browser of their own."""
    context = await browser.new_context(
        viewport=WIDE,  # type: ignore[arg-type]
        locale=language,
        java_script_enabled=scripts,
        timezone_id="Asia/Shanghai",
    )
    try:
        yield Walker(context, await context.new_page(), url)
    finally:
        await context.close()

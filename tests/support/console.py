"""A browser of the tests: keeps cookies, reads pages, fills forms in as a person does."""

from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Self

import httpx
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI


@dataclass
class Screen:
    """A page as it was answered."""

    answer: httpx.Response
    page: BeautifulSoup = field(init=False)

    def __post_init__(self) -> None:
        self.page = BeautifulSoup(self.answer.text, "html.parser")

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        return self.answer.url.raw_path.decode()

    @property
    def heading(self) -> str:
        found = self.page.find("h1")
        return found.get_text(" ", strip=True) if found else ""

    @property
    def text(self) -> str:
        main = self.page.find("main")
        return main.get_text(" ", strip=True) if main else ""

    def faults(self) -> list[str]:
        return [one.get_text(strip=True) for one in self.page.select(".faults li")]

    def form(self, action: str = "") -> Tag:
        """Return the form of the page, or the one that is sent to `action`."""
        found = self.page.select_one(f"form[action='{action}']" if action else "main form[method=post]")
        assert isinstance(found, Tag), f"no form on {self.path}: {self.text[:300]}"
        return found

    def fields(self, action: str = "") -> dict[str, str]:
        """Return what the form holds."""
        form = self.form(action)
        held = {}
        for one in form.select("input, select, textarea, button[name]"):
            name = str(one.get("name", ""))
            if one.get("type") in {"radio", "checkbox"} and not one.has_attr("checked"):
                continue
            if one.name == "select":
                chosen = one.select_one("option[selected]")
                held[name] = str(chosen["value"]) if chosen else ""
            else:
                held[name] = one.text if one.name == "textarea" else str(one.get("value", ""))
        return held


class Browser:
    """Walks through the pages of an application."""

    def __init__(self, app: FastAPI | None = None, *, url: str = "https://console.test", language: str = "zh") -> None:
        """Begin without cookies; `app` without a network, or whatever answers at `url`."""
        # Kept here: a browser sends what is marked secure also to an address of its own machine, httpx does not.
        self.cookies: dict[str, str] = {}
        self.http = httpx.AsyncClient(
            transport=None if app is None else httpx.ASGITransport(app, client=("10.0.0.2", 9)),
            base_url=url,
            headers={"accept-language": language, "user-agent": "Browser of the tests"},
            follow_redirects=True,
            timeout=60,
            event_hooks={"request": [self._give], "response": [self._take]},
        )

    async def _give(self, request: httpx.Request) -> None:
        request.headers.pop("cookie", None)
        if self.cookies:
            request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def _take(self, response: httpx.Response) -> None:
        for line in response.headers.get_list("set-cookie"):
            for name, one in SimpleCookie(line).items():
                if one["max-age"] == "0" or not one.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = one.value

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def open(self, path: str) -> Screen:
        """Open a page; redirects are followed."""
        return Screen(await self.http.get(path))

    async def send(self, screen: Screen, action: str = "", **typed: str) -> Screen:
        """Fill in the form of a page and send it."""
        form = screen.form(action)
        target = str(form.get("action") or screen.path)
        return Screen(await self.http.post(target, data={**screen.fields(action), **typed}))

    async def sign_in(self, login: str, password: str, to: str = "/console/account") -> Screen:
        """Sign in from a page that asks for it."""
        return await self.send(await self.open(to), login=login, password=password)

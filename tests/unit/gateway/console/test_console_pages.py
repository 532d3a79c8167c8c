"""The public pages, as a browser without a session gets them: words, headings, policies, refusals."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.console.assets import LOCK, assets
from gateway.console.render import TEMPLATES
from gateway.console.site import Site
from gateway.console.views.every import PAGES

_CATALOGUE: dict[str, Any] = {
    "complete": False,
    "missing": ["ipr"],
    "items": [
        {
            "service": "finance",
            "policy": "kvc",
            "title_zh": "知识价值信用评价",
            "title_en": "knowledge-value evaluation",
            "in_force": "2024.1",
            "versions": [
                {
                    "version": "2024.1",
                    "valid_from_on": "2024-01-01",
                    "source_doc": "<script>alert(1)</script>",
                    "source_no": "",
                    "confidence_text_zh": "官方",
                    "confidence_text_en": "official",
                }
            ],
        }
    ],
}


async def _api(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/v1/rule-sets":
        await JSONResponse(_CATALOGUE)(scope, receive, send)
    elif scope["path"].startswith("/v1/rule-sets/broken"):
        raise ConnectionError("the service went away in the middle")
    else:
        await JSONResponse({"title": "没有该规则", "detail": "请核对。"}, 404)(scope, receive, send)


class Nobody:
    """Nobody has signed in."""

    async def visitor(self, _request: Request) -> None:
        return None

    def secret(self, _request: Request) -> bytes:
        return b"of the tests" * 3

    def give(self, _request: Request, _answer: Response) -> None:
        return None


class Browser:
    """Asks the site without a socket and keeps its cookies."""

    def __init__(self) -> None:
        site = Site(_api, State(), PAGES, Nobody(), deadline_s=5)

        async def edge(scope: Scope, receive: Receive, send: Send) -> None:
            scope["request_id"] = "r-1"
            await site(scope, receive, send)

        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="https://console.example")
        self.cookies = self._client.cookies

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._client.get(path, headers=headers))

    def post(self, path: str, data: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._client.post(path, data=data, headers=headers))


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser()


def _page(browser: Browser, path: str, language: str = "zh") -> BeautifulSoup:
    answer = browser.get(path, headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_says_its_language_has_one_heading_and_a_way_past_the_navigation(
    browser: Browser, language: str
) -> None:
    for path in ("/console/rules", "/console/components"):
        page = _page(browser, path, language)
        assert page.html is not None
        assert page.html["lang"] == ("zh-CN" if language == "zh" else "en")
        assert len(page.find_all("h1")) == 1
        skip = page.find("a", class_="skip")
        assert skip is not None
        assert page.find(id=str(skip["href"]).removeprefix("#")) is not None
        assert page.title is not None
        assert ("科创" in page.title.text) == (language == "zh")


def test_every_input_has_a_label_and_every_help_and_fault_is_tied_to_its_input(browser: Browser) -> None:
    page = _page(browser, "/console/components")
    inputs = [one for one in page.select("main input, main select, main textarea") if one.get("type") != "hidden"]
    assert len(inputs) > 10
    for one in inputs:
        assert one.find_parent("label") or page.find("label", attrs={"for": one["id"]}), one
    for one in page.select("[aria-describedby]"):
        for told in str(one["aria-describedby"]).split():
            assert page.find(id=told) is not None, one
    for link in page.select(".faults a"):
        assert page.find(id=str(link["href"]).removeprefix("#")) is not None, link


def test_what_others_wrote_is_shown_as_text_and_no_page_holds_a_script_of_its_own(browser: Browser) -> None:
    answer = browser.get("/console/rules")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    assert all(one.get("src", "").startswith("/console/assets/") and not one.text for one in page.find_all("script"))
    assert page.select("[style], [onclick], style") == []
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_service_that_is_away_is_named_and_the_rest_is_shown(browser: Browser) -> None:
    page = _page(browser, "/console/rules")
    assert "ipr" in page.select_one(".problem").text  # type: ignore[union-attr]
    assert "知识价值信用评价" in page.text


def test_a_list_is_searched_and_says_so_when_nothing_is_found(browser: Browser) -> None:
    assert "知识价值信用评价" in _page(browser, "/console/rules?q=KVC").text
    assert "没有该名称的规则" in _page(browser, "/console/rules?q=none").text


@pytest.mark.parametrize("path", ["/console/nothing", "/console/rules/a/b/c", "/console/-", "/console/rules/a"])
def test_what_is_no_page_is_said_to_be_none(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_a_refusal_of_the_interface_is_shown_in_its_words(browser: Browser) -> None:
    answer = browser.get("/console/rules/none/1")
    assert answer.status_code == 404
    assert "没有该规则" in answer.text


def test_a_fault_of_ours_is_a_page_too(browser: Browser) -> None:
    answer = browser.get("/console/rules/broken/1")
    assert answer.status_code == 500
    assert "ConnectionError" not in answer.text
    assert "<h1>" in answer.text


def test_the_language_is_chosen_by_a_form_of_ours_and_kept(browser: Browser) -> None:
    page = _page(browser, "/console/rules?q=a")
    form = page.select_one("form[action='/console/language']")
    assert form is not None
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input, button")}
    answer = browser.post("/console/language", data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/rules?q=a"
    assert "en" in answer.cookies.get("console_language", "")
    assert browser.get("/console/rules").headers["content-language"] == "en"
    browser.cookies.clear()


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({}, "ab" * 32),
        ({"origin": "https://evil.example"}, None),
        ({"sec-fetch-site": "cross-site"}, None),
    ],
)
def test_a_form_that_is_not_ours_is_refused(browser: Browser, headers: dict[str, str], token: str | None) -> None:
    form = _page(browser, "/console/rules").select_one("form[action='/console/language']")
    assert form is not None
    own = {str(one["name"]): str(one["value"]) for one in form.select("input, button")}
    fields = own if token is None else {**own, "form_token": token}
    answer = browser.post("/console/language", data=fields, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_an_asset_is_kept_for_ever_under_the_address_of_its_content_and_compressed(browser: Browser) -> None:
    for asset in assets().values():
        answer = browser.get(asset.address)
        assert answer.status_code == 200
        assert answer.content == asset.plain
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        plain = browser.get(asset.address, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert browser.get(asset.address.replace(asset.digest[:16], "0" * 16)).status_code == 404
    assert browser.get("/console/assets/x/../../settings.py").status_code == 404


def test_the_first_load_is_small(browser: Browser) -> None:
    sent = sum(len(asset.packed) for asset in assets().values())
    assert sent + len(browser.get("/console/components").content) < 100_000


def test_files_of_others_are_pinned_by_their_digest_and_their_version_is_exact() -> None:
    files = json.loads(LOCK.read_text("utf-8"))["files"]
    assert files
    for one in files:
        assert assets()[one["file"]].digest == one["sha256"]
        assert one["version"].count(".") == 2
        assert one["version"].replace(".", "").isdigit()


def test_every_template_of_a_page_is_used_by_a_view() -> None:
    views = "".join(path.read_text("utf-8") for path in TEMPLATES.parent.rglob("*.py"))
    pages = sorted(path.name for path in (TEMPLATES / "pages").glob("*.html"))
    assert len(pages) > 3
    assert [name for name in pages if f'"{name}"' not in views] == []


def test_every_component_is_shown_on_the_page_of_components() -> None:
    shown = (TEMPLATES / "pages" / "components.html").read_text("utf-8")
    made_of_others = {"hidden.html", "list.html"}
    for path in sorted((TEMPLATES / "components").glob("*.html")):
        assert path.name in made_of_others or f'"components/{path.name}"' in shown, path.name

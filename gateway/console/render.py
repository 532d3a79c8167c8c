"""Makes HTML of templates: escaped, in one language, under a policy that lets no foreign or inline script run."""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.console.assets import assets
from gateway.console.chart import share
from gateway.console.form import HELD, KEY, SEEN, TOKEN, Form, form_token, new_key
from gateway.console.format import FILTERS, NOTHING
from gateway.console.own_api import address
from gateway.console.page import Page, Pages
from gateway.console.site_names import ROOT
from gateway.console.visitor import Visitor
from gateway.console.words import Words, words_of
from shared.kernel.actor import Role
from shared.kernel.clock import SystemClock, shanghai_date
from shared.web.language import Language

TEMPLATES = Path(__file__).parent / "templates"
SAID = "console_said"
_SAID_SECONDS = 60
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
    "vary": "cookie, accept-language",
}
"""Of every page: no script but our own files, no page of others around it, nothing kept by a browser's cache."""


@cache
def _environment(language: Language) -> Environment:
    words = words_of(language)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "_": words.gettext,
        "ngettext": words.ngettext,
        "field_name": words.field,
        "value_name": words.value,
        "value_names": words.values,
        "unit_names": lambda: words.units(shanghai_date(SystemClock().now())),
        "language": language,
        "asset": lambda name: assets()[name].address,
        "NOTHING": NOTHING,
        "share": share,
    }
    environment.filters |= {name: partial(made, words) for name, made in FILTERS.items()}
    return environment


class Look(Protocol):
    """What of a visit a page shows."""

    @property
    def request(self) -> Request:
        """Of the browser."""

    @property
    def page(self) -> Page:
        """That is looked at."""

    @property
    def visitor(self) -> Visitor | None:
        """Who looks."""

    @property
    def words(self) -> Words:
        """Texts in the language of the page."""

    @property
    def form(self) -> Form:
        """What was typed."""

    @property
    def note(self) -> str:
        """Said above the page."""


class Renderer:
    """Makes the pages."""

    def __init__(self, pages: Pages, *, secure: bool) -> None:
        """Remember the navigation.

        Args:
            pages: of the console.
            secure: whether browsers reach it by https alone.
        """
        self._pages = pages
        self._secure = secure

    def page(self, visit: Look, template: str, *, status: int, context: Mapping[str, Any]) -> Response:
        """Return a whole page."""
        visitor = visit.visitor
        said = unquote(visit.request.cookies.get(SAID, ""))
        secret = visitor.secret if visitor is not None else visit.request.scope["console_secret"]
        html = (
            _environment(visit.words.language)
            .get_template(f"pages/{template}")
            .render(
                visit=visit,
                visitor=visitor,
                page=visit.page,
                form=visit.form,
                said=[one for one in (visit.note, said) if one],
                menu=self._pages.menu(visitor.role, visitor.scopes) if visitor is not None else [],
                link=self.link,
                form_names=(TOKEN, KEY, SEEN, HELD),
                form_token=lambda: form_token(secret),
                form_key=lambda: visit.form.key or new_key(),
                **context,
            )
        )
        answer = HTMLResponse(html, status, headers=HEADERS)
        answer.headers["content-language"] = "zh-CN" if visit.words.language == "zh" else "en"
        if said:
            answer.delete_cookie(SAID, path="/console")
        return answer

    def link(self, name: str, **values: object) -> str:
        """Return the address of a page."""
        return ROOT + address(self._pages[name].path, values)

    def opens(self, name: str, role: Role) -> bool:
        """Tell whether a page is open to a role: a link to another one would lead nowhere."""
        return self._pages[name].is_open_to(role)

    def say_once(self, answer: Response, said: str) -> None:
        """Let the next page say a sentence."""
        answer.set_cookie(
            SAID,
            quote(said),
            max_age=_SAID_SECONDS,
            path="/console",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

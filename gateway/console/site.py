"""The console as one ASGI application under `/console`: finds the page, the person and the language, calls the view."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import structlog
from starlette.datastructures import State, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.console.assets import assets
from gateway.console.form import TOKEN, Form, is_our_form
from gateway.console.kept import KeptForms
from gateway.console.own_api import OwnApi, OwnApiDownError
from gateway.console.page import Pages
from gateway.console.render import HEADERS, Renderer
from gateway.console.site_names import LANGUAGE, ROOT
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.visitor import Visitor
from gateway.console.words import mark, words_of
from shared.web.language import Language, choose_language

_FIELDS_AT_MOST = 2_000
_FIRST = "password"
"""The page that a first password opens, and no other."""
_YEAR_S = 31_536_000
_SAFE = frozenset({"GET", "HEAD"})
_TYPED_IS_HERE = mark("You were signed out while you were typing. It stands here again and has not been sent yet.")
_SEND_ANEW = mark("You signed in again after this form was opened. Look through it and send it once more.")
_FILES_GONE = mark(
    "You were signed out while you were typing. It stands here again and has not been sent yet; choose the file anew."
)
_log = structlog.stdlib.get_logger(__name__)


class People(Protocol):
    """Knows who signed in with which browser."""

    async def visitor(self, request: Request) -> Visitor | None:
        """Return the person whose session the browser proves, None without one."""

    def secret(self, request: Request) -> bytes:
        """Return what the forms of a browser without a session are proven by."""

    def give(self, request: Request, answer: Response) -> None:
        """Let the browser keep what proves its forms."""


class Site:
    """The console."""

    def __init__(self, app: ASGIApp, state: State, pages: Pages, people: People, *, deadline_s: float) -> None:
        """Name the parts.

        Args:
            app: the whole application: its API is what pages call.
            state: of the application.
            pages: of the console.
            people: who signed in.
            deadline_s: how long one answer of the API may take.
        """
        self._state = state
        self._pages = pages
        self._people = people
        self._api = OwnApi(app, deadline_s=deadline_s)
        self._renderer = Renderer(pages, secure=True)
        self._kept = KeptForms(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of a browser; what is no page of the console is answered as such."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
            self._people.give(request, answer)
            await answer(scope, receive, send)
        finally:
            await request.close()  # files of its form

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"].removeprefix(ROOT)
        if path.startswith("/assets/"):
            return _asset(request, path)
        request.scope["console_secret"] = self._people.secret(request)
        visitor = await self._people.visitor(request)
        found = self._pages.find(path.rstrip("/") or "/")
        page = self._pages["missing"] if found is None else found[0]
        visit = Visit(
            request=request,
            page=page,
            visitor=visitor,
            words=words_of(_language(request)),
            values={} if found is None else found[1],
            state=self._state,
            api=self._api,
            renderer=self._renderer,
        )
        request.scope["route"] = page
        if visitor is not None:
            request.scope["edge_client"] = visitor.subject
        began = time.perf_counter()
        answer = await self._page(visit, known=found is not None)
        whole, waited = time.perf_counter() - began, visit.waiting.seconds
        # What the page itself cost and what the API did: told to whoever looks into their browser, and measured.
        answer.headers["server-timing"] = f"page;dur={1000 * (whole - waited):.1f}, api;dur={1000 * waited:.1f}"
        return answer

    async def _page(self, visit: Visit, *, known: bool) -> Response:
        try:
            return await self._view(visit, known=known)
        except PageRefusedError as refused:
            return self._refused(visit, refused.status, refused.problem)
        except OwnApiDownError:
            return self._refused(visit, HTTPStatus.SERVICE_UNAVAILABLE, None)
        except Exception:  # noqa: BLE001  # a person gets a page, whatever went wrong; the log has the rest
            _log.exception("page_failed", page=visit.page.name)
            return self._refused(visit, HTTPStatus.INTERNAL_SERVER_ERROR, None)

    async def _view(self, visit: Visit, *, known: bool) -> Response:
        request, page, visitor = visit.request, visit.page, visit.visitor
        if not known:
            raise PageRefusedError(HTTPStatus.NOT_FOUND)
        view = page.show if request.method in _SAFE else page.act if request.method == "POST" else None
        if page.roles is not None and visitor is None:
            return await self._sign_in_first(visit)
        if not page.is_open_to(visitor.role if visitor else None, visitor.scopes if visitor else None):
            raise PageRefusedError(HTTPStatus.NOT_FOUND)
        if view is None:
            raise PageRefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        if visitor is not None and visitor.must_change and page.roles is not None and page.name != _FIRST:
            return visit.go(self._pages[_FIRST].path)
        if view is page.act:
            if not await self._take_form(visit):
                return await self._ask_again(visit)
            answer = await view(visit)
            if visitor is not None and answer.status_code == HTTPStatus.SEE_OTHER:
                await self._kept.forget(request, visitor)
            return answer
        if visitor is not None and (typed := await self._kept.find(request, visitor)) is not None:
            visit.form = Form(typed.fields)
            visit.note = visit.words.gettext(_FILES_GONE if typed.had_files else _TYPED_IS_HERE)
        return await view(visit)

    async def _take_form(self, visit: Visit) -> bool:
        """Take what was typed; return whether a page of this session sent it.

        Raises:
            PageRefusedError: it is no form, or another site's page sent it.
        """
        visit.form = await self._sent(visit)
        secret = visit.visitor.secret if visit.visitor is not None else visit.request.scope["console_secret"]
        return is_our_form(secret, visit.form.text(TOKEN))

    async def _ask_again(self, visit: Visit) -> Response:
        """Show a form that was opened before the present session as it was typed; nothing of it is done.

        Raises:
            PageRefusedError: the browser does not say that the form is of our own site, or no page shows it.
        """
        if visit.page.show is None or "origin" not in visit.request.headers:
            raise PageRefusedError(HTTPStatus.FORBIDDEN)
        visit.note = visit.words.gettext(_SEND_ANEW)
        answer = await visit.page.show(visit)
        if answer.status_code == HTTPStatus.OK:
            answer.status_code = HTTPStatus.CONFLICT
        return answer

    async def _sent(self, visit: Visit) -> Form:
        """Return what was sent; whether it is ours is still to be proven.

        Raises:
            PageRefusedError: another site's page sent it, or it is no form.
        """
        _refuse_foreign(visit.request)
        return Form(await _fields(visit.request))

    async def _sign_in_first(self, visit: Visit) -> Response:
        """Ask for a sign-in, which leads back to the page; what was typed into its form stands there again."""
        request = visit.request
        target = request.scope["path"]
        if request.method == "POST":
            target = await self._kept.keep(request, visit.page, await self._sent(visit)) or target
        elif request.scope["query_string"] and request.method in _SAFE:
            target += "?" + request.scope["query_string"].decode("latin-1")
        return RedirectResponse(f"{ROOT}/sign-in?{urlencode({'to': target})}", HTTPStatus.SEE_OTHER)

    def _refused(self, visit: Visit, status: int, problem: Mapping[str, Any] | None) -> Response:
        if status == HTTPStatus.UNAUTHORIZED:
            return RedirectResponse(
                f"{ROOT}/sign-in?to={quote(visit.request.scope['path'], safe='')}", HTTPStatus.SEE_OTHER
            )
        return visit.html("refused.html", status=status, status_code=int(status), problem=problem)


def _refuse_foreign(request: Request) -> None:
    """Refuse a form that another site's page sent; every browser of today says where a form comes from.

    Raises:
        PageRefusedError: 403.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise PageRefusedError(HTTPStatus.FORBIDDEN)
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise PageRefusedError(HTTPStatus.FORBIDDEN)


async def _fields(request: Request) -> dict[str, list[str]]:
    """Return the text fields of a form; its files stay in `request.state.files`.

    Raises:
        PageRefusedError: 400 for what is no form.
    """
    fields: dict[str, list[str]] = {}
    request.state.files = {}
    try:
        form = await request.form(max_fields=_FIELDS_AT_MOST)
    except (HTTPException, UnicodeDecodeError):
        raise PageRefusedError(HTTPStatus.BAD_REQUEST) from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            request.state.files[name] = value
        else:
            fields.setdefault(name, []).append(value)
    return fields


def _language(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE)
    if chosen == "en":
        return "en"
    return "zh" if chosen == "zh" else choose_language(request.headers.get("accept-language"))


def _asset(request: Request, path: str) -> Response:
    """Return a file of ours; a browser keeps it for a year, since another content has another address."""
    _, _, digest, name = [*path.split("/", 3), "", ""][:4]
    found = assets().get(name)
    if found is None or not found.address.endswith(f"/{digest}/{name}"):
        return Response(status_code=HTTPStatus.NOT_FOUND)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "cache-control": f"public, max-age={_YEAR_S}, immutable",
        "content-type": found.content_type,
        "x-content-type-options": HEADERS["x-content-type-options"],
        "vary": "accept-encoding",
    }
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(found.packed if packed else found.plain, headers=headers)

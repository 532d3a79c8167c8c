"""A session that ended in the middle of a form: what was typed is kept, and stands there after the next sign-in."""

from datetime import timedelta
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from starlette.datastructures import State
from starlette.requests import Request

from gateway.console.form import KEY, TOKEN, Form, is_our_form
from gateway.console.page import Page
from gateway.console.people import COOKIE, session_secret
from gateway.console.site_names import ROOT, own_target
from gateway.console.visitor import Visitor
from gateway.store import kept_form as store
from gateway.usecases import kept_form as usecases
from gateway.usecases.kept_form import Typed
from shared.kernel.actor import system_actor

KEPT = "kept"
"""The parameter of an address that names what was typed on its page."""


class KeptForms:
    """Keeps forms for people who have to sign in again."""

    def __init__(self, state: State) -> None:
        """Remember where they are kept."""
        self._state = state

    async def keep(self, request: Request, page: Page, form: Form) -> str | None:
        """Keep a form that came without a session; return the address that shows it again, None if it is not kept.

        Only a form of the session that this browser had is kept: whoever sends another could put words into the mouth
        of the person who signs in next.
        """
        token = request.cookies.get(COOKIE, "")
        if not token or not page.keeps_typed or not is_our_form(session_secret(token), form.text(TOKEN)):
            return None
        here = own_target(_address(request)) if page.show is not None else _page_before(request)
        # A page that only acts has its form on another page, where the key of its one effect belongs to other forms.
        left_out = {TOKEN} if page.show is not None else {TOKEN, KEY}
        typed = Typed({name: one for name, one in form.values.items() if name not in left_out}, _has_files(request))
        kept_for = timedelta(minutes=self._state.settings.form_kept_minutes)
        state, actor = self._state, system_actor("gateway")
        async with state.db.transaction(actor=actor, clock=state.clock) as tx:
            kept_id = await usecases.keep(tx, token, urlsplit(here).path, typed, for_=kept_for)
        return None if kept_id is None else _with(here, str(kept_id))

    async def find(self, request: Request, visitor: Visitor) -> Typed | None:
        """Return what the person had typed on the page that is opened."""
        kept_id = _named(request)
        if kept_id is None:
            return None
        state, actor = self._state, system_actor("gateway")
        async with state.db.transaction(actor=actor, clock=state.clock, read_only=True) as tx:
            return await usecases.find(tx, kept_id, visitor.account_id, request.scope["path"])

    async def forget(self, request: Request, visitor: Visitor) -> None:
        """Delete what the person has now sent."""
        kept_id = _named(request)
        if kept_id is None:
            return
        state, actor = self._state, system_actor("gateway")
        async with state.db.transaction(actor=actor, clock=state.clock) as tx:
            await store.forget(tx, kept_id, visitor.account_id)


def _address(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    path = cast("str", request.scope["path"])
    return f"{path}?{query}" if query else path


def _page_before(request: Request) -> str:
    """Return the page of the console that the form stood on."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host"):
        return ROOT
    return own_target(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _with(address: str, kept_id: str) -> str:
    parts = urlsplit(address)
    others = [one for one in parse_qsl(parts.query, keep_blank_values=True) if one[0] != KEPT]
    return f"{parts.path}?{urlencode([*others, (KEPT, kept_id)])}"


def _named(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params.get(KEPT, ""))
    except ValueError:
        return None


def _has_files(request: Request) -> bool:
    return any(one.filename for one in request.state.files.values())

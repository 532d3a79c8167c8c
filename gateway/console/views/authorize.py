"""A person goes on to another frontend of the platform, which may then call in their name (RFC 6749, section 4.1)."""

import re
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from gateway.console.page import EVERYBODY, Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from gateway.settings import Frontend
from gateway.usecases import authorization as usecases
from gateway.usecases.authorization import Asked

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE_LENGTH = 1_000
ASK = Page(name="authorize", path="/authorize", title=mark("Go on"), roles=EVERYBODY)
GO = Page(name="authorize-go", path="/authorize/go", title=mark("Go on"), roles=EVERYBODY)


@ASK.shows
async def ask(visit: Visit) -> Response:
    """Say where the person goes on to, and in whose name.

    A link leads on: the policy of our pages lets no form, and so no sign-in by one, end at another site.
    """
    frontend = _frontend(visit)
    wrong = _wrong(visit)
    if wrong:
        return _back(visit, error=wrong)
    query = visit.request.scope["query_string"].decode("latin-1")
    title = frontend.title_zh if visit.words.language == "zh" else frontend.title_en
    away = urlsplit(visit.asked_for("redirect_uri")).netloc
    return visit.html("authorize.html", title=title, away=away, query=query, scopes=sorted(_scopes(visit)))


@GO.shows
async def go(visit: Visit) -> Response:
    """Send the browser on with a code."""
    frontend, state, who = _frontend(visit), visit.state, visit.who
    wrong = _wrong(visit)
    if wrong:
        return _back(visit, error=wrong)
    asked = Asked(
        client_id=frontend.client_id,
        redirect_uri=visit.asked_for("redirect_uri"),
        scopes=_scopes(visit),
        challenge=visit.asked_for("code_challenge"),
    )
    async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
        code = await usecases.issue_code(tx, who.account_id, who.session_id, asked)
    return _back(visit, code=code)


def _frontend(visit: Visit) -> Frontend:
    """Return who asks.

    Raises:
        PageRefusedError: 404 for a frontend or an address that nobody registered: not even an error is sent there.
    """
    client_id, address = visit.asked_for("client_id"), visit.asked_for("redirect_uri")
    for one in visit.state.settings.frontends:
        if one.client_id == client_id and address in one.redirect_uris:
            found: Frontend = one
            return found
    raise PageRefusedError(HTTPStatus.NOT_FOUND)


def _wrong(visit: Visit) -> str:
    """Return the error word for what is asked wrongly, empty if nothing is."""
    if visit.asked_for("response_type") != "code":
        return "unsupported_response_type"
    has_challenge = _CHALLENGE.fullmatch(visit.asked_for("code_challenge")) is not None
    if not has_challenge or visit.asked_for("code_challenge_method") != "S256":
        return "invalid_request"
    return "" if _scopes(visit) <= visit.who.scopes else "invalid_scope"


def _scopes(visit: Visit) -> frozenset[str]:
    return frozenset(visit.asked_for("scope").split()) or visit.who.scopes


def _back(visit: Visit, **told: str) -> Response:
    """Send the browser back to the frontend, which told us its state."""
    address, state = visit.asked_for("redirect_uri"), visit.request.query_params.get("state", "")[:_STATE_LENGTH]
    said = {**told, **({"state": state} if state else {}), "iss": visit.state.settings.issuer}
    return RedirectResponse(
        f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(said)}", HTTPStatus.SEE_OTHER
    )

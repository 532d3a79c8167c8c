"""Sign-in by another issuer: the browser is sent there, comes back with a code, and a session of ours begins."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

import orjson
from starlette.responses import RedirectResponse, Response

from gateway.console.page import Page
from gateway.console.site_names import own_target
from gateway.console.views import sign_in
from gateway.console.visit import Visit
from gateway.console.words import mark
from gateway.upstream.issuer import Issuer, IssuerDownError, IssuerRefusedError
from gateway.usecases import account_identity as usecases
from gateway.usecases.account_identity import Expected, IdTokenError
from shared.kernel.actor import system_actor

COOKIE = "__Host-issuer"
_SECONDS = 600
_BYTES = 32
BEGIN = Page(name="sign-in-issuer", path="/sign-in/issuer", title=mark("Sign in"), roles=None)
BACK = Page(name="sign-in-issuer-back", path="/sign-in/issuer/back", title=mark("Sign in"), roles=None)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the browser was sent away with; it keeps this itself, out of reach of scripts.

    Attributes:
        state: comes back in the address.
        nonce: comes back in the ID token.
        verifier: proves that the code is ours to exchange (PKCE).
        target: page to go to afterwards.
    """

    state: str
    nonce: str
    verifier: str
    target: str


@BEGIN.shows
async def begin(visit: Visit) -> Response:
    """Send the browser to the issuer."""
    issuer, target = _issuer(visit), own_target(visit.asked_for("to"))
    if issuer is None:
        return sign_in.page_of(visit, target, status=HTTPStatus.NOT_FOUND)
    sent = _Sent(
        state=secrets.token_urlsafe(_BYTES),
        nonce=secrets.token_urlsafe(_BYTES),
        verifier=secrets.token_urlsafe(_BYTES),
        target=target,
    )
    challenge = base64.urlsafe_b64encode(sha256(sent.verifier.encode()).digest()).decode().rstrip("=")
    try:
        away = await issuer.authorization_url(state=sent.state, nonce=sent.nonce, challenge=challenge)
    except IssuerDownError:
        return _refused(visit, target, _DOWN, HTTPStatus.SERVICE_UNAVAILABLE)
    answer = RedirectResponse(away, HTTPStatus.SEE_OTHER)
    kept = base64.urlsafe_b64encode(orjson.dumps([sent.state, sent.nonce, sent.verifier, sent.target])).decode()
    answer.set_cookie(COOKIE, kept, max_age=_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@BACK.shows
async def come_back(visit: Visit) -> Response:
    """Check what the issuer says, and begin a session of the account that its subject is bound to."""
    issuer, sent = _issuer(visit), _sent(visit.request.cookies.get(COOKIE, ""))
    if issuer is None or sent is None or not hmac.compare_digest(_plain(visit.asked_for("state")), _plain(sent.state)):
        return _refused(visit, own_target(""), _NOT_BEGUN, HTTPStatus.BAD_REQUEST)
    state = visit.state
    try:
        subject = await _subject(visit, issuer, sent)
    except IssuerDownError:
        return _refused(visit, sent.target, _DOWN, HTTPStatus.SERVICE_UNAVAILABLE)
    except (IssuerRefusedError, IdTokenError):
        return _refused(visit, sent.target, _NOT_PROVEN, HTTPStatus.UNPROCESSABLE_ENTITY)
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        browser = visit.request.headers.get("user-agent", "")
        made = await usecases.sign_in(tx, issuer.url, subject, browser=browser)
    if made is None:
        return _refused(visit, sent.target, _NOBODY, HTTPStatus.UNPROCESSABLE_ENTITY, subject=subject)
    answer = sign_in.begun(made, sent.target)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


async def _subject(visit: Visit, issuer: Issuer, sent: _Sent) -> str:
    """Return whom the issuer says has signed in.

    Raises:
        IssuerDownError: it does not answer.
        IssuerRefusedError: it does not take the code.
        IdTokenError: its answer proves nobody.
    """
    state = visit.state
    if not visit.asked_for("code"):
        raise IssuerRefusedError(issuer.url)
    token = await issuer.id_token(visit.asked_for("code"), sent.verifier)
    expected = Expected(issuer.url, issuer.client_id, sent.nonce, state.settings.oidc_algorithm)
    try:
        return usecases.subject_of(token, await issuer.keys(), expected, state.clock.now())
    except IdTokenError:  # perhaps by a key that was made since
        return usecases.subject_of(token, await issuer.keys(anew=True), expected, state.clock.now())


def _issuer(visit: Visit) -> Issuer | None:
    found: Issuer | None = visit.state.issuer
    return found


def _sent(kept: str) -> _Sent | None:
    try:
        state, nonce, verifier, target = orjson.loads(base64.urlsafe_b64decode(kept))
    except (ValueError, TypeError):
        return None
    texts = [one for one in (state, nonce, verifier, target) if isinstance(one, str) and one]
    return _Sent(state, nonce, verifier, own_target(target)) if len(texts) == 4 else None  # noqa: PLR2004


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _refused(visit: Visit, target: str, why: str, status: HTTPStatus, **values: str) -> Response:
    visit.form.faults.append(sign_in.fault(visit.words.gettext(why, **values)))
    return sign_in.page_of(visit, target, status=status)


_DOWN = mark("The other sign-in does not answer at the moment. Use login and password, or try again in a minute.")
_NOT_BEGUN = mark("This sign-in was not begun in this browser, or it took too long. Begin again.")
_NOT_PROVEN = mark("The other sign-in did not say who you are. Begin again.")
_NOBODY = mark("No account that can be used is bound to you. Tell your administrator your identifier: %(subject)s")

"""Sign-in: login and password, then a code where the account has one; afterwards the page that was asked for."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from gateway.console import passkeys
from gateway.console.form import Fault
from gateway.console.page import Page
from gateway.console.people import COOKIE
from gateway.console.site_names import ROOT, own_target
from gateway.console.visit import Visit
from gateway.console.words import mark
from gateway.rules.account import SessionEnd
from gateway.rules.passkey import Purpose
from gateway.store import passkey as store
from gateway.usecases import passkey as by_passkey
from gateway.usecases import session as sessions
from gateway.usecases import sign_in as usecases
from gateway.usecases.sign_in import SignedIn
from shared.kernel.actor import system_actor

SIGN_IN = Page(name="sign-in", path="/sign-in", title=mark("Sign in"), roles=None)
CODE = Page(name="sign-in-code", path="/sign-in/code", title=mark("Second step"), roles=None)
BY_PASSKEY = Page(name="sign-in-passkey", path="/sign-in/passkey", title=mark("Sign in"), roles=None)
CODE_BY_PASSKEY = Page(name="sign-in-code-passkey", path="/sign-in/code/passkey", title=mark("Second step"), roles=None)
SIGN_OUT = Page(name="sign-out", path="/sign-out", title=mark("Sign out"), roles=None)


@SIGN_IN.shows
async def ask(visit: Visit) -> Response:
    """Ask who it is; who has signed in already is led on."""
    if visit.visitor is not None:
        return RedirectResponse(own_target(visit.asked_for("to")), HTTPStatus.SEE_OTHER)
    return page_of(visit, own_target(visit.asked_for("to")))


def fault(message: str) -> Fault:
    """Return what stands at the head of the sign-in."""
    return Fault("", message)


def page_of(visit: Visit, target: str, *, status: int = 200) -> Response:
    """Return the page that asks who it is, by all ways that there are."""
    asked = passkeys.asked(visit, Purpose.SIGN_IN)
    question = "" if asked is None else by_passkey.to_sign_in(asked, (), visit.state.clock.now())
    settings = visit.state.settings
    issuer = (settings.oidc_title or settings.oidc_issuer) if visit.state.issuer is not None else ""
    return visit.html("sign_in.html", status=status, to=target, question=question, issuer=issuer)


@SIGN_IN.acts
async def sign_in(visit: Visit) -> Response:
    """Begin a session, or say that it was not possible, whatever the reason."""
    state, settings = visit.state, visit.state.settings
    login, password = visit.form.text("login").casefold(), (visit.form.values.get("password") or [""])[0]
    target = own_target(visit.form.text("to"))
    system = system_actor("gateway")
    async with state.db.transaction(actor=system, clock=state.clock, read_only=True) as tx:
        against = await usecases.seen(tx, login)
    is_right = await state.passwords.matches(password, against)
    renewed = await state.passwords.renewed(password, against) if is_right and against is not None else None
    async with state.db.transaction(actor=system, clock=state.clock) as tx:
        made = await usecases.sign_in(
            tx,
            login,
            is_right=is_right,
            renewed=renewed,
            against=against,
            browser=visit.request.headers.get("user-agent", ""),
            lockout=usecases.lockout_of(settings.account_tries, settings.account_pause_minutes),
        )
    if made is None:
        visit.form.faults.append(Fault("login", visit.words.gettext(_REFUSED)))
        return page_of(visit, target, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return begun(made, target)


def begun(made: SignedIn, target: str) -> Response:
    """Give the browser its session and lead it on, by way of a second factor where one is asked for."""
    answer = RedirectResponse(_to(CODE, target) if made.waits_for_code else target, HTTPStatus.SEE_OTHER)
    answer.set_cookie(COOKIE, made.token, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@BY_PASSKEY.acts
async def sign_in_by_passkey(visit: Visit) -> Response:
    """Begin a session by a passkey alone."""
    state, target = visit.state, own_target(visit.form.text("to"))
    asked, made = passkeys.asked(visit, Purpose.SIGN_IN), None
    if asked is not None:
        async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
            browser = visit.request.headers.get("user-agent", "")
            made = await by_passkey.sign_in(tx, visit.form.text("credential"), asked, browser=browser)
    if made is not None:
        return begun(made, target)
    visit.form.faults.append(Fault("", visit.words.gettext(_PASSKEY_REFUSED)))
    return page_of(visit, target, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@CODE.shows
async def ask_code(visit: Visit) -> Response:
    """Ask for the code, or for a passkey."""
    return await _ask_code(visit, own_target(visit.asked_for("to")))


async def _ask_code(visit: Visit, target: str, *, status: int = 200) -> Response:
    """Ask whoever has begun to sign in; who has not begins."""
    state, token = visit.state, visit.request.cookies.get(COOKIE, "")
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock, read_only=True) as tx:
        found = await sessions.waiting(tx, token)
        held = () if found is None else await store.of_account(tx, found.id)
        tx.session.expunge_all()
    if found is None:
        return RedirectResponse(target if visit.visitor is not None else _to(SIGN_IN, target), HTTPStatus.SEE_OTHER)
    asked = passkeys.asked(visit, Purpose.SECOND_FACTOR)
    question = by_passkey.to_sign_in(asked, held, state.clock.now()) if asked is not None and held else ""
    return visit.html("sign_in_code.html", status=status, to=target, question=question, has_codes=found.code_confirmed)


def _to(page: Page, target: str) -> str:
    return f"{ROOT}{page.path}?{urlencode({'to': target})}"


@CODE_BY_PASSKEY.acts
async def give_passkey(visit: Visit) -> Response:
    """Complete the session by a passkey."""
    state, target = visit.state, own_target(visit.form.text("to"))
    asked, done = passkeys.asked(visit, Purpose.SECOND_FACTOR), False
    if asked is not None:
        async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
            token = visit.request.cookies.get(COOKIE, "")
            done = await by_passkey.complete(tx, token, visit.form.text("credential"), asked)
    if done:
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    visit.form.faults.append(Fault("", visit.words.gettext(_PASSKEY_REFUSED)))
    return await _ask_code(visit, target, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@CODE.acts
async def give_code(visit: Visit) -> Response:
    """Complete the session."""
    state, settings = visit.state, visit.state.settings
    target = own_target(visit.form.text("to"))
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        done = await usecases.give_code(
            tx,
            visit.request.cookies.get(COOKIE, ""),
            visit.form.text("code").replace(" ", ""),
            lockout=usecases.lockout_of(settings.account_tries, settings.account_pause_minutes),
        )
    if done:
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    visit.form.faults.append(Fault("code", visit.words.gettext(_CODE_REFUSED)))
    return await _ask_code(visit, target, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@SIGN_OUT.acts
async def sign_out(visit: Visit) -> Response:
    """End the session, if there is one."""
    visitor, state = visit.visitor, visit.state
    if visitor is not None:
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            await sessions.end(tx, visitor.account_id, visitor.session_id, SessionEnd.SIGNED_OUT)
    answer = visit.go("/sign-in", said=visit.words.gettext(_SIGNED_OUT))
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


_REFUSED = mark(
    "Login or password are not right, or the account cannot be used now. After several wrong tries it rests a while."
)
_CODE_REFUSED = mark("The code is not right, or it was used already. Wait for the next one.")
_PASSKEY_REFUSED = mark("The passkey did not sign you in. Try again, or sign in in another way.")
_SIGNED_OUT = mark("You have signed out.")

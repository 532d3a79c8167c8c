"""Sign-in: login and password, then a code where the account has one; afterwards the page that was asked for."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from gateway.console.form import Fault
from gateway.console.page import Page
from gateway.console.people import COOKIE
from gateway.console.site_names import own_target
from gateway.console.visit import Visit
from gateway.console.words import mark
from gateway.rules.account import SessionEnd
from gateway.usecases import session as sessions
from gateway.usecases import sign_in as usecases
from shared.kernel.actor import system_actor

SIGN_IN = Page(name="sign-in", path="/sign-in", title=mark("Sign in"), roles=None)
CODE = Page(name="sign-in-code", path="/sign-in/code", title=mark("Second factor"), roles=None)
SIGN_OUT = Page(name="sign-out", path="/sign-out", title=mark("Sign out"), roles=None)


@SIGN_IN.shows
async def ask(visit: Visit) -> Response:
    """Ask who it is; who has signed in already is led on."""
    if visit.visitor is not None:
        return RedirectResponse(own_target(visit.asked_for("to")), HTTPStatus.SEE_OTHER)
    return visit.html("sign_in.html", to=own_target(visit.asked_for("to")))


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
        return visit.html("sign_in.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, to=target)
    to = f"/console/sign-in/code?{urlencode({'to': target})}" if made.waits_for_code else target
    answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
    answer.set_cookie(COOKIE, made.token, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@CODE.shows
async def ask_code(visit: Visit) -> Response:
    """Ask for the code."""
    return visit.html("sign_in_code.html", to=own_target(visit.asked_for("to")))


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
    return visit.html("sign_in_code.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, to=target)


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
_SIGNED_OUT = mark("You have signed out.")

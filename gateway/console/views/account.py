"""My account: for whom I act, my sessions, my password, my second factor."""

from uuid import UUID

from starlette.responses import Response

from gateway.console.form import Fault
from gateway.console.page import EVERYBODY, Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from gateway.rules import account as rules
from gateway.rules.account import SessionEnd
from gateway.usecases import account as accounts
from gateway.usecases import session as sessions
from gateway.usecases import sign_in as usecases
from gateway.usecases.session import limits_of
from shared.kernel.errors import Refusal

_ME = "GET /v1/me"
SESSIONS = Page(name="sessions", path="/account", title=mark("My account"), roles=EVERYBODY, uses=(_ME,))
END = Page(name="session-end", path="/account/sessions/{session_id}/end", title=mark("My account"), roles=EVERYBODY)
END_ALL = Page(name="sessions-end", path="/account/sessions/end", title=mark("My account"), roles=EVERYBODY)
PASSWORD = Page(
    name="password", path="/account/password", title=mark("Change the password"), roles=EVERYBODY, keeps_typed=False
)
FACTOR = Page(name="factor", path="/account/code", title=mark("Codes of a device"), roles=EVERYBODY, keeps_typed=False)


@SESSIONS.shows
async def show(visit: Visit) -> Response:
    """Show who I am and where I have signed in."""
    state, who = visit.state, visit.who
    async with state.db.transaction(actor=visit.actor, clock=state.clock, read_only=True) as tx:
        held = await sessions.open_of(tx, who.account_id, limits_of(state.settings))
        tx.session.expunge_all()
    return visit.html("account.html", sessions=held, me=await visit.part(_ME))


@END.acts
async def end(visit: Visit) -> Response:
    """End one of my sessions."""
    state = visit.state
    try:
        session_id = UUID(visit.value("session_id"))
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            await sessions.end(tx, visit.who.account_id, session_id, SessionEnd.ENDED_ELSEWHERE)
    except (ValueError, Refusal):
        raise PageRefusedError(404) from None
    return visit.go("/account", said=visit.words.gettext("The session was ended."))


@END_ALL.acts
async def end_all(visit: Visit) -> Response:
    """End every session of mine but this one."""
    state, who = visit.state, visit.who
    async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
        await sessions.end_all(tx, who.account_id, SessionEnd.ENDED_ELSEWHERE, but=who.session_id)
    return visit.go("/account", said=visit.words.gettext("You are signed out everywhere else."))


@PASSWORD.shows
async def ask_password(visit: Visit) -> Response:
    """Ask for the present password and a new one."""
    return visit.html("password.html")


@PASSWORD.acts
async def change_password(visit: Visit) -> Response:
    """Change it; other sessions end."""
    state, who, form = visit.state, visit.who, visit.form
    present, new, again = ((form.values.get(name) or [""])[0] for name in ("present", "password", "again"))
    async with state.db.transaction(actor=visit.actor, clock=state.clock, read_only=True) as tx:
        against = await usecases.seen(tx, who.login)
    if not await state.passwords.matches(present, against):
        form.faults.append(Fault("present", visit.refusal_text(Refusal(rules.PASSWORD_WRONG))))
    try:
        rules.accept_password(new, login=who.login, least=state.settings.account_password_least)
    except Refusal as refusal:
        form.faults.append(Fault("password", visit.refusal_text(refusal)))
    if new != again:
        form.faults.append(Fault("again", visit.words.gettext("Both new passwords must be the same.")))
    if form.faults:
        return visit.html("password.html", status=422)
    password_hash = await state.passwords.hash(new)
    async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
        await accounts.change_password(tx, who.account_id, who.session_id, password_hash=password_hash)
    return visit.go(
        "/account", said=visit.words.gettext("The password was changed; you are signed out everywhere else.")
    )


@FACTOR.shows
async def offer(visit: Visit) -> Response:
    """Say what codes are for, and offer them."""
    return visit.html("factor.html", secret="")


@FACTOR.acts
async def confirm(visit: Visit) -> Response:
    """Give a new secret, or let its codes count once one was given."""
    state, who = visit.state, visit.who
    code = visit.form.text("code").replace(" ", "")
    if not visit.form.text("secret"):
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            secret = await accounts.offer_code(tx, who.account_id)
        return visit.html("factor.html", secret=secret)
    try:
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            await accounts.confirm_code(tx, who.account_id, code)
    except Refusal as refusal:
        visit.form.faults.append(Fault("code", visit.refusal_text(refusal)))
        return visit.html("factor.html", status=422, secret=visit.form.text("secret"))
    return visit.go("/account", said=visit.words.gettext("From now on you sign in with a code too."))

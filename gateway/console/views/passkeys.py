"""My passkeys: added by a device, named, removed; what signs me in stands on the pages of the sign-in."""

from http import HTTPStatus
from uuid import UUID

from starlette.responses import Response

from gateway.console import passkeys
from gateway.console.form import Fault
from gateway.console.page import EVERYBODY, Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from gateway.rules.passkey import NAME_LENGTH, Purpose
from gateway.store import account as accounts
from gateway.store import passkey as store
from gateway.usecases import passkey as usecases
from shared.kernel.errors import Refusal

LIST = Page(name="passkeys", path="/account/passkeys", title=mark("Passkeys"), roles=EVERYBODY, keeps_typed=False)
REMOVE = Page(
    name="passkey-remove", path="/account/passkeys/{passkey_id}/remove", title=mark("Passkeys"), roles=EVERYBODY
)


@LIST.shows
async def show(visit: Visit) -> Response:
    """Show my passkeys, and ask a device for another one."""
    return await _page(visit)


@LIST.acts
async def add(visit: Visit) -> Response:
    """Keep the passkey that a device has made."""
    state, form = visit.state, visit.form
    asked = passkeys.asked(visit, Purpose.ADD)
    name = form.text("name")[:NAME_LENGTH]
    if not name:
        form.faults.append(Fault("name", visit.words.gettext("This must be filled in.")))
    if asked is None or form.faults:
        return await _page(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            await usecases.add(tx, visit.who.account_id, form.text("credential"), name, asked)
    except Refusal as refusal:
        form.faults.append(Fault("", visit.refusal_text(refusal)))
        return await _page(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return visit.go(
        "/account/passkeys", said=visit.words.gettext("The passkey was added; it is asked for from now on.")
    )


@REMOVE.acts
async def remove(visit: Visit) -> Response:
    """Remove one of my passkeys."""
    state = visit.state
    try:
        passkey_id = UUID(visit.value("passkey_id"))
        async with state.db.transaction(actor=visit.actor, clock=state.clock) as tx:
            await usecases.remove(tx, visit.who.account_id, passkey_id)
    except (ValueError, Refusal):
        raise PageRefusedError(HTTPStatus.NOT_FOUND) from None
    return visit.go("/account/passkeys", said=visit.words.gettext("The passkey was removed."))


async def _page(visit: Visit, *, status: int = 200) -> Response:
    state, who = visit.state, visit.who
    asked = passkeys.asked(visit, Purpose.ADD)
    async with state.db.transaction(actor=visit.actor, clock=state.clock, read_only=True) as tx:
        held = await store.of_account(tx, who.account_id)
        account = await accounts.find(tx, who.account_id)
        tx.session.expunge_all()
    if account is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    question = "" if asked is None else usecases.to_add(asked, account, held, state.clock.now())
    return visit.html(
        "passkeys.html", status=status, held=held, question=question, site=passkeys.site(visit), length=NAME_LENGTH
    )

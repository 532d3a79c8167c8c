"""Consents: which bank may read what until when; the enterprise withdraws one here."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction, ask_for, take
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_LIST = "GET /v1/consents"
_READ = "GET /v1/consents/{consent_id}"
FILTERS = (Filter(name="purpose", kind="select", enumeration="ConsentPurpose"),)
WITHDRAW = CaseAction(
    name="withdraw",
    title=mark("Withdraw the consent"),
    operation="DELETE /v1/consents/{consent_id}",
    text=mark("The bank reads nothing more on it and deletes what it has by the day that is then shown."),
    done=mark("The consent is withdrawn."),
    is_final=True,
)
LIST = Page(
    name="consents",
    path="/consents",
    title=mark("Consents"),
    roles=frozenset({Role.ENTERPRISE, Role.BANK, Role.AUDITOR}),
    uses=(_LIST,),
    menu=230,
)
ACT = Page(
    name="consent-withdraw",
    path="/consents/{consent_id}/withdraw",
    title=mark("Withdraw the consent"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_READ, WITHDRAW.operation),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the consents that the reader gave or received."""
    return visit.html("consents.html", list=await listed(visit, _LIST, FILTERS, export="consents"), filters=FILTERS)


@ACT.shows
async def ask(visit: Visit) -> Response:
    """Ask whether it is meant."""
    told = await visit.read(_READ, {"consent_id": visit.value("consent_id")})
    return await ask_for(visit, WITHDRAW, back="/console/consents", about=told["bank_uscc"])


@ACT.acts
async def withdraw(visit: Visit) -> Response:
    """Withdraw it."""
    at = {"consent_id": visit.value("consent_id")}
    told = await visit.read(_READ, at)
    return await take(visit, WITHDRAW, at, back="/consents", about=told["bank_uscc"])

"""Clients for the operator: which programs may call, for whom; shut out, let in, new secret shown once."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, offered, take
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_READERS = frozenset({Role.OPERATOR})
_LIST = "GET /v1/clients"
_ONE = "/v1/clients/{client_id}"
_READ = f"GET {_ONE}"
_RENEW = "renew-secret"
FILTERS = (
    Filter(name="client_id", label=mark("Id")),
    Filter(name="role", kind="select", enumeration="Role"),
    Filter(name="status", kind="select", enumeration="AccountStatus"),
    Filter(name="party"),
)
TONES = {"ACTIVE": "good", "SUSPENDED": "bad"}
ACTIONS = (
    CaseAction(
        name="suspend",
        title=mark("Shut the client out"),
        operation=f"POST {_ONE}:suspend",
        inputs=(Input(name="reason", within="ClientSuspension"),),
        text=mark("It gets no more tokens; those that it holds end within ten minutes."),
        done=mark("The client is shut out."),
        is_final=True,
    ),
    CaseAction(
        name="resume",
        title=mark("Let the client in again"),
        operation=f"POST {_ONE}:resume",
        done=mark("The client may call again."),
    ),
    CaseAction(
        name=_RENEW,
        title=mark("Give a new secret"),
        operation=f"POST {_ONE}:renew-secret",
        text=mark("The old secret ends at once. The new one is shown a single time: have the receiver ready."),
        done=mark("There is a new secret."),
        is_final=True,
    ),
)
LIST = Page(name="clients", path="/clients", title=mark("Clients"), roles=_READERS, uses=(_LIST,), menu=920)
ONE = Page(name="client", path="/clients/{client_id}", title=mark("Client"), roles=_READERS, uses=(_READ,))
ACT = Page(
    name="client-act",
    path="/clients/{client_id}/{action}",
    title=mark("Client"),
    roles=_READERS,
    uses=(_READ, *(one.operation for one in ACTIONS)),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the clients."""
    found = await listed(visit, _LIST, FILTERS, export="clients")
    return visit.html("clients.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one client with what may be done."""
    told = await visit.read(_READ, {"client_id": visit.value("client_id")})
    return visit.html("client.html", told=told, tones=TONES, acts=offered(told, ACTIONS))


@ACT.shows
async def show_act(visit: Visit) -> Response:
    """Show the form of an act."""
    client_id = visit.value("client_id")
    told = await visit.read(_READ, {"client_id": client_id})
    action = action_of(ACTIONS, visit.value("action"))
    return await ask_for(
        visit, action, back=visit.renderer.link("client", client_id=client_id), about=told["client_id"]
    )


@ACT.acts
async def act(visit: Visit) -> Response:
    """Do it; a new secret is shown, this once."""
    client_id = visit.value("client_id")
    action = action_of(ACTIONS, visit.value("action"))
    at = {"client_id": client_id}
    if action.name != _RENEW:
        return await take(visit, action, at, back=f"/clients/{visit.values['client_id']}", about=client_id)
    said = await visit.do(action.operation, at)
    if said is None:
        back = visit.renderer.link("client", client_id=client_id)
        return await ask_for(visit, action, back=back, about=client_id, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return visit.html("client_secret.html", told=said.body)

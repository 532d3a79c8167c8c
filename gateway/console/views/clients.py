"""Clients for the operator: which programs may call, for whom; shut out, let in, new secret shown once."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
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
        name="renew-secret",
        title=mark("Give a new secret"),
        operation=f"POST {_ONE}:renew-secret",
        text=mark("The old secret ends at once. The new one is shown a single time: have the receiver ready."),
        done=mark("There is a new secret."),
        is_final=True,
        shows="client_secret.html",
    ),
)
LIST = Page(name="clients", path="/clients", title=mark("Clients"), roles=_READERS, uses=(_LIST,), menu=920)
ONE = Page(name="client", path="/clients/{client_id}", title=mark("Client"), roles=_READERS, uses=(_READ,))
ACTS = CaseActs(
    path="/clients/{client_id}",
    key="client_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["client_id"]),
    closes=False,  # a form that came too late says so when it is sent
)
ACT = ACTS.page("client-act", title=mark("Client"), roles=_READERS)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the clients."""
    found = await listed(visit, _LIST, FILTERS, export="clients")
    return visit.html("clients.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one client with what may be done."""
    told = await visit.read(_READ, {"client_id": visit.value("client_id")})
    return visit.html("client.html", told=told, tones=TONES, acts=ACTS.offered(told))

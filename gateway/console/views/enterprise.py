"""What all services keep of one enterprise: its own home, and the city's page of it."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_OVERVIEW = "GET /v1/enterprises/{uscc}/overview"
OWN = Page(
    name="my-enterprise",
    path="/enterprise",
    title=mark("My enterprise"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_OVERVIEW,),
    menu=50,
)
ONE = Page(
    name="enterprise",
    path="/enterprises/{uscc}",
    title=mark("Enterprise"),
    roles=frozenset({Role.CITY}),
    uses=(_OVERVIEW,),
)
TITLE_TONES = {"VALID": "good", "EXPIRED": "done", "REVOKED": "bad"}


@OWN.shows
async def show_own(visit: Visit) -> Response:
    """Show a person's own enterprise."""
    if visit.who.party is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return await _show(visit, visit.who.party)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one enterprise to the city."""
    return await _show(visit, visit.value("uscc"))


async def _show(visit: Visit, uscc: str) -> Response:
    told = await visit.read(_OVERVIEW, {"uscc": uscc})
    parts = told["parts"]
    if parts["enterprise"]["code"] == "not_found":
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    held = {name: part["data"] for name, part in parts.items()}
    return visit.html("enterprise.html", uscc=uscc, missing=told["missing"], title_tones=TITLE_TONES, **held)

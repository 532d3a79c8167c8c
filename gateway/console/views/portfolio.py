"""What a firm's rights come to, as a firm, the IP centre, the city and the auditor see it; and as a bank does."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.views.rights import READERS, TONES
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_PORTFOLIO = "GET /v1/portfolios/{uscc}"
_SHEET = "GET /v1/ip-sheets/{application_id}"
OWN = Page(
    name="my-portfolio",
    path="/portfolio",
    title=mark("What my rights come to"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_PORTFOLIO,),
    menu=330,
)
ONE = Page(
    name="portfolio",
    path="/portfolios/{uscc}",
    title=mark("What the rights come to"),
    roles=READERS - {Role.ENTERPRISE},
    uses=(_PORTFOLIO,),
)
SHEET = Page(
    name="ip-sheet",
    path="/ip-sheets/{application_id}",
    title=mark("Rights of the firm"),
    roles=frozenset({Role.BANK}),
    uses=(_SHEET,),
)


@OWN.shows
async def show_own(visit: Visit) -> Response:
    """Show a person's own firm."""
    if visit.who.party is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    told = await visit.read(_PORTFOLIO, {"uscc": visit.who.party})
    return visit.html("portfolio.html", told=told)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one firm."""
    return visit.html("portfolio.html", told=await visit.read(_PORTFOLIO, {"uscc": visit.value("uscc")}))


@SHEET.shows
async def show_sheet(visit: Visit) -> Response:
    """Show a bank the rights of the firm behind an application, under the firm's consent; the read is kept."""
    told = await visit.read(_SHEET, {"application_id": visit.value("application_id")})
    return visit.html("ip_sheet.html", told=told, tones=TONES)

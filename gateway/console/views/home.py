"""The first page: where a person's work begins."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from gateway.console.page import EVERYBODY, Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

HOME = Page(name="home", path="/", title=mark("My first page"), roles=EVERYBODY)
_FIRST = {Role.BANK: "loan-applications", Role.ENTERPRISE: "loan-applications", Role.FUND_MANAGER: "covers"}


@HOME.shows
async def lead(visit: Visit) -> Response:
    """Lead to the first page of the role."""
    name = _FIRST.get(visit.who.role, "rules")
    return RedirectResponse(visit.renderer.link(name), HTTPStatus.SEE_OTHER)

"""The first page: where a person's work begins."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from gateway.console.page import EVERYBODY, Page
from gateway.console.views import bank_morning, enterprise
from gateway.console.views.queue import QUEUE
from gateway.console.visit import Visit
from gateway.console.words import mark

HOME = Page(name="home", path="/", title=mark("My first page"), roles=EVERYBODY)


@HOME.shows
async def lead(visit: Visit) -> Response:
    """Lead an enterprise to its own page, others to their queue, or to the rules where the role has none yet."""
    pages = (enterprise.OWN, bank_morning.PAGE, QUEUE)
    name = next((one.name for one in pages if one.is_open_to(visit.who.role)), "rules")
    return RedirectResponse(visit.renderer.link(name), HTTPStatus.SEE_OTHER)

"""Accepted cases against rights, open and closed."""

from starlette.responses import Response

from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.rights import READERS
from gateway.console.visit import Visit
from gateway.console.words import mark

_OPERATION = "GET /v1/blemishes"
FILTERS = (
    Filter(name="q", label=mark("Name or number")),
    Filter(name="status", kind="select", enumeration="BlemishStatus"),
    Filter(name="kind", kind="select", enumeration="BlemishKind"),
    Filter(name="owner_uscc"),
)
TONES = {"OPEN": "bad", "CLEARED": "done"}
LIST = Page(
    name="blemishes",
    path="/blemishes",
    title=mark("Cases against rights"),
    roles=READERS,
    uses=(_OPERATION,),
    menu=320,
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the cases against rights that the reader may see."""
    found = await listed(visit, _OPERATION, FILTERS, export="blemishes")
    return visit.html("blemishes.html", list=found, filters=FILTERS, tones=TONES)

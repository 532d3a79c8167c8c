"""Annual fees of patents: what comes due when, and what is in the period in which it can still be paid."""

from starlette.responses import Response

from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.rights import READERS
from gateway.console.visit import Visit
from gateway.console.words import mark

_OPERATION = "GET /v1/annuities"
FILTERS = (
    Filter(name="q", label=mark("Name or number")),
    Filter(name="kind", kind="select", enumeration="RightKind"),
    Filter(name="owner_uscc"),
    Filter(name="next_due_until_on", kind="day", label=mark("Next fee due by")),
)
LIST = Page(name="annuities", path="/annuities", title=mark("Annual fees"), roles=READERS, uses=(_OPERATION,), menu=310)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the patents in force with the fee that each owes next."""
    found = await listed(visit, _OPERATION, FILTERS, export="annuities")
    return visit.html("annuities.html", list=found, filters=FILTERS)

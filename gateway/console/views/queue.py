"""The work queue: what waits for the reader's office, the nearest day first; the first page of who works on cases."""

from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.listing import Filter, Listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_OPERATION = "GET /v1/work-items"
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.FUND_MANAGER, Role.DISTRICT, Role.CITY, Role.AUDITOR})
FILTERS = (
    Filter(name="kind", kind="select", enumeration="WorkKind"),
    Filter(name="due_status", kind="select", enumeration="DueStatus"),
)
PLACES = {
    "LOAN_APPLICATION": ("loan-application", "application_id", "id"),
    "COVER": ("cover", "cover_id", "id"),
    "REGISTER_APPLICATION": ("register-application", "application_id", "id"),
    "ANNUAL_FILING": ("filing", "year", "case_no"),
}
"""Kind of case → page, the name of its value, and what of the case it is; a kind without a page has no link."""
TONES = {"OVERDUE": "bad", "SOON": "wait", "LATER": "plain", "NONE": "plain"}
_MOST = 100
QUEUE = Page(name="queue", path="/queue", title=mark("What waits"), roles=READERS, uses=(_OPERATION,), menu=100)


@QUEUE.shows
async def show(visit: Visit) -> Response:
    """Show the cases that wait, with counts by kind."""
    asked = {one.name: visit.asked_for(one.name) for one in FILTERS if visit.asked_for(one.name)}
    part = await visit.part(_OPERATION, query={**asked, "limit": _MOST})
    told = part.body or {"items": [], "counts": [], "missing": [], "has_more": False}
    found = Listed(told["items"], part.problem, asked=asked)
    places = {
        kind: (lambda item, page=page, value=value, of=of: visit.renderer.link(page, **{value: item[of]}))
        for kind, (page, value, of) in PLACES.items()
        if visit.renderer.opens(page, visit.who.role)
    }
    narrowed = {kind: f"{visit.renderer.link('queue')}?{urlencode({'kind': kind})}" for kind in PLACES}
    return visit.html(
        "queue.html", list=found, told=told, filters=FILTERS, tones=TONES, places=places, narrowed=narrowed
    )

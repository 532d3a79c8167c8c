"""Titles of enterprises, and their annual filings, as offices look through them: who holds what, until when."""

from starlette.responses import Response

from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.register import OFFICES, TITLE_TONES
from gateway.console.visit import Visit
from gateway.console.words import mark

_TITLES = "GET /v1/qualifications"
_FILINGS = "GET /v1/filings"
FILTERS = (
    Filter(name="q", label=mark("Name or code")),
    Filter(name="kind", kind="select", label=mark("Title"), enumeration="QualificationKind"),
    Filter(name="status", kind="select", enumeration="QualificationStatus"),
    Filter(name="unit_id", kind="unit"),
    Filter(name="valid_until_until_on", kind="day", label=mark("Ends until")),
)
FILING_FILTERS = (
    Filter(name="q", label=mark("Name or code")),
    Filter(name="year", label=mark("Year of the filing")),
    Filter(name="status", kind="select", enumeration="FilingStatus"),
    Filter(name="unit_id", kind="unit"),
)
FILING_TONES = {"DRAFT": "wait", "ACCEPTED": "good", "SUPERSEDED": "done"}
TITLES = Page(name="titles", path="/titles", title=mark("Titles"), roles=OFFICES, uses=(_TITLES,), menu=110)
FILINGS = Page(
    name="all-filings",
    path="/annual-filings",
    title=mark("Annual filings"),
    roles=OFFICES,
    uses=(_FILINGS,),
    menu=120,
)


@TITLES.shows
async def show_titles(visit: Visit) -> Response:
    """Show the titles that the reader may see, the newest first."""
    found = await listed(visit, _TITLES, FILTERS, export="qualifications")
    return visit.html("titles.html", list=found, filters=FILTERS, tones=TITLE_TONES)


@FILINGS.shows
async def show_filings(visit: Visit) -> Response:
    """Show the annual filings that the reader may see, those changed last first."""
    found = await listed(visit, _FILINGS, FILING_FILTERS, export="filings")
    return visit.html("all_filings.html", list=found, filters=FILING_FILTERS, tones=FILING_TONES)

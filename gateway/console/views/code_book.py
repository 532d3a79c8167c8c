"""The code book for people: what every field and every value is called, in both languages; public as the rules are."""

from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.listing import Filter, Listed, export_links
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark

_READ = "GET /v1/code-book"
_MOST = 50
FILTERS = (
    Filter(name="text", label=mark("Word or name")),
    Filter(name="kind", kind="select", enumeration="CodeKind"),
    Filter(name="within", label=mark("Belongs to")),
)
PAGE = Page(name="code-book", path="/code-book", title=mark("Code book"), roles=None, uses=(_READ,))


@PAGE.shows
async def show(visit: Visit) -> Response:
    """Show the first entries that are looked for; all of them are in the files."""
    asked = {one.name: visit.asked_for(one.name) for one in FILTERS if visit.asked_for(one.name)}
    part = await visit.part(_READ, query=asked)
    told = part.body or {"items": [], "total": 0}
    narrowed = f"?{urlencode(asked)}" if asked else ""
    exports = [(label, href + narrowed) for label, href in export_links(visit, "code-book")]
    listed = Listed(told["items"][:_MOST], part.problem, asked=asked, exports=exports)
    return visit.html("code_book.html", list=listed, filters=FILTERS, total=told["total"], most=_MOST)

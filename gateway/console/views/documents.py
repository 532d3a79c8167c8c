"""A document of evidence as its keeper has it: looked at or kept, never shown inside of a page."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.render import HEADERS
from gateway.console.views.exports import readers_of
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark

_SCOPES = {"registry": "registry.document:read", "finance": "credit.document:read", "ipr": "ipr.document:read"}
"""Service that keeps documents → scope that reads them."""
_KEPT = ("content-type", "content-disposition", "content-length")


def _page(service: str, scope: str) -> Page:
    content = f"GET /v1/documents/{service}/{{document_id}}/content"
    page = Page(
        name=f"document-{service}",
        path=f"/documents/{service}/{{document_id}}",
        title=mark("Document"),
        roles=readers_of(scope),
        uses=(content,),
    )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Give the bytes of a document that a case of the reader names; who looked is kept by its service."""
        said = await visit.ask(content, {"document_id": visit.value("document_id")})
        if not said.is_good:
            raise PageRefusedError(said.status, said.body)
        kept = {name: said.headers[name] for name in _KEPT if name in said.headers}
        return Response(said.content, HTTPStatus.OK, headers={**HEADERS, **kept})

    return page


PAGES = tuple(_page(service, scope) for service, scope in _SCOPES.items())

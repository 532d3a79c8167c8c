"""A document of evidence as its keeper has it: looked at or kept, never shown inside of a page."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.render import HEADERS
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_CONTENT = "GET /v1/documents/registry/{document_id}/content"
_KEPT = ("content-type", "content-disposition", "content-length")
ONE = Page(
    name="document",
    path="/documents/{document_id}",
    title=mark("Document"),
    roles=frozenset({Role.ENTERPRISE, Role.DISTRICT, Role.CITY, Role.AUDITOR}),
    uses=(_CONTENT,),
)


@ONE.shows
async def show(visit: Visit) -> Response:
    """Give the bytes of a document that a case of the reader names; who looked is kept by its service."""
    said = await visit.ask(_CONTENT, {"document_id": visit.value("document_id")})
    if not said.is_good:
        raise PageRefusedError(said.status, said.body)
    kept = {name: said.headers[name] for name in _KEPT if name in said.headers}
    return Response(said.content, HTTPStatus.OK, headers={**HEADERS, **kept})

"""A file of the API as a person takes it away: the token stays here, the bytes go to the browser."""

from collections.abc import Mapping

from starlette.responses import Response

from gateway.console.visit import PageRefusedError, Visit

_KEPT = ("content-type", "content-disposition", "content-language")


async def download(
    visit: Visit, operation: str, at: Mapping[str, object], *, asked: Mapping[str, str] | None = None
) -> Response:
    """Return what an operation answers as a file; the filters of the address are judged by the API.

    Args:
        visit: of the page.
        operation: of the API.
        at: values of its address.
        asked: parameters besides those of the page's address.

    Raises:
        PageRefusedError: the API refuses it; the page says why.
    """
    query: dict[str, list[str]] = {name: [value] for name, value in (asked or {}).items()}
    for name, value in visit.request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    said = await visit.ask(operation, at, query=query)
    if not said.is_good:
        raise PageRefusedError(said.status, said.body)
    kept = {name: said.headers[name] for name in _KEPT if name in said.headers}
    return Response(said.content, headers={**kept, "cache-control": "no-store", "x-content-type-options": "nosniff"})

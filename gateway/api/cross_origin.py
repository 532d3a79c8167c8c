"""Pages of other origins (CORS): who may call from a browser is a setting; nobody may unless it is set."""

from collections.abc import Collection, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.rules.route import ORIGIN_NOT_ALLOWED
from shared.kernel.errors import Refusal
from shared.web.failures import refusal_response

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_TAKEN = (
    "accept, accept-language, authorization, content-type, idempotency-key, if-match, if-none-match, prefer, range, "
    "traceparent, x-request-id"
)
_SHOWN = (
    "allow, content-disposition, content-language, etag, idempotency-replayed, link, location, retry-after, "
    "www-authenticate, x-request-id"
)
_KEPT_S = "600"


class CrossOrigin:
    """Answers the preflight of a browser and marks the answers to the origins that may read them.

    Tokens travel in a header and never in a cookie, so credentials of the browser are not allowed.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        """Wrap `app`; `origins` are such as `https://portal.example`."""
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        origin = request.headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        allowed = origin in self._origins
        if scope["method"] == "OPTIONS" and "access-control-request-method" in request.headers:
            await self._preflight(request, origin, allowed=allowed)(scope, receive, send)
            return

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(message, origin if allowed else None)
            await send(message)

        await self._app(scope, receive, mark)

    def _preflight(self, request: Request, origin: str, *, allowed: bool) -> Response:
        if not allowed:
            response = refusal_response(request, Refusal(ORIGIN_NOT_ALLOWED, pointer="header:origin"))
            response.headers["vary"] = "Origin"
            return response
        return Response(
            status_code=204,
            headers={
                "access-control-allow-origin": origin,
                "access-control-allow-methods": _METHODS,
                "access-control-allow-headers": _TAKEN,
                "access-control-max-age": _KEPT_S,
                "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            },
        )


def _mark(message: MutableMapping[str, Any], origin: str | None) -> None:
    headers = list(message.get("headers", []))
    headers.append((b"vary", b"Origin"))
    if origin is not None:
        headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
        headers.append((b"access-control-expose-headers", _SHOWN.encode()))
    message["headers"] = headers

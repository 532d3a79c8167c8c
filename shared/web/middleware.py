"""Around every request: ids, limits, one log line, one span, the metrics, and a problem document for any crash."""

import re
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import BODY_TOO_LARGE, INTERNAL, REQUEST_UNREADABLE
from shared.telemetry import continue_trace, counter, histogram, log_request
from shared.web.failures import refusal_response

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")
_FORM_OVERHEAD = 65_536
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
_FOUND = ("route", "edge_client")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger(__name__)

REQUESTS = counter(
    "http_requests_total", "Answered HTTP requests by route and status", ("service", "method", "route", "status")
)
SECONDS = histogram(
    "http_request_seconds", "Time from request to the end of its answer", ("service", "method", "route")
)


class EdgeMiddleware:
    """The outermost layer of a service.

    It gives the request its id (the caller's `X-Request-Id`, if it is well formed) and echoes it, refuses what is not
    UTF-8, bounds the body, and turns an unforeseen exception into a problem document that tells nothing of the inside.
    """

    def __init__(self, app: ASGIApp, *, service: str, max_body_bytes: int, max_upload_bytes: int) -> None:
        """Wrap `app`."""
        self._app = app
        self._service = service
        self._max_body = max_body_bytes
        self._max_upload = max_upload_bytes + _FORM_OVERHEAD
        # Looking a metric up by its labels takes longer than counting; their values are few.
        self._bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else str(new_id())
        scope["request_id"] = request_id
        traceparent = headers.get(b"traceparent", b"").decode("latin-1") or None
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            continue_trace(self._service, traceparent, f"{scope['method']} request", kind=SpanKind.SERVER) as span,
        ):
            await self._answer(scope, receive, send, headers)
            if span.is_recording():
                span.update_name(f"{scope['method']} {_route(scope)}")

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        started = time.perf_counter()
        status = 0

        head = scope["method"] == "HEAD"
        # The answer to HEAD is that to GET without its body; the server keeps the method that was asked.
        inner = {**scope, "method": "GET", "asked_method": "HEAD"} if head else scope

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _set_headers(message, scope["request_id"])
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            limit = self._limit(headers)
            _check(scope, headers, limit)
            await self._app(inner, _bounded(receive, limit), watch)
        except Refusal as refusal:
            await refusal_response(Request(scope), refusal)(scope, receive, watch)
        except ClientDisconnect:  # nobody is left to hear an answer, and nothing is wrong here
            pass
        except Exception:
            _log.exception("unforeseen", path=scope["path"])
            if status:
                raise
            await refusal_response(Request(scope), Refusal(INTERNAL))(scope, receive, watch)
        finally:
            scope.update({name: inner[name] for name in _FOUND if name in inner})
            self._record(scope, status, time.perf_counter() - started)

    def _limit(self, headers: dict[bytes, bytes]) -> int:
        kind = headers.get(b"content-type", b"").lower()
        return self._max_upload if kind.startswith(b"multipart/form-data") else self._max_body

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        key = (method, _route(scope), status or 499)
        found = self._bound.get(key)
        if found is None:
            found = REQUESTS.labels(self._service, *map(str, key)), SECONDS.labels(self._service, *key[:2])
            self._bound[key] = found
        requests, took = found
        requests.inc()
        took.observe(seconds)
        if scope["path"] not in _QUIET:
            log_request(
                self._service,
                scope["request_id"],
                method=method,
                path=scope["path"],
                status=status or 499,
                ms=round(seconds * 1000, 1),
                client_id=scope.get("edge_client"),
            )


def _route(scope: Scope) -> str:
    """Return the template of the route, never the path itself: a metric label must have few values."""
    path = getattr(scope.get("route"), "path_format", None)
    return path if isinstance(path, str) else "none"


def _set_headers(message: MutableMapping[str, Any], request_id: str) -> None:
    headers = [(name, value) for name, value in message.get("headers", []) if name.lower() != b"x-request-id"]
    if not any(name.lower() == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-store"))  # answers are about one caller's firms and loans
    headers.append((b"x-request-id", request_id.encode()))
    headers.append((b"x-content-type-options", b"nosniff"))
    message["headers"] = headers


def _check(scope: Scope, headers: dict[bytes, bytes], limit: int) -> None:
    for raw in (scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")):
        if raw.isascii() and b"%" not in raw and b"\x00" not in raw:
            continue
        try:
            text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal(REQUEST_UNREADABLE) from None
        if "\x00" in text:
            raise Refusal(REQUEST_UNREADABLE)
    length = headers.get(b"content-length")
    if length is None:
        return
    if not length.isdigit():
        raise Refusal(REQUEST_UNREADABLE, pointer="header:content-length")
    if int(length[:20]) > limit:
        raise Refusal(BODY_TOO_LARGE, limit_bytes=limit)


def _bounded(receive: Receive, limit: int) -> Receive:
    """Count what comes in: a body without a Content-Length is bounded as well."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise Refusal(BODY_TOO_LARGE, limit_bytes=limit)
        return message

    return take

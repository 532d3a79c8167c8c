"""Around every request: ids, limits, one log line, one span, the metrics, and a problem document for any crash."""

import time
from urllib.parse import unquote_to_bytes

import structlog
from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.errors import Refusal
from shared.kernel.refusals import BODY_TOO_LARGE, INTERNAL, REQUEST_UNREADABLE
from shared.telemetry import continue_trace
from shared.web.answered import Answered, answer_headers, request_id_of
from shared.web.failures import refusal_response

_FORM_OVERHEAD = 65_536
_FOUND = ("route", "edge_client")
_log = structlog.get_logger(__name__)


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
        self._answered = Answered(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        scope["request_id"] = request_id = request_id_of(headers.get(b"x-request-id", b""))
        traceparent = headers.get(b"traceparent", b"").decode("latin-1") or None
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            continue_trace(self._service, traceparent, f"{scope['method']} request", kind=SpanKind.SERVER) as span,
        ):
            await self._answer(scope, receive, send, headers)
            if span.is_recording():
                span.update_name(f"{scope['method']} {_route(scope)}")

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        started = scope.get("began") or time.perf_counter()
        status = 0

        head = scope["method"] == "HEAD"
        # The answer to HEAD is that to GET without its body; the server keeps the method that was asked.
        inner = {**scope, "method": "GET", "asked_method": "HEAD"} if head else scope

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = answer_headers(message.get("headers", []), scope["request_id"])
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
        self._answered.record(
            method=scope["method"],
            route=_route(scope),
            path=scope["path"],
            status=status,
            seconds=seconds,
            request_id=scope["request_id"],
            client_id=scope.get("edge_client"),
        )


def _route(scope: Scope) -> str:
    """Return the template of the route, never the path itself: a metric label must have few values."""
    path = getattr(scope.get("route"), "path_format", None)
    return path if isinstance(path, str) else "none"


def is_readable(raw: bytes) -> bool:
    """Tell whether a path or query is UTF-8 without a zero, as it stands and behind its percent signs."""
    if raw.isascii() and b"%" not in raw and b"\x00" not in raw:
        return True
    try:
        return "\x00" not in unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        return False


def _check(scope: Scope, headers: dict[bytes, bytes], limit: int) -> None:
    for raw in (scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")):
        if not is_readable(raw):
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

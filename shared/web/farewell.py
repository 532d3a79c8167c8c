"""Answers that no application gives: to a request that a process cannot finish, and to one that it cannot read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import Request

from shared.kernel.errors import Detail, RefusalCode
from shared.kernel.ids import new_id
from shared.kernel.refusals import ADDRESS_TOO_LONG, HEAD_TOO_LARGE, REQUEST_UNREADABLE, UNAVAILABLE
from shared.telemetry import log_request
from shared.web.answered import REQUESTS
from shared.web.problem import problem_response

_RETRY_AFTER_S = 2
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class EarlyRequest:
    """A request that no application sees.

    Attributes:
        source: name of the service.
        url: as much of the address as was read.
        headers: as many as were read, names in small letters.
    """

    source: str
    url: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def farewell(scope: dict[str, Any], source: str) -> bytes:
    """Return the whole answer, head and body: a problem document that says to ask again, with the same key.

    Args:
        scope: the request's, as the server made it.
        source: name of the service that ends.
    """
    return _whole(UNAVAILABLE, scope, source, {"retry-after": str(_RETRY_AFTER_S)})


def unreadable(early: EarlyRequest) -> bytes:
    """Return the whole answer to a request whose head or body is no HTTP: a problem document, counted and logged."""
    scope, told = _scope(early)
    _record(REQUEST_UNREADABLE, early, scope)
    return _whole(REQUEST_UNREADABLE, scope, early.source, told)


def address_too_long(early: EarlyRequest, limit_bytes: int) -> bytes:
    """Return the whole answer to a request whose address is longer than `limit_bytes`, counted and logged."""
    scope, told = _scope(early)
    _record(ADDRESS_TOO_LONG, early, scope)
    return _whole(ADDRESS_TOO_LONG, scope, early.source, told, {"limit_bytes": limit_bytes})


def head_too_large(early: EarlyRequest, limit_bytes: int) -> bytes:
    """Return the whole answer to a request whose head is larger than `limit_bytes`, counted and logged."""
    scope, told = _scope(early)
    _record(HEAD_TOO_LARGE, early, scope)
    return _whole(HEAD_TOO_LARGE, scope, early.source, told, {"limit_bytes": limit_bytes})


def _scope(early: EarlyRequest) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the scope of a request as far as it was read, and the headers that every answer has."""
    path = early.url.partition(b"?")[0][:_SHOWN].decode("ascii", "replace") or "/"
    request_id = str(new_id())
    scope = {"type": "http", "path": path, "query_string": b"", "headers": early.headers, "request_id": request_id}
    return scope, {"x-request-id": request_id, "cache-control": "no-store", "x-content-type-options": "nosniff"}


def _record(code: RefusalCode, early: EarlyRequest, scope: Mapping[str, Any]) -> None:
    """Count a request and write its one line: no address and no header, which nobody has read yet."""
    REQUESTS.labels(early.source, "other", "none", str(code.status)).inc()
    log_request(early.source, scope["request_id"], status=code.status, code=code.code)


def _whole(
    code: RefusalCode,
    scope: dict[str, Any],
    source: str,
    headers: Mapping[str, str],
    details: Mapping[str, Detail] | None = None,
) -> bytes:
    last = {**headers, "connection": "close"}
    response = problem_response(code, request=Request(scope), details=details, headers=last, source=source)
    lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)

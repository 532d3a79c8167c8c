"""Answers that no application gives: to a request that a process cannot finish, and to one that it cannot read."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request

from shared.kernel.errors import RefusalCode
from shared.kernel.ids import new_id
from shared.kernel.refusals import REQUEST_UNREADABLE, UNAVAILABLE
from shared.web.problem import problem_response

_RETRY_AFTER_S = 2


def farewell(scope: dict[str, Any], source: str) -> bytes:
    """Return the whole answer, head and body: a problem document that says to ask again, with the same key.

    Args:
        scope: the request's, as the server made it.
        source: name of the service that ends.
    """
    return _whole(UNAVAILABLE, scope, source, {"retry-after": str(_RETRY_AFTER_S)})


def unreadable(url: bytes, headers: list[tuple[bytes, bytes]], source: str) -> bytes:
    """Return the whole answer to a request whose head or body is no HTTP: a problem document.

    Args:
        url: as much of the address as was read.
        headers: as many as were read, names in small letters.
        source: name of the service.
    """
    path = url.partition(b"?")[0].decode("ascii", "replace") or "/"
    scope = {"type": "http", "path": path, "query_string": b"", "headers": headers, "request_id": str(new_id())}
    told = {"x-request-id": str(scope["request_id"]), "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return _whole(REQUEST_UNREADABLE, scope, source, told)


def _whole(code: RefusalCode, scope: dict[str, Any], source: str, headers: Mapping[str, str]) -> bytes:
    response = problem_response(code, request=Request(scope), headers={**headers, "connection": "close"}, source=source)
    lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)

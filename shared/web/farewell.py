"""The answer to a request that a process cannot finish before it must end."""

from typing import Any

from fastapi import Request

from shared.kernel.refusals import UNAVAILABLE
from shared.web.problem import problem_response

_RETRY_AFTER_S = 2


def farewell(scope: dict[str, Any], source: str) -> bytes:
    """Return the whole answer, head and body: a problem document that says to ask again, with the same key.

    Args:
        scope: the request's, as the server made it.
        source: name of the service that ends.
    """
    response = problem_response(
        UNAVAILABLE,
        request=Request(scope),
        headers={"retry-after": str(_RETRY_AFTER_S), "connection": "close"},
        source=source,
    )
    lines = [f"HTTP/1.1 {response.status_code} Service Unavailable".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)

"""The headers that travel on to the services: a short list, so that nothing forged slips through."""

from collections.abc import Iterable

from shared.kernel.errors import Refusal
from shared.kernel.refusals import REQUEST_UNREADABLE
from shared.telemetry import current_traceparent

_ONWARD = frozenset(
    {
        b"accept",
        b"accept-language",
        b"authorization",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-none-match",
        b"prefer",
        b"range",
    }
)
_LISTS = frozenset({b"accept", b"accept-language", b"if-match", b"if-none-match"})
"""Headers whose value is a list: several lines of one name are one list (RFC 9110, 5.3)."""
_READING = frozenset({b"accept-language", b"authorization"})


def onward_headers(
    raw: Iterable[tuple[bytes, bytes]], request_id: str, traceparent: str | None = None
) -> dict[bytes, bytes]:
    """Return the headers to send on with a request.

    Everything else is dropped: `X-…` and `Forwarded` identities, cookies, hop-by-hop headers.

    Args:
        raw: as they came, names in lower case, as ASGI has them.
        request_id: of the request.
        traceparent: of the span that stands for it; None: the span under way.

    Raises:
        Refusal: `request_unreadable` if one that takes a single value occurs twice: two readers might differ.
    """
    headers: dict[bytes, bytes] = {}
    for name, value in raw:
        if name not in _ONWARD:
            continue
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] += b", " + value
        else:
            raise Refusal(REQUEST_UNREADABLE, pointer=f"header:{name.decode()}")
    _add_own(headers, request_id, traceparent or current_traceparent())
    return headers


def reading_headers(raw: Iterable[tuple[bytes, bytes]], request_id: str) -> dict[bytes, bytes]:
    """Return the headers with which a part of a composed answer is read: token, language and ids."""
    kept = onward_headers(raw, request_id)
    headers = {name: kept[name] for name in kept if name in _READING}
    _add_own(headers, request_id, current_traceparent())
    return headers


def _add_own(headers: dict[bytes, bytes], request_id: str, traceparent: str | None) -> None:
    headers[b"x-request-id"] = request_id.encode()
    if traceparent is not None:
        headers[b"traceparent"] = traceparent.encode()

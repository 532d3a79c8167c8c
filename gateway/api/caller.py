"""The headers that travel on to the services: a short list, so that nothing forged slips through."""

from collections.abc import Iterable

from shared.kernel.errors import Refusal
from shared.kernel.refusals import REQUEST_UNREADABLE
from shared.telemetry import current_traceparent

_ONWARD = frozenset(
    {
        "accept",
        "accept-language",
        "authorization",
        "content-length",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "prefer",
        "range",
    }
)
_LISTS = frozenset({"accept", "accept-language", "if-match", "if-none-match"})
"""Headers whose value is a list: several lines of one name are one list (RFC 9110, 5.3)."""
_READING = frozenset({"accept-language", "authorization"})


def onward_headers(raw: Iterable[tuple[bytes, bytes]], request_id: str) -> dict[str, str]:
    """Return the headers to send on with a request.

    Everything else is dropped: `X-…` and `Forwarded` identities, cookies, hop-by-hop headers.

    Raises:
        Refusal: `request_unreadable` if one that takes a single value occurs twice: two readers might differ.
    """
    headers: dict[str, str] = {}
    for name_bytes, value in raw:
        name = name_bytes.decode("latin-1").lower()
        if name not in _ONWARD:
            continue
        if name in headers and name in _LISTS:
            headers[name] += ", " + value.decode("latin-1")
            continue
        if name in headers:
            raise Refusal(REQUEST_UNREADABLE, pointer=f"header:{name}")
        headers[name] = value.decode("latin-1")
    return {**headers, **_own(request_id)}


def reading_headers(raw: Iterable[tuple[bytes, bytes]], request_id: str) -> dict[str, str]:
    """Return the headers with which a part of a composed answer is read: token, language and ids."""
    kept = onward_headers(raw, request_id)
    return {name: kept[name] for name in kept if name in _READING} | _own(request_id)


def _own(request_id: str) -> dict[str, str]:
    traceparent = current_traceparent()
    return {"x-request-id": request_id} | ({"traceparent": traceparent} if traceparent else {})

"""What every answered request leaves, whoever answered it: id, headers of the answer, two metrics and one line."""

import re

from prometheus_client import Counter, Histogram

from shared.kernel.ids import new_id_text
from shared.telemetry import counter, histogram, log_request

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_STORE = (b"cache-control", b"no-store")
_NO_SNIFF = (b"x-content-type-options", b"nosniff")
LEFT = 499
"""Stands for the status where the caller left before an answer."""

REQUESTS = counter(
    "http_requests_total", "Answered HTTP requests by route and status", ("service", "method", "route", "status")
)
SECONDS = histogram(
    "http_request_seconds", "Time from request to the end of its answer", ("service", "method", "route")
)


def request_id_of(given: bytes) -> str:
    """Return the id of a request: the caller's own (`given`, may be empty) if it is well formed, else a new one."""
    return given.decode() if _REQUEST_ID.fullmatch(given) else new_id_text()


def answer_headers(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those that every answer has."""
    kept = []
    stored = False
    for header in headers:
        name = header[0].lower()
        if name == b"cache-control":
            stored = True
        if name != b"x-request-id":
            kept.append(header)
    if not stored:
        kept.append(_NO_STORE)  # answers are about one caller's firms and loans
    kept.append((b"x-request-id", request_id.encode()))
    kept.append(_NO_SNIFF)
    return kept


class Answered:
    """Counts the answered requests of one service and writes one line for each."""

    def __init__(self, service: str) -> None:
        """Count for `service`."""
        self._service = service
        # Looking a metric up by its labels takes longer than counting; their values are few.
        self._bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def record(
        self,
        *,
        method: str,
        route: str,
        path: str,
        status: int,
        seconds: float,
        request_id: str,
        client_id: str | None,
        traceparent: str | None = None,
    ) -> None:
        """Count a request and write its line.

        Args:
            method: as it was asked.
            route: template of the route, never the path itself: a metric label must have few values.
            path: for the line alone.
            status: of the answer; 0: nobody heard one.
            seconds: from the request to the end of its answer.
            request_id: of the request.
            client_id: who asked, if that is known.
            traceparent: of the span that stands for it; None: the span under way.
        """
        if method not in _METHODS:
            method = "other"
        status = status or LEFT
        key = (method, route, status)
        found = self._bound.get(key)
        if found is None:
            found = REQUESTS.labels(self._service, *map(str, key)), SECONDS.labels(self._service, method, route)
            self._bound[key] = found
        requests, took = found
        requests.inc()
        took.observe(seconds)
        if path not in _QUIET:
            log_request(
                self._service,
                request_id,
                traceparent,
                method=method,
                path=path,
                status=status,
                ms=round(seconds * 1000, 1),
                client_id=client_id,
            )

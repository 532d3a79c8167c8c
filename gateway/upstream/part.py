"""One part of a composed answer, fetched from one service with the caller's own token."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.upstream.pool import Answer, Upstream, UpstreamBusyError, UpstreamDownError, UpstreamSlowError

_MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a service said.

    Attributes:
        source: name of the service.
        status: HTTP status; None if there was no answer.
        body: the JSON it answered with; None without one.
        fault: `unavailable` or `deadline_exceeded` where there was no answer.
    """

    source: str
    status: int | None
    body: Any = None
    fault: str | None = None


class _TooLargeError(Exception):
    """A part of a composed answer is larger than any page of ours."""


async def _whole(answer: Answer) -> bytes:
    """Return the whole body; a part larger than any page of ours counts as unreadable."""
    if (body := answer.whole) is not None:
        return body
    pieces: list[bytes] = []
    size = 0
    async for piece in answer.pieces():
        pieces.append(piece)
        size += len(piece)
        if size > _MAX_BYTES:
            raise _TooLargeError
    return b"".join(pieces)


async def fetch(upstream: Upstream, target: str, *, headers: Mapping[bytes, bytes], deadline_s: float) -> Fetched:
    """Read `target` of one service within the deadline; a failure is a value, never an exception."""
    address = target.encode("ascii")
    try:
        async with asyncio.timeout(deadline_s):
            with await upstream.call(b"GET", address, headers=headers, deadline_s=deadline_s, may_retry=True) as answer:
                content = await _whole(answer)
                return Fetched(upstream.name, answer.status, orjson.loads(content) if content else None)
    except (TimeoutError, UpstreamSlowError):
        return Fetched(upstream.name, None, fault="deadline_exceeded")
    except (UpstreamDownError, UpstreamBusyError, _TooLargeError, orjson.JSONDecodeError):
        return Fetched(upstream.name, None, fault="unavailable")

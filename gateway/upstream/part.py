"""One part of a composed answer, fetched from one service with the caller's own token."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from gateway.upstream.pool import Upstream, UpstreamBusyError, UpstreamDownError, UpstreamSlowError

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


async def fetch(upstream: Upstream, target: str, *, headers: Mapping[str, str], deadline_s: float) -> Fetched:
    """Read `target` of one service within the deadline; a failure is a value, never an exception."""
    try:
        async with asyncio.timeout(deadline_s):
            async with upstream.call("GET", target, headers=headers, deadline_s=deadline_s, may_retry=True) as answer:
                content = await answer.content.read(_MAX_BYTES)
                return Fetched(upstream.name, answer.status, orjson.loads(content) if content else None)
    except (TimeoutError, UpstreamSlowError):
        return Fetched(upstream.name, None, fault="deadline_exceeded")
    except (UpstreamDownError, UpstreamBusyError, aiohttp.ClientError, orjson.JSONDecodeError):
        return Fetched(upstream.name, None, fault="unavailable")

"""What every service of the suite says of itself, asked at once."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream


async def health(upstreams: Mapping[str, Upstream], *, deadline_s: float) -> list[dict[str, Any]]:
    """Return each service's readiness with its warnings, by name; one that does not answer is away.

    Args:
        upstreams: the services by name.
        deadline_s: for each.
    """
    asked = [fetch(one, "/health/ready", headers={}, deadline_s=deadline_s) for one in upstreams.values()]
    return [_told(one) for one in sorted(await asyncio.gather(*asked), key=lambda one: one.source)]


def _told(one: Fetched) -> dict[str, Any]:
    page: Mapping[str, Any] = one.body if isinstance(one.body, dict) else {}
    return {
        "service": one.source,
        "is_ready": page.get("status") == "ready",
        "is_away": not page,
        "checks": dict(page.get("checks", {})),
        "warnings": list(page.get("warnings", ())),
    }

"""The audit of all services as one list: each service's newest rows that were asked for, the newest first."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.upstream.part import fetch
from gateway.upstream.pool import Upstream

_FOUND = 200
_NOT_ASKABLE = 422
"""A service that keeps no numbers of cases does not know the parameter: it has nothing of that case."""


async def audit(
    upstreams: Mapping[str, Upstream],
    *,
    asked: list[tuple[str, str]],
    limit: int,
    headers: Mapping[bytes, bytes],
    deadline_s: float,
) -> dict[str, Any]:
    """Return the newest rows of all services that were asked for; a service that is away is named as missing.

    Args:
        upstreams: the services by name.
        asked: filters, judged already.
        limit: rows on the page.
        headers: the caller's token, language and ids.
        deadline_s: for each service.
    """
    query = urlencode([*asked, ("limit", str(limit))])
    async with asyncio.TaskGroup() as group:
        tasks = {
            name: group.create_task(
                fetch(upstream, f"/v1/audit/{name}?{query}", headers=headers, deadline_s=deadline_s)
            )
            for name, upstream in upstreams.items()
        }
    answers = {name: task.result() for name, task in tasks.items()}
    present = {name: one.body for name, one in answers.items() if one.status == _FOUND}
    missing = sorted(name for name, one in answers.items() if one.status not in {_FOUND, _NOT_ASKABLE})
    rows = [{**row, "service": name} for name, body in present.items() for row in body["items"]]
    rows.sort(key=lambda row: (str(row["acted_at"]), row["service"], row["position"]), reverse=True)
    has_more = len(rows) > limit or any(body["next_cursor"] is not None for body in present.values())
    return {"items": rows[:limit], "has_more": has_more, "complete": not missing, "missing": missing}

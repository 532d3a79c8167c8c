"""What waits for the caller over all services that his role works with: five short calls to each, in parallel."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.rules.overview import PartState, part_state
from gateway.rules.work_item import counts_by_kind, joined
from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream

Query = list[tuple[str, str]]
_COUNTS: dict[str, Query] = {
    "total": [],
    "overdue": [("due_status", "OVERDUE")],
    "soon": [("due_status", "SOON")],
    "mine": [("holder", "ME")],
}
"""Which counts stand beside the list, whatever its filters of the day and of who has a case."""


async def work_items(
    upstreams: Mapping[str, Upstream],
    *,
    narrowed: Query,
    chosen: Query,
    limit: int,
    headers: Mapping[bytes, bytes],
    deadline_s: float,
) -> dict[str, Any]:
    """Return the nearest cases of all services with their counts; a service that is away is named as missing.

    Args:
        upstreams: the services that the caller's role works with, by name.
        narrowed: filters of list and counts.
        chosen: filters of the day and of who has a case, for the list alone: the counts tell all of them.
        limit: cases on the page.
        headers: the caller's token, language and ids.
        deadline_s: for each call; a slower service is named as missing.
    """
    targets = {
        (name, kind): target
        for name in upstreams
        for kind, target in _targets(name, narrowed=narrowed, chosen=chosen, limit=limit).items()
    }
    async with asyncio.TaskGroup() as group:
        tasks = {
            key: group.create_task(fetch(upstreams[key[0]], target, headers=headers, deadline_s=deadline_s))
            for key, target in targets.items()
        }
    answers = {key: task.result() for key, task in tasks.items()}
    missing = sorted({name for (name, _), one in answers.items() if part_state(one.status) is PartState.UNAVAILABLE})
    present = [name for name in upstreams if name not in missing and _is_present(answers[name, "list"])]
    pages = {name: answers[name, "list"].body for name in present}
    items = joined((page["items"] for page in pages.values()), limit)
    shown = len(items)
    held = sum(len(page["items"]) for page in pages.values())
    return {
        "items": items,
        "has_more": held > shown or any(page["next_cursor"] is not None for page in pages.values()),
        "counts": [row for name in present for row in counts_by_kind(*(_counts(answers[name, of]) for of in _COUNTS))],
        "complete": not missing,
        "missing": missing,
    }


def _targets(name: str, *, narrowed: Query, chosen: Query, limit: int) -> dict[str, str]:
    path = f"/v1/work-items/{name}"
    counts = {of: _address(f"{path}/counts", [*narrowed, *asked]) for of, asked in _COUNTS.items()}
    return {"list": _address(path, [*narrowed, *chosen, ("limit", str(limit))]), **counts}


def _address(path: str, query: Query) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _is_present(fetched: Fetched) -> bool:
    return part_state(fetched.status) is PartState.PRESENT


def _counts(fetched: Fetched) -> dict[str, int]:
    return dict(fetched.body["counts"]) if _is_present(fetched) else {}

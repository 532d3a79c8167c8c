"""Everything the city keeps of one enterprise, on one page: at most one call per service, in parallel."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.rules.overview import PartState, part_state
from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream

PARTS: dict[str, tuple[str, str]] = {
    "enterprise": ("registry", "/v1/enterprises/{uscc}"),
    "credit": ("finance", "/v1/credit-limits/{uscc}"),
    "portfolio": ("ipr", "/v1/portfolios/{uscc}"),
    "listings": ("techtransfer", "/v1/listing-summaries/{uscc}"),
}
"""Name of the part → (service, address)."""


async def overview(
    upstreams: Mapping[str, Upstream], uscc: str, *, headers: Mapping[bytes, bytes], deadline_s: float
) -> dict[str, Any]:
    """Return the overview of an enterprise; each part says whether it is there.

    Args:
        upstreams: the services by name.
        uscc: the enterprise.
        headers: the caller's token, language and ids.
        deadline_s: for each part; a slower one is named as missing.
    """
    names = list(PARTS)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                fetch(
                    upstreams[PARTS[name][0]],
                    PARTS[name][1].format(uscc=uscc),
                    headers=headers,
                    deadline_s=deadline_s,
                )
            )
            for name in names
        ]
    parts = {name: part_of(task.result()) for name, task in zip(names, tasks, strict=True)}
    unanswered = sorted(name for name, part in parts.items() if part["status"] == PartState.UNAVAILABLE)
    return {"uscc": uscc, "complete": not unanswered, "missing": unanswered, "parts": parts}


def part_of(fetched: Fetched) -> dict[str, Any]:
    """Return one part of a composed answer: its state, its source, and its data only if it is present."""
    state = part_state(fetched.status)
    present = state is PartState.PRESENT
    code = fetched.fault or (fetched.body or {}).get("code") if not present else None
    return {
        "status": state.value,
        "source": fetched.source,
        "data": fetched.body if present else None,
        "code": code,
    }

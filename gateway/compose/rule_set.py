"""The rule sets of all services on one page, and one of them wherever it is kept."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND, UNAVAILABLE

_FOUND = 200


async def _everywhere(
    upstreams: Mapping[str, Upstream], target: str, *, headers: Mapping[bytes, bytes], deadline_s: float
) -> list[Fetched]:
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(fetch(upstream, target, headers=headers, deadline_s=deadline_s))
            for upstream in upstreams.values()
        ]
    return [task.result() for task in asked]


async def catalogue(
    upstreams: Mapping[str, Upstream], *, headers: Mapping[bytes, bytes], deadline_s: float
) -> dict[str, Any]:
    """Return every policy of every service with its history; a service that did not answer is named.

    Args:
        upstreams: the services by name.
        headers: language and ids of the caller.
        deadline_s: for each service.
    """
    answers = await _everywhere(upstreams, "/v1/rule-sets", headers=headers, deadline_s=deadline_s)
    missing = sorted(one.source for one in answers if one.status != _FOUND)
    items = [item for one in answers if one.status == _FOUND for item in one.body["items"]]
    return {
        "complete": not missing,
        "missing": missing,
        "items": sorted(items, key=lambda item: str(item["policy"])),
    }


async def one(
    upstreams: Mapping[str, Upstream], target: str, *, headers: Mapping[bytes, bytes], deadline_s: float
) -> dict[str, Any]:
    """Return the page of one policy or version from the service that keeps it: a policy has one owner.

    Raises:
        Refusal: `not_found`; `unavailable` if no service has it and one did not answer.
    """
    answers = await _everywhere(upstreams, target, headers=headers, deadline_s=deadline_s)
    for answer in answers:
        if answer.status == _FOUND:
            return dict(answer.body)
    if any(answer.status is None for answer in answers):
        raise Refusal(UNAVAILABLE)
    raise Refusal(NOT_FOUND, noun="rule_set")

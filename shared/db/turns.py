"""Long work in the one event loop of a service: it lets whoever waits go first, every few milliseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
TURN_SECONDS = 0.003
"""How long other calls may be kept waiting at once: a call takes about ten turns of the loop."""


async def in_turns(items: Iterable[Item]) -> AsyncIterator[Item]:
    """Yield `items`; between two of them the loop serves others when a turn is over.

    A lock that is held meanwhile is held longer: keep batches short.
    """
    began = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - began > TURN_SECONDS:
            await asyncio.sleep(0)
            began = time.perf_counter()

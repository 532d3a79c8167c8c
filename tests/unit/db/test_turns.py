"""Long work gives way: the loop of a service never stands still for a whole batch."""

import asyncio
import time

from shared.db.turns import TURN_SECONDS, in_turns


async def test_others_are_served_between_two_items_of_long_work() -> None:
    served_after: list[int] = []
    handled: list[int] = []

    async def other() -> None:
        for _ in range(3):
            served_after.append(len(handled))
            await asyncio.sleep(0)

    waiting = asyncio.ensure_future(other())
    async for item in in_turns(range(6)):
        time.sleep(TURN_SECONDS * 1.1)  # noqa: ASYNC251  # work that holds the loop
        handled.append(item)
    await waiting
    assert handled == list(range(6))
    assert served_after == [1, 2, 3]


async def test_short_work_is_not_interrupted() -> None:
    assert [item async for item in in_turns("ab")] == ["a", "b"]

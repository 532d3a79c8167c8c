"""Deadlines of many calls on one timer."""

import asyncio

from gateway.upstream.deadline import Deadlines


async def test_each_deadline_ends_its_own_call_in_time_and_once() -> None:
    late: list[str] = []
    clock = asyncio.get_running_loop().time
    began, at = clock(), {}

    def is_late(name: str) -> None:
        late.append(name)
        at[name] = clock() - began

    deadlines: Deadlines[str] = Deadlines(is_late)
    deadlines.put("long", 0.3)
    deadlines.put("short", 0.1)
    deadlines.put("answered", 0.1)
    deadlines.take("answered")
    deadlines.take("unknown")
    await asyncio.sleep(0.6)
    assert late == ["short", "long"]
    assert all(at[name] >= seconds - 0.01 for name, seconds in (("short", 0.1), ("long", 0.3)))
    deadlines.put("afterwards", 0.05)
    await asyncio.sleep(0.3)
    assert late == ["short", "long", "afterwards"]

"""The line before the connections: bounded, short, and never all of it for changes."""

import asyncio

import pytest

from shared.kernel.errors import Refusal
from shared.web import admission
from shared.web.admission import WAITING_PER_SLOT, Admission


async def hold(line: Admission, until: asyncio.Event, *, reads: bool = False) -> str:
    """Hold a place until told; say what became of it."""
    try:
        async with line.admitted(reads=reads):
            await until.wait()
            return "done"
    except Refusal as refusal:
        return refusal.code.code


async def test_changes_leave_places_for_reads() -> None:
    line, until = Admission("t", slots=8), asyncio.Event()
    changes = [asyncio.ensure_future(hold(line, until)) for _ in range(60)]
    await asyncio.sleep(0)
    async with line.admitted(reads=True), line.admitted(reads=True):
        pass
    until.set()
    assert set(await asyncio.gather(*changes)) == {"done"}


async def test_beyond_a_full_line_a_call_is_refused_without_waiting_for_anything() -> None:
    line, until = Admission("t", slots=4), asyncio.Event()
    waiting = [asyncio.ensure_future(hold(line, until)) for _ in range(3 + 3 * WAITING_PER_SLOT)]
    await asyncio.sleep(0)
    refused = asyncio.ensure_future(hold(line, until))
    await asyncio.sleep(0)
    assert refused.done()
    assert await refused == "unavailable"
    async with line.admitted(reads=True):
        pass
    until.set()
    assert set(await asyncio.gather(*waiting)) == {"done"}


async def test_where_calls_are_slow_the_line_is_shorter() -> None:
    line, until = Admission("t", slots=4), asyncio.Event()
    line._pace_s = 1.0
    calls = [asyncio.ensure_future(hold(line, until)) for _ in range(40)]
    await asyncio.sleep(0)
    until.set()
    told = await asyncio.gather(*calls)
    assert (told.count("done"), told.count("unavailable")) == (7, 33)


async def test_whoever_came_first_begins_first() -> None:
    line, until, begun = Admission("t", slots=2), asyncio.Event(), []

    async def call(number: int) -> None:
        async with line.admitted(reads=number % 2 == 0):
            begun.append(number)
            await until.wait()

    calls = [asyncio.ensure_future(call(number)) for number in range(12)]
    await asyncio.sleep(0)
    until.set()
    await asyncio.gather(*calls)
    assert begun == sorted(begun)


async def test_a_caller_that_goes_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    line, until = Admission("t", slots=1), asyncio.Event()
    first, second, third = (asyncio.ensure_future(hold(line, until)) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    until.set()
    assert await third == "done"
    monkeypatch.setattr(admission, "_PATIENCE_S", 0.05)
    later = asyncio.Event()
    held, late = asyncio.ensure_future(hold(line, later)), asyncio.ensure_future(hold(line, later))
    await asyncio.sleep(0.2)
    assert await late == "unavailable"
    later.set()
    assert await held == "done"
    async with line.admitted(reads=False):
        pass

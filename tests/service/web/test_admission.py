"""The line before the connections: bounded, short, never all of it for changes, and few changes at the processor."""

import asyncio

import pytest

from shared.kernel.errors import Refusal
from shared.web import admission
from shared.web.admission import AT_ONCE, TURNED_BACK_S, WAITING_PER_SLOT, Admission


async def hold(line: Admission, until: asyncio.Event, *, reads: bool = False) -> str:
    """Hold a place until told; say what became of it."""
    try:
        async with line.admitted(reads=reads):
            await until.wait()
            return "done"
    except Refusal as refusal:
        return refusal.code.code


def came(line: Admission, until: asyncio.Event, count: int, *, reads: bool = False) -> list["asyncio.Future[str]"]:
    return [asyncio.ensure_future(hold(line, until, reads=reads)) for _ in range(count)]


@pytest.fixture
def waiting_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes wait for something else than the processor from their beginning, as behind a lock."""
    monkeypatch.setattr(admission, "YOUNG_S", 0.0)


@pytest.mark.usefixtures("waiting_changes")
async def test_changes_leave_places_for_reads() -> None:
    line, until = Admission("t", slots=8), asyncio.Event()
    changes = came(line, until, 60)
    await asyncio.sleep(0)
    async with line.admitted(reads=True), line.admitted(reads=True):
        pass
    until.set()
    assert set(await asyncio.gather(*changes)) == {"done"}


@pytest.mark.usefixtures("waiting_changes")
async def test_beyond_a_full_line_a_call_is_refused_without_waiting_for_anything() -> None:
    line, until = Admission("t", slots=4), asyncio.Event()
    line._changes.pace_s = 0.001
    waiting = came(line, until, 3 + 3 * WAITING_PER_SLOT)
    await asyncio.sleep(0)
    (refused,) = came(line, until, 1)
    await asyncio.sleep(0)
    assert refused.done()
    assert await refused == "unavailable"
    async with line.admitted(reads=True):
        pass
    until.set()
    assert set(await asyncio.gather(*waiting)) == {"done"}


@pytest.mark.usefixtures("waiting_changes")
async def test_where_changes_are_slow_their_line_is_shorter_and_that_of_reads_is_not() -> None:
    line, until = Admission("t", slots=4), asyncio.Event()
    line._changes.pace_s = 1.0
    changes, reads = came(line, until, 40), came(line, until, 40, reads=True)
    await asyncio.sleep(0)
    until.set()
    told = await asyncio.gather(*changes)
    assert (told.count("done"), told.count("unavailable")) == (7, 33)
    assert set(await asyncio.gather(*reads)) == {"done"}


async def test_one_slow_call_does_not_close_the_line_and_many_do() -> None:
    line = Admission("t", slots=4)
    before = line._changes.pace_s
    line._changes.note(30.0)
    assert line._changes.pace_s < 2 * before
    for _ in range(40):
        line._changes.note(30.0)
    assert line._changes.pace_s > 10


@pytest.mark.usefixtures("waiting_changes")
async def test_when_calls_become_slow_whoever_came_last_is_told_so_before_its_patience_ends() -> None:
    line, until = Admission("t", slots=4), asyncio.Event()
    calls = came(line, until, 60)
    await asyncio.sleep(0)
    line._changes.pace_s = 10 * TURNED_BACK_S
    async with line.admitted(reads=True):
        pass
    assert not any(one.done() for one in calls), "the pace of reads says nothing of changes"
    line._turn_back(line._changes)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [one.result() for one in calls if one.done()] == ["unavailable"] * 57
    assert not any(one.done() for one in calls[:3])
    until.set()
    await asyncio.gather(*calls)


async def test_changes_that_use_the_processor_are_few_until_they_wait_for_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "YOUNG_S", 3_600.0)
    line, until = Admission("t", slots=8), asyncio.Event()
    changes = came(line, until, 20)
    await asyncio.sleep(0)
    share, of = AT_ONCE
    assert len(line._changes.begun) == 8 * share // of
    monkeypatch.setattr(admission, "YOUNG_S", 0.0)
    line._look_again()
    assert len(line._changes.begun) == 6
    until.set()
    await asyncio.gather(*changes)


async def test_a_change_that_waits_lets_the_next_one_begin_though_nobody_comes_or_goes() -> None:
    line, until = Admission("t", slots=8), asyncio.Event()
    changes = came(line, until, 6)
    while len(line._changes.begun) < 6:  # noqa: ASYNC110  # nothing tells of it
        await asyncio.sleep(0.01)
    until.set()
    assert set(await asyncio.gather(*changes)) == {"done"}


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
    first, second, third = came(line, until, 3)
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    until.set()
    assert await third == "done"
    monkeypatch.setattr(admission, "_PATIENCE_S", 0.05)
    later = asyncio.Event()
    held, late = came(line, later, 2)
    await asyncio.sleep(0.2)
    assert await late == "unavailable"
    later.set()
    assert await held == "done"
    async with line.admitted(reads=False):
        pass


async def test_a_place_that_comes_free_while_the_next_caller_is_going_goes_to_the_one_behind_it() -> None:
    line, until = Admission("t", slots=1), asyncio.Event()
    first, second, third = came(line, until, 3)
    await asyncio.sleep(0)
    until.set()
    await asyncio.sleep(0)  # the first has been woken and leaves next, the second goes in the same turn
    second.cancel()
    assert await first == "done"
    assert await third == "done"
    assert not line._changes.begun

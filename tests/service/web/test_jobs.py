"""Loops of a service: alone over all processes, woken early, never ended by a failed run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import text

from shared.bus.job import Job, JobBoard, JobContext, run_once
from shared.kernel.actor import Role
from shared.web.service import job_context
from tests.support.sample_service import WRITE
from tests.support.service import RunningService


@contextlib.asynccontextmanager
async def looping(board: JobBoard, sample: RunningService) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(board.run_forever(job, job_context(sample.app))) for job in board.jobs.values()]
        yield
        for task in tasks:
            task.cancel()


async def test_a_job_is_woken_early_and_goes_on_after_a_failed_run(sample: RunningService) -> None:
    runs: list[int] = []
    ran = asyncio.Event()

    async def run(_ctx: JobContext) -> None:
        runs.append(1)
        ran.set()
        if len(runs) == 1:
            raise RuntimeError("the first run fails")

    board = JobBoard("sample", {"woken": Job("woken", 3_600, run)})
    async with looping(board, sample):
        for expected in (1, 2, 3):
            async with asyncio.timeout(60):
                await ran.wait()
            assert len(runs) == expected
            ran.clear()
            board.wake("woken")
    assert len(runs) >= 3


async def test_two_processes_never_run_one_job_at_the_same_time(sample: RunningService) -> None:
    inside, most, entered, free = 0, 0, asyncio.Event(), asyncio.Event()

    async def run(_ctx: JobContext) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        entered.set()
        await free.wait()
        inside -= 1

    job = Job("alone", 1, run)
    first = asyncio.ensure_future(run_once(job, job_context(sample.app)))
    await entered.wait()
    assert [await run_once(job, job_context(sample.app)) for _ in range(3)] == [False, False, False]
    free.set()
    assert await first is True
    assert await run_once(job, job_context(sample.app)) is True
    assert most == 1


async def test_what_a_job_commits_stands_and_what_failed_does_not(sample: RunningService) -> None:
    async def run(ctx: JobContext) -> None:
        async with ctx.transaction() as tx:
            assert tx.actor.role is Role.SYSTEM
            await tx.session.execute(
                text("INSERT INTO note (id, owner, words, amount) VALUES (gen_random_uuid(), 'job', 'kept', 1)")
            )
        async with ctx.transaction() as tx:
            await tx.session.execute(
                text("INSERT INTO note (id, owner, words, amount) VALUES (gen_random_uuid(), 'job', 'lost', 1)")
            )
            raise RuntimeError("half-way")

    with contextlib.suppress(RuntimeError):
        await run_once(Job("half", 1, run), job_context(sample.app))
    assert await sample.rows("SELECT words FROM note WHERE owner = 'job'") == [{"words": "kept"}]


async def test_the_audit_tail_is_sealed_by_its_job(sample: RunningService) -> None:
    async with sample.client(Role.CITY, client_id="sealed", scopes=[WRITE]) as http:
        await http.post("/v1/note-files", files={"file": ("a.csv", b"a,b\n", "text/csv")})
    await sample.run_job("seal_audit")
    rows = await sample.rows("SELECT seal_no, seal FROM audit_entry WHERE client_id = 'sealed'")
    assert rows
    assert all(row["seal_no"] and len(row["seal"]) == 64 for row in rows)
    await sample.run_job("forget_idempotency_keys")

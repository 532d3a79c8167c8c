"""Leases: one holder at a time, a higher number for the next, and no write of a holder that was overtaken."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from shared.db import outbox
from shared.db.engine import Database, DatabaseUnavailable
from shared.db.lease import Lease, LeaseLost
from shared.db.rights import RoleUnlimited, refuse_owner
from shared.db.role import TIMEOUTS
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock
from tests.support.lab import lab_database, scalar
from tests.support.pooler import needs_pgbouncer, running_pooler
from tests.support.postgres import REPOSITORY, DatabaseServer

SHORT = 0.6
HOLDER = """
import asyncio, sys
from sqlalchemy import text
from shared.db.engine import Database
from shared.db.lease import Lease, LeaseLost
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock

async def main(url, pooled, seconds):
    database = Database(url, service="finance", pool_size=2, is_pooled=pooled == "yes")
    lease = Lease(database, "sweep", seconds=float(seconds))
    while not await lease.take():
        await asyncio.sleep(0.05)
    print("held", lease.fence.number, flush=True)
    async with lease.kept():
        while True:
            await asyncio.to_thread(sys.stdin.readline)
            try:
                async with database.transaction(
                    actor=system_actor("finance"), clock=SystemClock(), fence=lease.fence
                ) as tx:
                    await tx.session.execute(text("INSERT INTO case_number VALUES ('swept', 1) "
                        "ON CONFLICT (prefix) DO UPDATE SET value = case_number.value + 1"))
                print("written", flush=True)
            except LeaseLost:
                print("refused", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def holder(url: str, *, pooled: bool) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process that wants the lease, and writes under it for each line that it is told."""
    words = (sys.executable, "-c", HOLDER, url, "yes" if pooled else "no", str(SHORT))
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # its pipes


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    while True:  # between what it answers stand lines of its log
        said = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        if said.startswith(("held", "written", "refused")):
            return said


def tell(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"write\n")


@pytest.fixture(params=["direct", pytest.param("through PgBouncer", marks=needs_pgbouncer)])
async def address(request: pytest.FixtureRequest, postgres: DatabaseServer) -> AsyncIterator[tuple[str, bool]]:
    """The service's database, as it is reached."""
    url = await postgres.database_url("finance")
    if request.param == "direct":
        yield url, False
    else:
        with running_pooler(postgres, url) as through:
            yield through, True
    await postgres.drop(url)


async def test_a_lease_has_one_holder_and_the_next_one_a_higher_number(address: tuple[str, bool]) -> None:
    url, pooled = address
    database = Database(url, service="finance", is_pooled=pooled)
    first, second = Lease(database, "sweep"), Lease(database, "sweep")
    assert await first.take()
    assert not await second.take()
    assert await Lease(database, "another").take()
    before = first.fence
    await first.release()
    assert await second.take()
    assert before is not None
    assert second.fence is not None
    assert second.fence.number == before.number + 1
    await database.close()


async def test_of_many_who_want_it_at_once_one_gets_it(address: tuple[str, bool]) -> None:
    url, pooled = address
    database = Database(url, service="finance", is_pooled=pooled)
    wanted = [Lease(database, "sweep") for _ in range(12)]
    assert sum(await asyncio.gather(*(one.take() for one in wanted))) == 1
    await database.close()


async def test_a_holder_that_was_killed_is_followed_after_the_end_of_its_lease(address: tuple[str, bool]) -> None:
    url, pooled = address
    async with holder(url, pooled=pooled) as first:
        assert await line(first) == "held 1"
        async with holder(url, pooled=pooled) as second:
            tell(first)
            assert await line(first) == "written"
            assert first.returncode is None
            os.kill(first.pid, signal.SIGKILL)
            assert await line(second) == "held 2"
            tell(second)
            assert await line(second) == "written"


async def test_a_holder_that_stood_still_past_its_end_writes_nothing_afterwards(address: tuple[str, bool]) -> None:
    url, pooled = address
    async with holder(url, pooled=pooled) as first:
        assert await line(first) == "held 1"
        os.kill(first.pid, signal.SIGSTOP)
        try:
            async with holder(url, pooled=pooled) as second:
                assert await line(second) == "held 2"
                tell(first)  # it finds this when it goes on: its own clock has not moved
                os.kill(first.pid, signal.SIGCONT)
                assert await line(first) == "refused"
                tell(second)
                assert await line(second) == "written"
        finally:
            os.kill(first.pid, signal.SIGCONT)
    database = Database(url, service="finance", is_pooled=pooled)
    assert await scalar(database, "SELECT value FROM case_number WHERE prefix = 'swept'") == 1
    await database.close()


async def test_whoever_would_take_a_lease_over_waits_for_the_write_that_it_guards(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as database:
        lease = Lease(database, "sweep", seconds=0.1)
        assert await lease.take()
        taken: asyncio.Future[bool] | None = None
        async with database.transaction(actor=system_actor("finance"), clock=SystemClock()) as tx:
            assert lease.fence is not None
            await lease.fence.check(tx.session)
            await asyncio.sleep(0.2)
            taken = asyncio.ensure_future(Lease(database, "sweep").take())
            await asyncio.sleep(0.2)
            assert not taken.done()
        assert await taken


async def test_whoever_is_ended_while_a_lease_is_given_back_ends(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as database:
        for turns in range(12):
            # A name for each: what was not given back would be waited for until its end.
            lease, inside = Lease(database, f"sweep {turns}"), asyncio.Event()

            async def work(held: Lease = lease, begun: asyncio.Event = inside) -> None:
                while True:
                    if await held.take():
                        async with held.kept():
                            begun.set()
                    await asyncio.sleep(0)

            task = asyncio.ensure_future(work())
            await inside.wait()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait((task,), timeout=60)
            assert done, f"it goes on after {turns} turns"


async def test_a_relay_that_was_overtaken_marks_nothing(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as database:
        slow, quick = Lease(database, "relay", seconds=0.05), Lease(database, "relay")
        assert await slow.take()
        await asyncio.sleep(0.1)
        assert await quick.take()
        put = text("""
            WITH event AS (
                INSERT INTO outbox_event
                    (id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, data)
                VALUES (gen_random_uuid(), 's', 'a', 'i', 1, 1, now(), gen_random_uuid(), '{}') RETURNING position
            )
            INSERT INTO outbox_waiting (position, occurred_at) SELECT position, now() FROM event RETURNING position
        """)
        async with database.engine.begin() as connection:
            position = (await connection.execute(put)).scalar_one()
            with pytest.raises(LeaseLost):
                await outbox.mark(connection, "finance", {position: 1}, slow.fence)
            assert await outbox.highest(connection, "finance") == 0
            assert len(await outbox.pending(connection, limit=5)) == 1
            await outbox.mark(connection, "finance", {position: 1}, quick.fence)
            with pytest.raises(LeaseLost):
                await outbox.unpublish_above(connection, "finance", 0, slow.fence)


@needs_pgbouncer
async def test_a_role_without_limits_is_refused_behind_a_pooler(postgres: DatabaseServer) -> None:
    url = await postgres.database_url("gateway")
    await postgres._admin("ALTER ROLE gateway RESET lock_timeout")
    try:
        with running_pooler(postgres, url) as through:
            database = Database(through, service="gateway", is_pooled=True)
            with pytest.raises(RoleUnlimited, match="gateway"):
                await refuse_owner(database)
            await database.close()
    finally:
        await postgres._admin(f"ALTER ROLE gateway SET lock_timeout = '{TIMEOUTS['lock_timeout']}'")
        await postgres.drop(url)


@needs_pgbouncer
async def test_a_service_works_through_a_pooler_with_two_sessions_for_many_calls(postgres: DatabaseServer) -> None:
    url = await postgres.database_url("gateway")
    with running_pooler(postgres, url, sessions=2) as through:
        database = Database(through, service="gateway", pool_size=16, is_pooled=True)
        await refuse_owner(database)

        async def write(number: int) -> None:
            async with database.transaction(actor=system_actor("gateway"), clock=SystemClock()) as tx:
                tx.audit("pooler.tried", subject=f"call/{number}", detail={"number": number})

        for _ in range(5):
            await asyncio.gather(*(write(number) for number in range(30)))
        found = await scalar(database, "SELECT detail FROM audit_entry ORDER BY position LIMIT 1")
        assert isinstance(found, dict)
        assert await scalar(database, "SELECT count(*) FROM audit_entry") == 150
        await database.close()
    await postgres.drop(url)


@needs_pgbouncer
async def test_a_pooler_that_nobody_named_is_refused_in_words(postgres: DatabaseServer) -> None:
    url = await postgres.database_url("finance")
    with running_pooler(postgres, url) as through:
        database = Database(through, service="finance")
        with pytest.raises(DatabaseUnavailable, match="FINANCE_DATABASE_POOLER=transaction"):
            await database.ping()
        await database.close()
    await postgres.drop(url)

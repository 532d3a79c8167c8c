"""Loops and long work of a service: each run of a job is the only one of its name over all processes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.lease import Fence, Lease
from shared.db.transaction import Transaction
from shared.files.scan import Scan
from shared.files.store import FileStore
from shared.kernel.actor import Actor, system_actor
from shared.kernel.clock import Clock
from shared.policy.book import RuleBook
from shared.settings import ServiceSettings
from shared.telemetry import counter, histogram

_log = structlog.get_logger(__name__)

RUNS = counter("job_runs_total", "Runs of a job by outcome: done, failed or elsewhere", ("service", "job", "outcome"))
SECONDS = histogram("job_seconds", "Time of one run of a job", ("service", "job"))


Opened = Callable[[], AbstractAsyncContextManager[Transaction]]
"""Opens one transaction of work that takes several."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with.

    Attributes:
        service: name of the service.
        db: its database.
        clock: tells the time.
        files: where documents are kept.
        settings: the service's settings.
        rule_book: the rule sets that the service ships.
        scan: judges what was uploaded; None where the operator named no scanner.
        fence: of the lease of the run under way; each transaction is committed only while it is held.
    """

    service: str
    db: Database
    clock: Clock
    files: FileStore
    settings: ServiceSettings
    rule_book: RuleBook
    scan: Scan | None = None
    fence: Fence | None = None

    def transaction(
        self, *, causation_id: UUID | None = None, actor: Actor | None = None, request_id: str | None = None
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open one transaction, committed when the block ends.

        Args:
            causation_id: first cause of what is done; a new one if the job itself is the cause.
            actor: for whom the work is done; the service itself if nobody.
            request_id: the request that asked for the work.
        """
        return self.db.transaction(
            actor=actor or system_actor(self.service),
            clock=self.clock,
            request_id=request_id,
            causation_id=causation_id,
            fence=self.fence,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A loop of a service.

    Attributes:
        name: unique within the service; also the name of its lease.
        interval_s: pause between two runs, in seconds; a wake-up ends it early.
        run: one run; it opens and commits its own transactions through the context.
        alone: whether a lease keeps other processes out meanwhile; False for a job that claims its rows and waits for
            others than the database.
    """

    name: str
    interval_s: float
    run: Callable[[JobContext], Awaitable[None]]
    alone: bool = True


@dataclass(slots=True)
class JobBoard:
    """The jobs of one process and their alarm clocks."""

    service: str
    jobs: dict[str, Job]
    _alarms: dict[str, asyncio.Event] = field(default_factory=dict)

    def wake(self, name: str) -> None:
        """End the pause of the job `name` now; an unknown name is a mistake of ours and raises KeyError."""
        job = self.jobs[name]
        self._alarm(job.name).set()

    async def run_forever(self, job: Job, context: JobContext) -> None:
        """Run `job` again and again until cancelled; a failed run is logged, counted and tried again."""
        alarm = self._alarm(job.name)
        structlog.contextvars.bind_contextvars(job=job.name)
        while True:
            alarm.clear()
            await self._run_guarded(job, context)
            try:
                async with asyncio.timeout(job.interval_s):
                    await alarm.wait()
            except TimeoutError:
                continue

    async def _run_guarded(self, job: Job, context: JobContext) -> None:
        try:
            ran = await run_once(job, context)
        except (DatabaseUnavailable, Busy) as fault:
            _log.warning("job_postponed", reason=fault.__cause__ or fault)
            RUNS.labels(self.service, job.name, "failed").inc()
        except Exception:  # noqa: BLE001  # one failed run must not end the loop; it is logged, counted and tried again
            _log.exception("job_failed")
            RUNS.labels(self.service, job.name, "failed").inc()
        else:
            RUNS.labels(self.service, job.name, "done" if ran else "elsewhere").inc()

    def _alarm(self, name: str) -> asyncio.Event:
        return self._alarms.setdefault(name, asyncio.Event())


async def run_once(job: Job, context: JobContext) -> bool:
    """Run `job` once unless another process runs it just now; tell whether it ran.

    Raises:
        Busy: the process stood still for so long that another one took the job over; nothing was committed since.
    """
    if not job.alone:
        with SECONDS.labels(context.service, job.name).time():
            await job.run(context)
        return True
    lease = Lease(context.db, f"job/{job.name}")
    if not await lease.take():
        return False
    async with lease.kept():
        with SECONDS.labels(context.service, job.name).time():
            await job.run(replace(context, fence=lease.fence))
    return True

"""The job that clears old runs over all enterprises of their rows, range by range, so that nobody waits for it long."""

from typing import cast

from services.registry.evaluation.usecases import population_clearing as usecases
from services.registry.settings import RegistrySettings
from shared.bus.job import Job, JobContext

CLEAR = "clear_population_runs"
_INTERVAL_S = 600.0


async def run(context: JobContext) -> None:
    """Begin to clear what is older than the runs that are kept, and take out what is left of every cleared run.

    Each range is one transaction: a process that is killed leaves the rest to the next run of this job.
    """
    kept = cast("RegistrySettings", context.settings).population_runs_kept
    async with context.transaction() as tx:
        unfinished = await usecases.begin_clearing(tx, kept=kept)
    for run_id in unfinished:
        has_more = True
        while has_more:
            async with context.transaction() as tx:
                has_more = await usecases.clear_range(tx, run_id)


JOBS = [Job(CLEAR, _INTERVAL_S, run)]

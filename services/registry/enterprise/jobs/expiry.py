"""The job that tells titles whose last day is over."""

from services.registry.enterprise.usecases.qualification import expire_titles
from shared.bus.job import Job, JobContext

_INTERVAL_S = 600.0
_BATCH = 200


async def run(context: JobContext) -> None:
    """Tell every title that ended before today, batch by batch."""
    while True:
        async with context.transaction() as tx:
            told = await expire_titles(tx, limit=_BATCH)
        if told < _BATCH:
            return


JOBS = [Job("expire_titles", _INTERVAL_S, run)]

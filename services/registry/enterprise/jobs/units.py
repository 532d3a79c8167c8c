"""The job that moves enterprises out of reporting units that have ended."""

from services.registry.enterprise.usecases.enterprise import SIZE_POLICY, move_from_ended_units
from shared.bus.job import Job, JobContext
from shared.kernel.clock import shanghai_date

_INTERVAL_S = 600.0
_BATCH = 200


async def run(context: JobContext) -> None:
    """Move every enterprise whose unit has ended, batch by batch."""
    size_rules = context.rule_book.pick(SIZE_POLICY, shanghai_date(context.clock.now()))
    while True:
        async with context.transaction() as tx:
            moved = await move_from_ended_units(tx, limit=_BATCH, size_rules=size_rules)
        if moved < _BATCH:
            return


JOBS = [Job("move_from_ended_units", _INTERVAL_S, run)]

"""The job that computes size classes anew when another version of their rules comes into force."""

from services.registry.enterprise.usecases.enterprise import SIZE_POLICY, resize_by_newer_rules
from shared.bus.job import Job, JobContext
from shared.kernel.clock import shanghai_date

_INTERVAL_S = 600.0
_BATCH = 200


async def run(context: JobContext) -> None:
    """Compute anew what rests on another version than that of today, batch by batch."""
    size_rules = context.rule_book.pick(SIZE_POLICY, shanghai_date(context.clock.now()))
    while True:
        async with context.transaction() as tx:
            done = await resize_by_newer_rules(tx, limit=_BATCH, size_rules=size_rules)
        if done < _BATCH:
            return


JOBS = [Job("resize_by_newer_rules", _INTERVAL_S, run)]

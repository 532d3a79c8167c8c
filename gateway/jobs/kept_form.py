"""The loop that deletes what was kept of forms and nobody came back for."""

from gateway.store.kept_form import forget_before
from shared.bus.job import Job, JobContext

_EVERY_S = 300.0


async def _run(ctx: JobContext) -> None:
    async with ctx.transaction() as tx:
        await forget_before(tx, tx.now)


FORGET_KEPT_FORMS = Job("forget_kept_forms", _EVERY_S, _run)

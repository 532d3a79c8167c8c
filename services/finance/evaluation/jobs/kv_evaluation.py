"""The settle window: firms whose facts changed get one new evaluation each, within two seconds."""

from datetime import timedelta

from services.finance.evaluation.store import kv_evaluation as evaluations
from services.finance.evaluation.usecases.kv_evaluation import settle_firm
from shared.bus.job import Job, JobContext

BATCH = 200
FORGET_AFTER = timedelta(minutes=5)
"""Many times as long as an evaluation may take, so that none is under way when its firm is forgotten."""


async def settle(ctx: JobContext) -> None:
    """Evaluate each waiting firm in its own transaction, under the causation id of the change."""
    window = timedelta(milliseconds=ctx.settings.settle_window_ms)
    while True:
        async with ctx.transaction() as tx:
            rows = await evaluations.waiting(tx, until=tx.now - window, limit=BATCH)
            waiting = [(row.uscc, row.causation_id) for row in rows]
        for uscc, causation_id in waiting:
            async with ctx.transaction(causation_id=causation_id) as tx:
                await settle_firm(tx, uscc, ctx.rule_book)
        if len(waiting) < BATCH:
            return


async def forget(ctx: JobContext) -> None:
    """Forget firms that changed and were never evaluated."""
    async with ctx.transaction() as tx:
        await evaluations.forget_unevaluated(tx, before=tx.now - FORGET_AFTER)


JOBS = [Job("settle", 0.25, settle), Job("forget_unevaluated", 60, forget)]

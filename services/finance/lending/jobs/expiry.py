"""What ends by the calendar: approvals that nobody signed, signatures that nobody drew."""

from services.finance.lending.usecases.loan import lapse_loans
from services.finance.lending.usecases.loan_application import lapse_approvals
from shared.bus.job import Job, JobContext

BATCH = 200
MINUTE_S = 60.0


async def lapse_overdue_approvals(ctx: JobContext) -> None:
    """End approvals whose last day is over, a batch per transaction."""
    while True:
        async with ctx.transaction() as tx:
            count = len(await lapse_approvals(tx, BATCH))
        if count < BATCH:
            return


async def lapse_undrawn_loans(ctx: JobContext) -> None:
    """Release what was not drawn in time, a batch per transaction."""
    while True:
        async with ctx.transaction() as tx:
            count = await lapse_loans(tx, BATCH)
        if count < BATCH:
            return


JOBS = [
    Job("lapse_approvals", MINUTE_S, lapse_overdue_approvals),
    Job("lapse_loans", MINUTE_S, lapse_undrawn_loans),
]

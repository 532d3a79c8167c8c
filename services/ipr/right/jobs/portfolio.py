"""The sweep that sums up the firms whose rights lists have changed: each firm once, however many lines touched it."""

from services.ipr.right.rules.right_list import FORM
from services.ipr.right.usecases.portfolio import retell_stale
from shared.bus.job import Job, JobContext, Opened
from shared.db.operation import is_running
from shared.policy.book import RuleBook

SUM_UP = "sum_up_portfolios"
_INTERVAL_S = 2.0
_STEP = 200


async def sum_up(opened: Opened, book: RuleBook) -> None:
    """Sum up every firm that waits, step by step, each in its own transaction; what was committed stays done.

    It returns when none waits any more, those included that another process sums up meanwhile.
    """
    while True:
        async with opened() as tx:
            if not await retell_stale(tx, book, limit=_STEP):
                return


async def run(context: JobContext) -> None:
    """Sum up what a cancelled or failed list has left; a list that runs or will go on sums up its own at its end."""
    async with context.transaction() as tx:
        if await is_running(tx, FORM.operation):
            return
    await sum_up(context.transaction, context.rule_book)


JOBS = [Job(SUM_UP, _INTERVAL_S, run)]

"""What time alone changes: rights past their end expire, and summaries that age are told anew."""

from uuid import UUID

from services.ipr.right.rules.portfolio import POLICY
from services.ipr.right.store import portfolio as portfolios
from services.ipr.right.usecases.portfolio import retell
from services.ipr.right.usecases.right_status import expire_rights
from shared.bus.job import Job, JobContext
from shared.kernel.ids import new_id

EXPIRE, AGE = "expire_rights", "age_portfolios"
_INTERVAL_S = 600.0
_BATCH = 200


async def run_expiry(context: JobContext) -> None:
    """Move every right past its end to EXPIRED, batch by batch."""
    after: UUID | None = None
    while True:
        async with context.transaction() as tx:
            _, after = await expire_rights(tx, context.rule_book, new_id=new_id, limit=_BATCH, after=after)
        if after is None:
            return


async def run_ageing(context: JobContext) -> None:
    """Sum up anew the firms whose rights have aged by a step, or for whom another rule set is in force."""
    after = ""
    while True:
        async with context.transaction() as tx:
            rule_set = context.rule_book.pick(POLICY, tx.today)
            firms = await portfolios.due(tx, tx.today, rule_set, _BATCH, after)
            await retell(tx, firms, context.rule_book)
        if len(firms) < _BATCH:
            return
        after = firms[-1]


JOBS = [Job(EXPIRE, _INTERVAL_S, run_expiry), Job(AGE, _INTERVAL_S, run_ageing)]

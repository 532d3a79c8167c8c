"""Jobs that every service runs: the seal of the audit chain, the end of old keys, the scan of documents."""

from shared.bus.document_scan import SCAN_DOCUMENTS
from shared.bus.job import Job, JobContext
from shared.bus.metrics import UNSEALED
from shared.db.audit import count_unsealed, seal_tail
from shared.db.idempotency import forget_before

_KEY_DAYS = 7
_SEAL_BATCH = 1_000


async def _seal(ctx: JobContext) -> None:
    """Number and hash the audit rows that were committed since, off the hot path."""
    while True:
        async with ctx.transaction() as tx:
            sealed = await seal_tail(tx, limit=_SEAL_BATCH)
            if sealed:
                UNSEALED.labels(ctx.service).set(await count_unsealed(tx))
            if sealed < _SEAL_BATCH:
                return


async def _forget(ctx: JobContext) -> None:
    """Delete idempotency keys after a week, as documented."""
    async with ctx.transaction() as tx:
        await forget_before(tx, days=_KEY_DAYS)


HOUSEKEEPING: tuple[Job, ...] = (
    Job("seal_audit", 0.5, _seal),
    Job("forget_idempotency_keys", 3_600, _forget),
    SCAN_DOCUMENTS,
)

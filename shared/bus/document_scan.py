"""The job that has uploaded documents scanned: it holds neither lock nor connection while the scanner looks."""

import asyncio
from datetime import timedelta

import structlog

from shared.bus.job import Job, JobContext
from shared.bus.metrics import DOCUMENTS_WAITING
from shared.db.document import (
    ScanVerdict,
    WaitingDocument,
    claim_waiting,
    count_waiting,
    postpone_scan,
    record_verdict,
)
from shared.failpoint import reached
from shared.kernel.errors import Refusal

NAME = "scan_documents"
_INTERVAL_S = 5.0
_AT_ONCE = 4
_SPARE = timedelta(seconds=30)
_LONGEST_PAUSE_S = 300
_log = structlog.stdlib.get_logger(__name__)


async def _run(context: JobContext) -> None:
    """Scan what waits, some at once, until nothing is due."""
    if context.scan is None:
        return
    # Longer than a scan may take: a document is given to another process only when this one must be dead.
    claimed_for = timedelta(seconds=context.settings.scan_seconds) + _SPARE
    while True:
        async with context.transaction() as tx:
            claimed = await claim_waiting(tx, limit=_AT_ONCE, until=tx.now + claimed_for)
            DOCUMENTS_WAITING.labels(context.service).set(await count_waiting(tx))
        if not claimed:
            return
        await asyncio.gather(*(_scan(context, one) for one in claimed))


async def _scan(context: JobContext, one: WaitingDocument) -> None:
    """Have one document judged, record the verdict, then put its bytes where the verdict wants them.

    The bytes are in quarantine until the verdict stands: a process that dies anywhere leaves a document that waits.
    """
    assert context.scan is not None  # noqa: S101  # asked for before
    try:
        verdict = await context.scan(context.files.open_apart(one.id))
        if verdict is ScanVerdict.CLEAN:
            await context.files.release(one.id, one.sha256)
    except Refusal as refusal:
        _log.warning("document_not_judged", document_id=str(one.id), code=refusal.code.code, attempts=one.attempts)
        pause = timedelta(seconds=min(2 ** min(one.attempts, 9), _LONGEST_PAUSE_S))
        async with context.transaction() as tx:
            await postpone_scan(tx, one.id, tx.now + pause)
        return
    reached(context.service, "after_scan_before_verdict")
    async with context.transaction() as tx:
        if await record_verdict(tx, one.id, verdict):
            tx.audit("document.scan", subject=f"document/{one.id}", detail={"verdict": verdict.value})
    reached(context.service, "after_verdict_before_removal")
    await context.files.remove_apart(one.id)


SCAN_DOCUMENTS = Job(NAME, _INTERVAL_S, _run, alone=False)

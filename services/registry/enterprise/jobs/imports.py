"""The jobs that work through uploaded lists, committing batch by batch and going on after a crash."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from services.registry.enterprise.usecases import enterprise_import, filing_import
from services.registry.enterprise.usecases.import_report import (
    ENTERPRISES,
    FILINGS,
    NumberedRow,
    RowResult,
    Tally,
    fail_import,
    finish_import,
    record_batch,
)
from services.registry.settings import RegistrySettings
from shared.bus.job import Job, JobContext
from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.operation import Operation, claim_operation
from shared.db.transaction import Transaction
from shared.files.tabular import read_batches
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal

_log = structlog.get_logger(__name__)
_INTERVAL_S = 2.0

_BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Import:
    """How one kind of list is worked through."""

    apply: Callable[..., Awaitable[list[RowResult]]]
    remember: Callable[..., None]


async def run_enterprise_imports(context: JobContext) -> None:
    """Work through every waiting list of enterprises."""
    work = Import(enterprise_import.apply_rows, enterprise_import.remember)
    await _run(context, ENTERPRISES, work)


async def run_filing_imports(context: JobContext) -> None:
    """Work through every waiting list of filings."""
    await _run(context, FILINGS, Import(filing_import.apply_rows, filing_import.remember))


async def _run(context: JobContext, kind: str, work: Import) -> None:
    while (operation := await _claim(context, kind)) is not None:
        try:
            await _import(context, operation, work)
        except (DatabaseUnavailable, Busy):
            raise  # the same list goes on behind its last commit with the next run
        except Refusal as refusal:
            await _fail(context, operation, refusal.code.code)
        except Exception:  # noqa: BLE001  # one bad list must not stop those behind it; it is logged and closed
            _log.exception("import_failed", operation_id=str(operation.id))
            await _fail(context, operation, "internal")


async def _claim(context: JobContext, kind: str) -> Operation | None:
    async with context.transaction() as tx:
        return await claim_operation(tx, kind)


async def _fail(context: JobContext, operation: Operation, reason: str) -> None:
    async with _transaction(context, operation) as tx:
        await fail_import(tx, operation, reason)


async def _import(context: JobContext, operation: Operation, work: Import) -> None:
    content = await context.files.read(operation.file_sha256 or "")
    counts = Tally.from_json(operation.result)
    seen: dict[str, int] = {}
    done = 0
    today = shanghai_date(context.clock.now())
    async for lines in read_batches(content, operation.input["media_type"], size=_batch_rows(context)):
        rows = [NumberedRow(line.number, line.cells, bool(line.problems)) for line in lines]
        # Lines committed before a crash: only their keys are needed, to know a repeated line.
        before = min(max(operation.done - done, 0), len(rows))
        work.remember(rows[:before], seen, today=today)
        done += len(rows)
        if before == len(rows):
            continue
        async with _transaction(context, operation) as tx:
            results = await work.apply(tx, rows[before:], seen=seen, book=context.rule_book)
            counts = counts.with_results(results)
            await record_batch(tx, operation, results, counts, done=done)
    async with _transaction(context, operation) as tx:
        await finish_import(tx, operation, counts, done=done)


def _transaction(context: JobContext, operation: Operation) -> AbstractAsyncContextManager[Transaction]:
    """Act for the client that uploaded: its row scope holds here too."""
    return context.transaction(
        actor=operation.actor, causation_id=operation.causation_id, request_id=operation.request_id
    )


def _batch_rows(context: JobContext) -> int:
    settings = context.settings
    return settings.import_batch_rows if isinstance(settings, RegistrySettings) else _BATCH_ROWS


JOBS = [
    Job("import_enterprises", _INTERVAL_S, run_enterprise_imports),
    Job("import_filings", _INTERVAL_S, run_filing_imports),
]

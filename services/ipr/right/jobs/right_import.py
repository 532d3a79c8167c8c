"""Works through uploaded lists of rights, batch by batch, and goes on where an interrupted run stopped."""

import structlog

from services.ipr.right.usecases.right_import import KIND, Number, Tally, import_lines, remember
from services.ipr.settings import IprSettings
from shared.bus.job import Job, JobContext
from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.operation import Operation, claim_operation, progress
from shared.files.tabular import read_batches
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id

_log = structlog.get_logger(__name__)
_INTERVAL_S = 5.0


async def run_imports(context: JobContext) -> None:
    """Work through every waiting list."""
    while (operation := await _claim(context)) is not None:
        try:
            await _import(context, operation)
        except (DatabaseUnavailable, Busy):
            raise  # the same list goes on behind its last commit with the next run
        except Refusal as refusal:
            await _fail(context, operation, refusal.code.code)
        except Exception:  # noqa: BLE001  # one bad list must not stop the others; it is logged and marked failed
            _log.exception("import_failed", operation_id=str(operation.id))
            await _fail(context, operation, "internal")


async def _claim(context: JobContext) -> Operation | None:
    async with context.transaction() as tx:
        return await claim_operation(tx, KIND)


async def _fail(context: JobContext, operation: Operation, reason: str) -> None:
    async with context.transaction(causation_id=operation.causation_id) as tx:
        await progress(tx, operation.id, done=operation.done, state="FAILED", error=reason)


async def _import(context: JobContext, operation: Operation) -> None:
    content = await context.files.read(operation.file_sha256 or "")
    tally, seen, done = Tally.resume(operation.result), dict[Number, int](), 0
    async for lines in read_batches(content, operation.input["media_type"], size=_batch_rows(context)):
        done += len(lines)
        if done <= operation.done:
            # Committed before the interruption: only the numbers are needed, to know a repeated line.
            remember(lines, seen)
            continue
        async with context.transaction(
            causation_id=operation.causation_id, actor=operation.actor, request_id=operation.request_id
        ) as tx:
            await import_lines(
                tx, lines, context.rule_book, operation_id=operation.id, tally=tally, seen=seen, new_id=new_id
            )
            await progress(tx, operation.id, done=done, result=tally.told())
    async with context.transaction(causation_id=operation.causation_id) as tx:
        await progress(tx, operation.id, done=done, total=done, state="DONE", result=tally.told())


def _batch_rows(context: JobContext) -> int:
    settings = context.settings
    if not isinstance(settings, IprSettings):
        raise TypeError(f"ipr runs with IprSettings, not {type(settings).__name__}")
    return settings.import_batch_rows


JOBS = [Job(KIND, _INTERVAL_S, run_imports)]

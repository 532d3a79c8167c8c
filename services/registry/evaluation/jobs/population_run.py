"""The job that works through runs over all enterprises; every process takes ranges of the same run."""

from contextlib import AbstractAsyncContextManager

import structlog

from services.registry.evaluation.rules.population_run import OPERATION
from services.registry.evaluation.usecases import population_run as usecases
from services.registry.evaluation.usecases.population_run import RunCancelled
from shared.bus.job import Job, JobContext
from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.operation import Operation, claim_operation
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal

_log = structlog.get_logger(__name__)
_INTERVAL_S = 2.0


async def run(context: JobContext) -> None:
    """Work through the oldest run until no range is free, then the next one; a killed process's ranges are free."""
    while (operation := await _claim(context)) is not None:
        try:
            if not await _work(context, operation):
                return  # others hold the last ranges; if one of them dies, the next run of this job takes them
        except (DatabaseUnavailable, Busy):
            raise  # the same run goes on behind its last range
        except RunCancelled:
            _log.info("population_run_cancelled", run_id=str(operation.id))
        except Refusal as refusal:
            await _fail(context, operation, refusal.code.code)
        except Exception:  # noqa: BLE001  # one bad run must not stop those behind it; it is logged and closed
            _log.exception("population_run_failed", run_id=str(operation.id))
            await _fail(context, operation, "internal")


async def _claim(context: JobContext) -> Operation | None:
    async with context.transaction() as tx:
        return await claim_operation(tx, OPERATION)


async def _work(context: JobContext, operation: Operation) -> bool:
    """Decide range after range; tell whether the run is closed."""
    async with _transaction(context, operation) as tx:
        deciding = await usecases.prepare(tx, operation, context.rule_book)
    while True:
        async with _transaction(context, operation) as tx:
            if not await usecases.decide_range(tx, deciding):
                return await usecases.finish(tx, deciding)


async def _fail(context: JobContext, operation: Operation, code: str) -> None:
    async with _transaction(context, operation) as tx:
        await usecases.fail(tx, operation, code)


def _transaction(context: JobContext, operation: Operation) -> AbstractAsyncContextManager[Transaction]:
    """Act for the client that asked for the run."""
    return context.transaction(
        actor=operation.actor, causation_id=operation.causation_id, request_id=operation.request_id
    )


JOBS = [Job(OPERATION, _INTERVAL_S, run, alone=False)]

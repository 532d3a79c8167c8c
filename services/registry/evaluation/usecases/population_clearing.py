"""Clearing old runs of their rows, step by step, and keeping those that something published rests on."""

from collections.abc import Sequence
from uuid import UUID

from services.registry.evaluation.models.population_clearing import PopulationClearing, PopulationReference
from services.registry.evaluation.rules import population_clearing as rules
from services.registry.evaluation.rules.population_run import check_runner
from services.registry.evaluation.store import population_clearing as store
from services.registry.evaluation.usecases.population_run import check_standing, read_run
from shared.db.operation import Operation
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal


async def begin_clearing(tx: Transaction, *, kept: int) -> Sequence[UUID]:
    """Say of which runs the rows go, and return all whose rows are still to be taken out, the oldest first.

    Args:
        tx: the transaction of the job.
        kept: how many of each policy stay, 1 or more.
    """
    await store.hold(tx, rules.to_clear(await store.standing(tx), kept=kept))
    # Looked at again under the locks: somebody may have come to rest on one while they were waited for.
    for run_id in rules.to_clear(await store.standing(tx), kept=kept):
        tx.session.add(PopulationClearing(run_id=run_id, kept=kept, begun_at=tx.now))
        tx.audit("population_run.clear", subject=f"population_run/{run_id}", detail={"kept": kept})
    await tx.session.flush()
    return await store.unfinished(tx)


async def clear_range(tx: Transaction, run_id: UUID) -> bool:
    """Take the next range of a run out that is cleared, or say that it is finished; tell whether there was a range."""
    if await store.take_range_out(tx, run_id):
        return True
    clearing = await store.lock_clearing(tx, run_id)
    if clearing.finished_at is None:
        clearing.finished_at = tx.now
        tx.audit("population_run.cleared", subject=f"population_run/{run_id}")
    return False


async def keep_run(tx: Transaction, run_id: UUID, reference: str) -> Operation:
    """Keep the rows of a run as long as `reference` rests on it.

    Raises:
        Refusal: `forbidden_role`, `not_found`, `population_run_cleared`.
    """
    run = await read_run(tx, run_id)
    check_runner(tx.actor.role)
    await store.hold(tx, [run_id])
    await check_standing(tx, run_id)
    held = await store.reference_of(tx, run_id, reference)
    if held is None:
        tx.session.add(
            PopulationReference(run_id=run_id, reference=reference, entered_by=tx.actor.client_id, created_at=tx.now)
        )
    elif held.ended_at is not None:
        held.ended_at = None
    else:
        return run
    tx.audit("population_run.keep", subject=f"population_run/{run_id}", detail={"reference": reference})
    return run


async def release_run(tx: Transaction, run_id: UUID, reference: str) -> Operation:
    """Say that `reference` does not rest on a run any more: it is cleared when its turn comes.

    Raises:
        Refusal: `forbidden_role`, `not_found`, `population_reference_unknown`.
    """
    run = await read_run(tx, run_id)
    check_runner(tx.actor.role)
    await store.hold(tx, [run_id])
    held = await store.reference_of(tx, run_id, reference)
    if held is None or held.ended_at is not None:
        raise Refusal(rules.REFERENCE_UNKNOWN, reference=reference)
    held.ended_at = tx.now
    tx.audit("population_run.release", subject=f"population_run/{run_id}", detail={"reference": reference})
    return run


async def check_chosen(tx: Transaction, chosen: Chosen) -> None:
    """Refuse a list of the rows of one run that was cleared; one that names no run shows the rows that stand.

    Raises:
        Refusal: `population_run_cleared`.
    """
    run_id = chosen.values.get("run_id")
    if isinstance(run_id, UUID):
        await check_standing(tx, run_id)

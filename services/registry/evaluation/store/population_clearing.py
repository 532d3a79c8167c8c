"""Every SELECT and lock of runs that are cleared or kept, and the statements that take rows of a run out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.registry.evaluation.models.population_clearing import PopulationClearing, PopulationReference
from services.registry.evaluation.rules.population_clearing import StandingRun
from services.registry.evaluation.rules.population_decision import PopulationPolicy
from shared.db.lock import lock_transaction_each
from shared.db.transaction import Transaction

_STANDING = text("""
SELECT held.run_id, array_agg(held.policy ORDER BY held.policy) AS policies, run.state, EXISTS (
    SELECT FROM population_reference AS reference WHERE reference.run_id = held.run_id AND reference.ended_at IS NULL
) AS is_referred_to
FROM population_rule_set AS held JOIN operation AS run ON run.id = held.run_id
WHERE NOT EXISTS (SELECT FROM population_clearing AS clearing WHERE clearing.run_id = held.run_id)
GROUP BY held.run_id, run.state
""")
_NEXT = text("""
SELECT number, first_uscc, last_uscc FROM population_range
WHERE run_id = :run_id ORDER BY number LIMIT 1 FOR UPDATE
""")
# The key begins with run and policy: both are named, so that a range of the index is read and no other.
_RESULTS = text("""
DELETE FROM population_result
WHERE run_id = :run_id AND policy IN (SELECT policy FROM population_rule_set WHERE run_id = :run_id)
  AND uscc BETWEEN :first AND :last
""")
_FACTS = text("DELETE FROM population_fact WHERE run_id = :run_id AND uscc BETWEEN :first AND :last")
_RANGE = text("DELETE FROM population_range WHERE run_id = :run_id AND number = :number")


async def hold(tx: Transaction, run_ids: Sequence[UUID]) -> None:
    """Hold runs until the transaction ends: nobody begins to clear one, or refers to it, meanwhile."""
    await lock_transaction_each(tx.session, "registry/population_run", map(str, run_ids))


async def standing(tx: Transaction) -> list[StandingRun]:
    """Return all runs whose rows stand."""
    return [
        StandingRun(row.run_id, tuple(map(PopulationPolicy, row.policies)), row.state, row.is_referred_to)
        for row in await tx.session.execute(_STANDING)
    ]


async def unfinished(tx: Transaction) -> Sequence[UUID]:
    """Return the runs whose clearing was begun and is not finished, the oldest first."""
    statement = select(col(PopulationClearing.run_id)).where(col(PopulationClearing.finished_at).is_(None))
    return (await tx.session.execute(statement.order_by(col(PopulationClearing.run_id)))).scalars().all()


async def lock_clearing(tx: Transaction, run_id: UUID) -> PopulationClearing:
    """Return the clearing of a run under its row lock; it was begun."""
    statement = select(PopulationClearing).where(col(PopulationClearing.run_id) == run_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one()


async def begun_at(tx: Transaction, run_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return since when the rows of those runs are not shown that were cleared."""
    statement = select(col(PopulationClearing.run_id), col(PopulationClearing.begun_at))
    statement = statement.where(col(PopulationClearing.run_id).in_(run_ids))
    return {row.run_id: row.begun_at for row in await tx.session.execute(statement)}


async def references(tx: Transaction, run_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return what rests on runs today, by run in the order of the words; runs without any are left out."""
    statement = select(col(PopulationReference.run_id), col(PopulationReference.reference))
    statement = statement.where(
        col(PopulationReference.run_id).in_(run_ids), col(PopulationReference.ended_at).is_(None)
    )
    found: dict[UUID, list[str]] = {}
    for row in await tx.session.execute(statement.order_by(col(PopulationReference.reference))):
        found.setdefault(row.run_id, []).append(row.reference)
    return found


async def reference_of(tx: Transaction, run_id: UUID, reference: str) -> PopulationReference | None:
    """Return what rests, or rested, on a run under these words."""
    return await tx.session.get(PopulationReference, (run_id, reference))


async def take_range_out(tx: Transaction, run_id: UUID) -> bool:
    """Delete the next range of a run with its facts and results; tell whether there was one."""
    found = (await tx.session.execute(_NEXT, {"run_id": run_id})).one_or_none()
    if found is None:
        return False
    words = {"run_id": run_id, "first": found.first_uscc, "last": found.last_uscc}
    await tx.session.execute(_RESULTS, words)
    await tx.session.execute(_FACTS, words)
    await tx.session.execute(_RANGE, {"run_id": run_id, "number": found.number})
    return True

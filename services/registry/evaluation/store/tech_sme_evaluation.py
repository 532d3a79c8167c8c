"""Every SELECT of national tech-SME evaluations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from shared.db.transaction import Transaction


async def find(tx: Transaction, evaluation_id: UUID) -> TechSmeEvaluation | None:
    """Return one evaluation if the actor may see its firm."""
    statement = (
        select(TechSmeEvaluation)
        .join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
        .where(col(TechSmeEvaluation.id) == evaluation_id, visible(tx.actor))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def page(
    tx: Transaction, *, uscc: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[TechSmeEvaluation]:
    """Return up to `limit` evaluations the actor may see, in the order they were made."""
    statement = (
        select(TechSmeEvaluation)
        .join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
        .where(visible(tx.actor))
    )
    if uscc is not None:
        statement = statement.where(col(TechSmeEvaluation.uscc) == uscc)
    if after is not None:
        statement = statement.where(tuple_(col(TechSmeEvaluation.created_at), col(TechSmeEvaluation.id)) > after)
    statement = statement.order_by(col(TechSmeEvaluation.created_at), col(TechSmeEvaluation.id)).limit(limit)
    return (await tx.session.execute(statement)).scalars().all()

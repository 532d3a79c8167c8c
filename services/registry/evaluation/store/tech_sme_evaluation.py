"""Every SELECT of national tech-SME evaluations."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from shared.db.keyset import Page, PageWanted, ascending
from shared.db.transaction import Transaction

_OLDEST = ascending(col(TechSmeEvaluation.created_at), col(TechSmeEvaluation.id))


async def find(tx: Transaction, evaluation_id: UUID) -> TechSmeEvaluation | None:
    """Return one evaluation if the actor may see its firm."""
    statement = (
        select(TechSmeEvaluation)
        .join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
        .where(col(TechSmeEvaluation.id) == evaluation_id, visible(tx.actor))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def page(tx: Transaction, *, uscc: str | None, wanted: PageWanted) -> Page[TechSmeEvaluation]:
    """Return one page of evaluations the actor may see, in the order they were made."""
    statement = (
        select(TechSmeEvaluation)
        .join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
        .where(visible(tx.actor))
    )
    if uscc is not None:
        statement = statement.where(col(TechSmeEvaluation.uscc) == uscc)
    return await _OLDEST.page(tx, statement, wanted)

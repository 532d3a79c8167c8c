"""Every SELECT of national tech-SME evaluations."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, holds_key
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


async def find(tx: Transaction, evaluation_id: UUID) -> TechSmeEvaluation | None:
    """Return one evaluation if the actor may see its firm."""
    statement = (
        select(TechSmeEvaluation)
        .join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
        .where(col(TechSmeEvaluation.id) == evaluation_id, visible(tx.actor))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _visible_rows(tx: Transaction) -> Select[TechSmeEvaluation]:
    joined = select(TechSmeEvaluation).join(Enterprise, col(Enterprise.uscc) == col(TechSmeEvaluation.uscc))
    return joined.where(visible(tx.actor))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.OLDEST: ascending(col(TechSmeEvaluation.created_at), col(TechSmeEvaluation.id)),
        Sort.NEWEST: descending(col(TechSmeEvaluation.created_at), col(TechSmeEvaluation.id)),
        Sort.LARGEST: descending(col(TechSmeEvaluation.score_milli), col(TechSmeEvaluation.id)),
    },
    same={
        "uscc": col(TechSmeEvaluation.uscc),
        "unit_id": col(Enterprise.unit_id),
        "filing_year": col(TechSmeEvaluation.filing_year),
    },
    among={"verdict": col(TechSmeEvaluation.verdict)},
    states="verdict",
    days={"as_of": col(TechSmeEvaluation.as_of_on)},
    found={"q": lambda text: holds_key(col(Enterprise.name_key), text)},
    beside={"name": col(Enterprise.name)},
    unread=("record",),
)
"""What evaluations may be narrowed and sorted by."""

"""Which documents a case of ipr names: everything that happened to the rights that the caller sees."""

from typing import Any

from sqlalchemy import Select, or_, select, union_all
from sqlmodel import SQLModel, col

from services.ipr.right.models.blemish import Blemish
from services.ipr.right.models.right import Right, RightEvidence, RightGround, RightMove, RightTransfer
from services.ipr.right.store.right import visible
from shared.db.document import Document, cites
from shared.db.transaction import Transaction

_HAPPENED: tuple[type[SQLModel], ...] = (RightMove, RightTransfer, RightGround, RightEvidence)


async def is_in_sight(tx: Transaction, document: Document) -> bool:
    """Tell whether the evidence of a right that the caller may see, or of what happened to it, names `document`."""
    # From the document to its few rights: asked of every right instead, each look would read them all.
    named = union_all(
        select(col(Right.id)).where(cites(col(Right.evidence), col(Right.entered_by), document)),
        *(_named(table, ("evidence",), document) for table in _HAPPENED),
        _named(Blemish, ("opened_evidence", "cleared_evidence"), document),
    )
    query = visible(select(col(Right.id)).where(col(Right.id).in_(named)), tx.actor).limit(1)
    return (await tx.session.execute(query)).scalar_one_or_none() is not None


def _named(table: Any, columns: tuple[str, ...], document: Document) -> Select[Any]:  # noqa: ANN401  # a model
    cited = or_(*(cites(getattr(table, name), table.entered_by, document) for name in columns))
    return select(table.right_id).where(cited)

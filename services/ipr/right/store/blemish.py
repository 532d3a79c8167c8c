"""Blemishes of rights."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.ipr.right.models.blemish import Blemish
from services.ipr.right.rules.blemish import BlemishKind
from shared.db.transaction import Transaction


async def lock_open(tx: Transaction, right_id: UUID, kind: BlemishKind) -> Blemish | None:
    """Return the open blemish of a kind and hold it; its right is locked before."""
    query = select(Blemish).where(
        col(Blemish.right_id) == right_id, col(Blemish.kind) == kind, col(Blemish.cleared_on).is_(None)
    )
    return (await tx.session.execute(query.with_for_update())).scalar_one_or_none()


async def of_right(tx: Transaction, right_id: UUID) -> Sequence[Blemish]:
    """Return all blemishes of a right, oldest first."""
    query = select(Blemish).where(col(Blemish.right_id) == right_id).order_by(col(Blemish.opened_on), col(Blemish.id))
    return (await tx.session.execute(query)).scalars().all()

"""Blemishes of rights."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, case, select, type_coerce
from sqlmodel import col

from services.ipr.right.models.blemish import Blemish
from services.ipr.right.models.right import Right
from services.ipr.right.rules.blemish import BlemishKind, BlemishStatus
from services.ipr.right.store.right import ABOUT_RIGHT, NAMED, NAMED_BESIDE, visible
from shared.db.base import text_enum
from shared.db.document import held_beside
from shared.db.selection import Selection, by_time
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


def _visible_rows(tx: Transaction) -> Select[Blemish]:
    return visible(select(Blemish).join(Right, col(Right.id) == col(Blemish.right_id)), tx.actor)


_STATUS = type_coerce(
    case((col(Blemish.cleared_on).is_(None), BlemishStatus.OPEN.value), else_=BlemishStatus.CLEARED.value),
    text_enum(BlemishStatus),
)
LIST = Selection(
    rows=_visible_rows,
    sorts=by_time(col(Blemish.recorded_at), col(Blemish.id)),
    among={"status": _STATUS, "kind": col(Blemish.kind)},
    days={"opened": col(Blemish.opened_on), "cleared": col(Blemish.cleared_on)},
    found=NAMED,
    asked=ABOUT_RIGHT,
    beside={
        **{name: value for name, value in NAMED_BESIDE.items() if name != "right_id"},
        "documents": held_beside("ip_blemish", ("opened_evidence", "cleared_evidence")),
    },
)
"""What blemishes of all rights may be narrowed and sorted by."""

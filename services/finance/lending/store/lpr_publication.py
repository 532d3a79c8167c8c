"""Recorded publications of the LPR; every caller may read them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlmodel import col

from services.finance.lending.models.lpr_publication import LprPublication
from services.finance.lending.rules.lpr import Publication
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction


async def in_force(tx: Transaction, until: date, *, known_at: datetime | None = None) -> Sequence[Publication]:
    """Return the newest record published up to a day, as the rules read it; empty where there is none.

    Args:
        tx: the transaction.
        until: last day of publication.
        known_at: the instant as of which a record was there and in force, now unless given.
    """
    known = (
        col(LprPublication.replaced_at).is_(None)
        if known_at is None
        else and_(
            col(LprPublication.created_at) <= known_at,
            or_(col(LprPublication.replaced_at).is_(None), col(LprPublication.replaced_at) > known_at),
        )
    )
    query = (
        select(LprPublication)
        .where(known, col(LprPublication.published_on) <= until)
        .order_by(col(LprPublication.published_on).desc())
        .limit(1)
    )
    rows = (await tx.session.execute(query)).scalars().all()
    return [Publication(row.published_on, row.rate_ppm, row.source) for row in rows]


async def of_month(tx: Transaction, month: int) -> LprPublication | None:
    """Return the record in force of a month (yyyymm), or None."""
    query = select(LprPublication).where(col(LprPublication.month) == month, col(LprPublication.replaced_at).is_(None))
    return (await tx.session.execute(query)).scalar_one_or_none()


LIST = Selection(
    rows=lambda _: select(LprPublication),
    sorts=by_time(col(LprPublication.created_at), col(LprPublication.id)),
    days={"published": col(LprPublication.published_on)},
)
"""What recorded publications may be narrowed and sorted by; those that were replaced are included."""

"""Recorded publications of the LPR; every caller may read them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from services.finance.lending.models.lpr_publication import LprPublication
from services.finance.lending.rules.lpr import Publication
from shared.db.holiday_notice import KNOWN, calendar_in
from shared.db.selection import Selection, by_time
from shared.db.statement import Statement
from shared.db.transaction import Transaction
from shared.kernel.workday import WorkCalendar

KnownDays = tuple[WorkCalendar, Sequence[Publication]]
"""What the rate of a day follows from: the working days, and the newest record published up to that day, if any."""


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


def _published(until: str) -> str:
    return f"""(SELECT jsonb_build_array(published_on, rate_ppm, source) FROM lpr_publication AS told
        WHERE replaced_at IS NULL AND published_on <= {until} ORDER BY published_on DESC LIMIT 1)"""  # noqa: S608  # constant text


_KNOWN = Statement(f"SELECT {KNOWN}, {_published(':on')}")  # 〃


def known_beside(day: str) -> tuple[ColumnElement[Any], ...]:
    """Return what the rate of a day follows from, as parts of the statement of a row: see `known_in`.

    Args:
        day: the column of the row that holds the day, such as `loan.signed_on`.
    """
    return tuple(literal_column(sql, JSONB) for sql in (KNOWN, _published(day)))


def known_in(tx: Transaction, notices: Any, published: Any) -> KnownDays:  # noqa: ANN401  # JSON
    """Return what `known_beside` found: the working days as they are known now, and the newest record."""
    told = [] if published is None else [Publication(date.fromisoformat(published[0]), *published[1:])]
    return calendar_in(notices, tx.now), told


async def known_on(tx: Transaction, on: date) -> KnownDays:
    """Return the working days as they are known now, and the newest record published up to a day, if there is one."""
    row: Any = (await _KNOWN.execute(tx.session, {"on": on})).one()
    return known_in(tx, *row)


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

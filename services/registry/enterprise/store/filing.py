"""Every SELECT of annual filings; whoever writes holds the enterprise's lock."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update
from sqlmodel import col

from services.registry.base import metadata
from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules.filing import FilingStatus
from services.registry.enterprise.store.scope import visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time, holds_key
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort

_TABLE = metadata.tables[str(Filing.__tablename__)]


async def of_status(tx: Transaction, uscc: str, year: int, status: FilingStatus) -> Filing | None:
    """Return the draft or the accepted filing of a year."""
    statement = select(Filing).where(col(Filing.uscc) == uscc, col(Filing.year) == year, col(Filing.status) == status)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def accepted_of(tx: Transaction, usccs: Sequence[str]) -> Sequence[Filing]:
    """Return the accepted filings of many firms, of every year."""
    statement = select(Filing).where(col(Filing.uscc).in_(usccs), col(Filing.status) == FilingStatus.ACCEPTED)
    return (await tx.session.execute(statement)).scalars().all()


async def accepted_rows(tx: Transaction, usccs: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the same as plain rows: they are only read, and a batch of a list holds many."""
    statement = select(_TABLE).where(_TABLE.c.uscc.in_(usccs), _TABLE.c.status == FilingStatus.ACCEPTED)
    return (await tx.session.execute(statement)).all()


async def supersede(tx: Transaction, filing_ids: Sequence[UUID]) -> None:
    """Say of filings that they no longer stand, in one statement."""
    if filing_ids:
        values = {"status": FilingStatus.SUPERSEDED, "updated_at": tx.now}
        await tx.session.execute(update(_TABLE).where(_TABLE.c.id.in_(filing_ids)).values(values))


async def add_many(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert versions of filings in one statement."""
    if rows:
        await tx.session.execute(insert(_TABLE), rows)


async def last_versions(tx: Transaction, usccs: Sequence[str]) -> dict[tuple[str, int], int]:
    """Return the highest version of each year of many firms, by (code, year)."""
    statement = select(col(Filing.uscc), col(Filing.year), func.max(col(Filing.version)).label("last"))
    statement = statement.where(col(Filing.uscc).in_(usccs)).group_by(col(Filing.uscc), col(Filing.year))
    return {(row.uscc, row.year): row.last for row in await tx.session.execute(statement)}


async def newest_accepted(tx: Transaction, uscc: str, years: Sequence[int] | None = None) -> Filing | None:
    """Return the accepted filing of the newest year, of any year or of those named."""
    statement = select(Filing).where(col(Filing.uscc) == uscc, col(Filing.status) == FilingStatus.ACCEPTED)
    if years is not None:
        statement = statement.where(col(Filing.year).in_(years))
    statement = statement.order_by(col(Filing.year).desc()).limit(1)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def history(tx: Transaction, uscc: str, year: int | None) -> Sequence[Filing]:
    """Return all versions of a firm's filings, newest first."""
    statement = select(Filing).where(col(Filing.uscc) == uscc)
    if year is not None:
        statement = statement.where(col(Filing.year) == year)
    statement = statement.order_by(col(Filing.year).desc(), col(Filing.version).desc())
    return (await tx.session.execute(statement)).scalars().all()


def _visible_rows(tx: Transaction) -> Select[Filing]:
    return select(Filing).join(Enterprise, col(Enterprise.uscc) == col(Filing.uscc)).where(visible(tx.actor))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Filing.updated_at), col(Filing.id)),
        Sort.CODE: ascending(col(Filing.uscc), col(Filing.year), col(Filing.version)),
        Sort.LARGEST: descending(col(Filing.revenue_fen), col(Filing.id)),
    },
    same={"uscc": col(Filing.uscc), "unit_id": col(Enterprise.unit_id), "year": col(Filing.year)},
    among={"status": col(Filing.status)},
    unless_asked={"status": (FilingStatus.ACCEPTED,)},
    days={"accepted": col(Filing.accepted_at), "updated": col(Filing.updated_at)},
    found={"q": lambda text: holds_key(col(Enterprise.name_key), text)},
    beside={"name": col(Enterprise.name)},
)
"""What filings may be narrowed and sorted by."""

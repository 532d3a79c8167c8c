"""Reading and writing of what imports found."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import col

from services.registry.enterprise.models.import_report import ImportFinding
from shared.db.transaction import Transaction


async def add(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Write findings in one statement."""
    if rows:
        await tx.session.execute(insert(ImportFinding), list(rows))


async def page(
    tx: Transaction, operation_id: UUID, *, after: tuple[int, int] | None, limit: int
) -> Sequence[ImportFinding]:
    """Return up to `limit` findings of an import behind (line, position), in that order."""
    statement = select(ImportFinding).where(col(ImportFinding.operation_id) == operation_id)
    if after is not None:
        line, position = after
        statement = statement.where(
            (col(ImportFinding.line) > line)
            | ((col(ImportFinding.line) == line) & (col(ImportFinding.position) > position))
        )
    statement = statement.order_by(col(ImportFinding.line), col(ImportFinding.position)).limit(limit)
    return (await tx.session.execute(statement)).scalars().all()


async def stream(tx: Transaction, operation_id: UUID) -> AsyncIterator[ImportFinding]:
    """Yield all findings of an import by line."""
    statement = (
        select(ImportFinding)
        .where(col(ImportFinding.operation_id) == operation_id)
        .order_by(col(ImportFinding.line), col(ImportFinding.position))
    )
    rows = await tx.session.stream_scalars(statement)
    async for row in rows:
        yield row

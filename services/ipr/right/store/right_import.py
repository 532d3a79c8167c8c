"""Findings of imports."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import col

from services.ipr.right.models.right_import import RightImportFinding
from shared.db.transaction import Transaction

_PAGE = 500


async def add_findings(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the findings of one batch of lines."""
    if rows:
        await tx.session.execute(insert(RightImportFinding), list(rows))


async def findings(
    tx: Transaction, operation_id: UUID, *, after: tuple[int, int] = (0, -1), limit: int = _PAGE
) -> Sequence[RightImportFinding]:
    """Return findings in order of the lines, from behind (line, position) on."""
    line, position = after
    query = (
        select(RightImportFinding)
        .where(col(RightImportFinding.operation_id) == operation_id)
        .where(
            (col(RightImportFinding.line) > line)
            | ((col(RightImportFinding.line) == line) & (col(RightImportFinding.position) > position))
        )
        .order_by(col(RightImportFinding.line), col(RightImportFinding.position))
        .limit(limit)
    )
    return (await tx.session.execute(query)).scalars().all()


async def all_findings(tx: Transaction, operation_id: UUID) -> AsyncIterator[RightImportFinding]:
    """Give all findings in order of the lines, without holding them in memory."""
    after = (0, -1)
    while batch := await findings(tx, operation_id, after=after):
        for row in batch:
            yield row
        after = (batch[-1].line, batch[-1].position)

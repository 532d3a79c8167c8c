"""What imports found on their lines: written with the batch, read line by line."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, text

from shared.db.transaction import Transaction
from shared.table.finding import RowGravity
from shared.table.tally import LineResult

_PAGE = 500
_ADD = text("""
INSERT INTO line_finding (operation_id, line, position, gravity, code, column_name, value, details)
SELECT CAST(:operation_id AS uuid), line, position, gravity, code, column_name, value, details
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS one (
    line int, position int, gravity text, code text, column_name text, value text, details jsonb)
""")
_PAGE_OF = text("""
SELECT line, position, gravity, code, column_name, value, details FROM line_finding
WHERE operation_id = :operation_id AND (line, position) > (:line, :position)
ORDER BY line, position LIMIT :limit
""")
_REFUSED_LINES = text("""
SELECT DISTINCT line FROM line_finding WHERE operation_id = :operation_id AND gravity = 'REFUSED'
""")


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """One finding as it was kept; its words are found by its code."""

    line: int
    position: int
    gravity: RowGravity
    code: str
    column: str
    value: str
    details: dict[str, Any]


async def add_findings(tx: Transaction, operation_id: UUID, results: Sequence[LineResult]) -> None:
    """Write the findings of a batch in one statement, in the transaction of its rows."""
    rows = [
        {
            "line": result.line,
            "position": position,
            "gravity": one.kind.gravity.value,
            "code": one.kind.code,
            "column_name": one.column[:120],
            "value": one.value,
            "details": dict(one.details),
        }
        for result in results
        for position, one in enumerate(result.findings)
    ]
    if rows:
        await tx.session.execute(_ADD, {"operation_id": operation_id, "rows": orjson.dumps(rows, default=str).decode()})


async def page_of_findings(
    tx: Transaction, operation_id: UUID, *, after: tuple[int, int] | None, limit: int
) -> list[StoredFinding]:
    """Return up to `limit` findings of an import behind (line, position), in that order."""
    line, position = after or (0, -1)
    found = await tx.session.execute(
        _PAGE_OF, {"operation_id": operation_id, "line": line, "position": position, "limit": limit}
    )
    return [_stored(row) for row in found.mappings()]


async def all_findings(tx: Transaction, operation_id: UUID) -> AsyncIterator[StoredFinding]:
    """Give all findings of an import by line, page by page, so that memory does not grow with them."""
    after: tuple[int, int] | None = None
    while batch := await page_of_findings(tx, operation_id, after=after, limit=_PAGE):
        for row in batch:
            yield row
        after = (batch[-1].line, batch[-1].position)


async def refused_lines(tx: Transaction, operation_id: UUID) -> set[int]:
    """Return the numbers of the lines that were left out."""
    return set((await tx.session.execute(_REFUSED_LINES, {"operation_id": operation_id})).scalars())


def _stored(row: RowMapping) -> StoredFinding:
    return StoredFinding(
        line=row["line"],
        position=row["position"],
        gravity=RowGravity(row["gravity"]),
        code=row["code"],
        column=row["column_name"],
        value=row["value"],
        details=row["details"],
    )

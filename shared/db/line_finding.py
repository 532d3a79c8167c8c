"""What imports found on their lines: written with the batch, read line by line."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Integer, RowMapping, Uuid, column, select, table, text

from shared.db.keyset import Page, PageWanted, ascending
from shared.db.transaction import Transaction
from shared.dictionary import DICTIONARY
from shared.table.finding import RowGravity
from shared.table.tally import LineResult

_PAGE = 500
_ADD = text("""
INSERT INTO line_finding (operation_id, line, position, gravity, code, column_name, value, details)
SELECT CAST(:operation_id AS uuid), line, position, gravity, code, column_name, value, details
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS one (
    line int, position int, gravity text, code text, column_name text, value text, details jsonb)
""")
_FINDINGS = table(
    "line_finding",
    column("operation_id", Uuid()),
    column("line", Integer()),
    column("position", Integer()),
    *(column(name) for name in ("gravity", "code", "column_name", "value")),
    column("details", JSON()),
)
_BY_LINE = ascending(_FINDINGS.c.line, _FINDINGS.c.position)
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
            "details": {name: _kept(value) for name, value in one.details},
        }
        for result in results
        for position, one in enumerate(result.findings)
    ]
    if rows:
        await tx.session.execute(_ADD, {"operation_id": operation_id, "rows": orjson.dumps(rows, default=str).decode()})


async def page_of_findings(tx: Transaction, operation_id: UUID, wanted: PageWanted) -> Page[StoredFinding]:
    """Return one page of the findings of an import, by line.

    Raises:
        Refusal: `cursor_invalid`.
    """
    statement = select(_FINDINGS).where(_FINDINGS.c.operation_id == operation_id)
    found = await _BY_LINE.page(tx, statement, wanted)
    return Page([_stored(row._mapping) for row in found.rows], found.next_key)  # noqa: SLF001  # SQLAlchemy's public name


async def all_findings(tx: Transaction, operation_id: UUID) -> AsyncIterator[StoredFinding]:
    """Give all findings of an import by line, page by page, so that memory does not grow with them."""
    wanted = PageWanted(_PAGE)
    while True:
        found = await page_of_findings(tx, operation_id, wanted)
        for row in found.rows:
            yield row
        if found.next_key is None:
            return
        wanted = PageWanted(_PAGE, found.next_key)


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
        details={name: _told(value) for name, value in row["details"].items()},
    )


def _kept(value: Any) -> Any:  # noqa: ANN401  # a detail of any kind
    """Return a detail as it is stored: a value of an enumeration keeps its name, since its words hang on that."""
    return {"enumeration": type(value).__name__, "value": value.value} if isinstance(value, StrEnum) else value


def _told(value: Any) -> Any:  # noqa: ANN401  # a detail of any kind
    """Return a stored detail; a value of an enumeration as its words, or as it is where nobody knows it any more."""
    if not isinstance(value, dict):
        return value
    return DICTIONARY.of_value(value["enumeration"], value["value"]) or value["value"]

"""Documents that clients brought: who may see one, and which of those that evidence names are held."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, and_, func, literal_column, text
from sqlalchemy.sql.elements import SQLCoreOperations

from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role

_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})
Cited = tuple[str, str]
"""A document as evidence names it: its SHA-256, and the client that entered the evidence."""


class ScanVerdict(StrEnum):
    """What a scanner said of a document; a harmful one is not kept."""

    NOT_SCANNED = "NOT_SCANNED"
    CLEAN = "CLEAN"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of one client; its bytes are kept by `sha256`."""

    id: UUID
    sha256: str
    media_type: str
    size_bytes: int
    file_name: str
    scan: str
    client_id: str
    role: str
    party: str | None
    unit_id: str | None
    created_at: datetime


_DIGEST: ColumnElement[str] = literal_column("'document_sha256'", String)
"""Written out, for an index is only taken for the words that it was made with, never for a bound value."""
_ADD = text("""
INSERT INTO document (id, sha256, media_type, size_bytes, file_name, scan, client_id, role, party, unit_id, created_at)
VALUES (:id, :sha256, :media_type, :size_bytes, :file_name, :scan, :client_id, :role, :party, :unit_id, :created_at)
ON CONFLICT (sha256, client_id) DO NOTHING RETURNING id
""")
_BY_ID = text("SELECT * FROM document WHERE id = :id")
_BY_CLIENT = text("SELECT * FROM document WHERE sha256 = :sha256 AND client_id = :client_id")
_HELD = text("""
SELECT document.sha256, document.client_id, document.id
FROM unnest(CAST(:digests AS text[]), CAST(:clients AS text[])) AS cited (sha256, client_id)
JOIN document USING (sha256, client_id)
""")


async def add_document(tx: Transaction, new: Document) -> tuple[Document, bool]:
    """Keep the row of a document; return it and whether it is new: the same bytes of one client are one document."""
    values = {name: getattr(new, name) for name in Document.__dataclass_fields__}
    added = (await tx.session.execute(_ADD, values)).scalar_one_or_none()
    if added is not None:
        return new, True
    found = await tx.session.execute(_BY_CLIENT, {"sha256": new.sha256, "client_id": new.client_id})
    return Document(**found.mappings().one()), False


async def find_document(tx: Transaction, document_id: UUID) -> Document | None:
    """Return a document, whoever may see it."""
    row = (await tx.session.execute(_BY_ID, {"id": document_id})).mappings().one_or_none()
    return None if row is None else Document(**row)


def brought_by(document: Document, actor: Actor) -> bool:
    """Tell whether `actor` belongs to the body that brought the document, or sees all.

    Who may see it only through a case that names it is known to the service whose case that is.

    Source: K-DOC-01 (docs/rules/kernel.md).
    """
    if actor.role in _SEES_ALL or document.client_id == actor.client_id:
        return True
    if document.role != actor.role.value:
        return False
    if actor.party is not None:
        return document.party == actor.party
    return actor.role is Role.DISTRICT and actor.unit_id is not None and document.unit_id == actor.unit_id


def cites(
    evidence: SQLCoreOperations[Any], entered_by: SQLCoreOperations[Any], document: Document
) -> ColumnElement[bool]:
    """Return the condition under which a row's evidence names `document`.

    Only whoever brought it can name it: a digest that was seen somewhere opens nobody's document.

    Args:
        evidence: JSON column of the evidence.
        entered_by: column with the client that entered the row; the evidence may name another that came later.
        document: the document.

    Source: K-DOC-02 (docs/rules/kernel.md).
    """
    enterer = func.coalesce(evidence["entered_by"].astext, entered_by)
    return and_(evidence.op("->>")(_DIGEST) == document.sha256, enterer == document.client_id)


def cited_index(table: str, column: str = "evidence") -> Index:
    """Return the index by which the rows are found whose evidence names a document.

    Every table whose evidence `cites` is asked of has one for each such column.
    """
    digest = f"({column} ->> 'document_sha256')"
    return Index(f"ix_{table}_{column}_document", text(digest), postgresql_where=text(f"{digest} IS NOT NULL"))


async def held_documents(tx: Transaction, cited: Iterable[Cited]) -> dict[Cited, UUID]:
    """Return which of the documents that evidence names are held, each with its id; one query for all."""
    wanted = sorted(set(cited))
    if not wanted:
        return {}
    rows = await tx.session.execute(
        _HELD, {"digests": [digest for digest, _ in wanted], "clients": [client for _, client in wanted]}
    )
    return {(row.sha256, row.client_id): row.id for row in rows}

"""Documents that clients brought: who may see one, and which of those that evidence names are held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, and_, func, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import SQLCoreOperations

from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role

_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})
Cited = tuple[str, str]
"""A document as evidence names it: its SHA-256, and the client that entered the evidence."""


class ScanVerdict(StrEnum):
    """What a scanner said of a document.

    While it waits for a verdict only who uploaded it may read it; the bytes of a harmful one are removed.
    """

    NOT_SCANNED = "NOT_SCANNED"
    PENDING = "PENDING"
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"


OPEN_TO_OTHERS = frozenset({ScanVerdict.NOT_SCANNED, ScanVerdict.CLEAN})
"""Verdicts under which a document counts as held and those may read it who see a case that names it."""


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
INSERT INTO document (id, sha256, media_type, size_bytes, file_name, scan, client_id, role, party, unit_id, created_at,
                      scan_due_at)
VALUES (:id, :sha256, :media_type, :size_bytes, :file_name, CAST(:scan AS varchar), :client_id, :role, :party, :unit_id,
        :created_at, CASE WHEN :scan = 'PENDING' THEN CAST(:created_at AS timestamptz) END)
ON CONFLICT (sha256, client_id) DO NOTHING RETURNING id
""")
_COLUMNS = "id, sha256, media_type, size_bytes, file_name, scan, client_id, role, party, unit_id, created_at"
_BY_ID = text(f"SELECT {_COLUMNS} FROM document WHERE id = :id")  # noqa: S608  # a constant list of columns
_BY_CLIENT = text(
    f"SELECT {_COLUMNS} FROM document WHERE sha256 = :sha256 AND client_id = :client_id"  # noqa: S608  # 〃
)
# Claimed until `scan_due_at`: whoever dies with the claim leaves the document to the next look.
_CLAIM = text("""
UPDATE document SET scan_due_at = :until, scan_attempts = scan_attempts + 1
WHERE id IN (SELECT id FROM document WHERE scan = 'PENDING' AND scan_due_at <= :now ORDER BY scan_due_at, id
             LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING id, sha256, scan_attempts
""")
_POSTPONE = text("UPDATE document SET scan_due_at = :due_at WHERE id = :id AND scan = 'PENDING'")
_JUDGE = text("""
UPDATE document SET scan = :verdict, scan_due_at = NULL, scanned_at = :now WHERE id = :id AND scan = 'PENDING'
RETURNING id
""")
_WAITING = text("SELECT count(*) FROM document WHERE scan = 'PENDING'")
_HELD = text("""
SELECT document.sha256, document.client_id, document.id, document.scan
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


def cited(evidence: Any, entered_by: str) -> Cited | None:  # noqa: ANN401  # JSON
    """Return digest and client of the document that evidence names, None where it names none.

    Args:
        evidence: as it is stored, or None.
        entered_by: client that entered the row.
    """
    digest = evidence.get("document_sha256") if isinstance(evidence, dict) else None
    return None if digest is None else (digest, evidence.get("entered_by") or entered_by)


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


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document that evidence names, and what the scanner said of it."""

    id: UUID
    scan: ScanVerdict


async def held_documents(tx: Transaction, cited: Iterable[Cited]) -> dict[Cited, HeldDocument]:
    """Return which of the documents that evidence names were uploaded; one query for all."""
    wanted = sorted(set(cited))
    if not wanted:
        return {}
    rows = await tx.session.execute(
        _HELD, {"digests": [digest for digest, _ in wanted], "clients": [client for _, client in wanted]}
    )
    return {(row.sha256, row.client_id): HeldDocument(row.id, ScanVerdict(row.scan)) for row in rows}


def held_by_evidence(table: str, columns: Sequence[str], *, where: str) -> str:
    """Return SQL for the documents that the evidence of rows names and that were uploaded: read it with `held_in`.

    The same that `held_documents` finds, as a part of the statement that reads the rows themselves.

    Args:
        table: rows with a client `entered_by`; the evidence may name another that came later.
        columns: its JSON columns of evidence.
        where: which rows.
    """
    return _held(f"{table} CROSS JOIN LATERAL", table, columns, entered_by="entered_by", where=f"WHERE {where}")


def held_beside(table: str, columns: Sequence[str], *, entered_by: str = "entered_by") -> ColumnElement[Any]:
    """Return the documents that the evidence of one row names, to stand beside it: read them with `held_in`.

    Args:
        table: the row's.
        columns: its JSON columns of evidence.
        entered_by: its column with the client that brought them; the evidence may name another that came later.
    """
    return literal_column(_held("", table, columns, entered_by=entered_by), JSONB)


def _held(rows: str, table: str, columns: Sequence[str], *, entered_by: str, where: str = "") -> str:
    evidence = ", ".join(f"({table}.{column})" for column in columns)
    return f"""coalesce((
        SELECT jsonb_agg(jsonb_build_array(document.sha256, document.client_id, document.id, document.scan))
        FROM {rows} (VALUES {evidence}) AS cited (evidence)
        JOIN document ON document.sha256 = cited.evidence ->> 'document_sha256'
            AND document.client_id = coalesce(nullif(cited.evidence ->> 'entered_by', ''), {table}.{entered_by})
        {where}), '[]')"""  # noqa: S608  # constant text


def held_in(rows: Iterable[Sequence[str]]) -> dict[Cited, HeldDocument]:
    """Return the documents that `held_by_evidence` found."""
    return {(sha256, client): HeldDocument(UUID(own_id), ScanVerdict(scan)) for sha256, client, own_id, scan in rows}


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document that waits for its verdict, claimed for one scan; `attempts` counts this one."""

    id: UUID
    sha256: str
    attempts: int


async def claim_waiting(tx: Transaction, *, limit: int, until: datetime) -> Sequence[WaitingDocument]:
    """Claim up to `limit` documents that wait for a verdict and return them; the scan itself is no part of `tx`.

    Args:
        tx: a short transaction of its own.
        limit: how many at once.
        until: when others may take one whose verdict has not been recorded.
    """
    rows = await tx.session.execute(_CLAIM, {"now": tx.now, "limit": limit, "until": until})
    return [WaitingDocument(row.id, row.sha256, row.scan_attempts) for row in rows]


async def postpone_scan(tx: Transaction, document_id: UUID, due_at: datetime) -> None:
    """Let a document without a verdict be looked at again from `due_at` on."""
    await tx.session.execute(_POSTPONE, {"id": document_id, "due_at": due_at})


async def record_verdict(tx: Transaction, document_id: UUID, verdict: ScanVerdict) -> bool:
    """Record what the scanner said; False if somebody else has, whose word stands."""
    found = await tx.session.execute(_JUDGE, {"id": document_id, "verdict": verdict.value, "now": tx.now})
    return found.first() is not None


async def count_waiting(tx: Transaction) -> int:
    """Return how many documents wait for a verdict."""
    return int((await tx.session.execute(_WAITING)).scalar_one())

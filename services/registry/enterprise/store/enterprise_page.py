"""The whole page of an enterprise in one statement: most of the time of seven short ones went into the asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, Table, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from shared.db.document import Cited, HeldDocument, held_by_evidence, held_in
from shared.db.transaction import Transaction

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnterpriseParts:
    """An enterprise and what stands beside it; parts as JSON has them, so days and ids are texts.

    Attributes:
        enterprise: its row, column by column.
        marks: its integrity marks, cleared ones too, oldest first.
        stays: its reporting units, oldest first.
        titles: its titles, newest first.
        portfolio: what ipr told of it, or None.
        standing: what finance told of it, or None.
        documents: which documents of its marks are held.
    """

    enterprise: Row[Any]
    marks: Sequence[Part]
    stays: Sequence[Part]
    titles: Sequence[Part]
    portfolio: Part | None
    standing: Part | None
    documents: dict[Cited, HeldDocument]


def _many(table: str, order: str) -> str:
    return (
        f"coalesce((SELECT jsonb_agg(to_jsonb({table}) ORDER BY {order}) FROM {table}"  # noqa: S608  # constant text
        f" WHERE {table}.uscc = enterprise.uscc), '[]')"
    )


def _one(table: str) -> str:
    return f"(SELECT to_jsonb({table}) FROM {table} WHERE {table}.uscc = enterprise.uscc)"  # noqa: S608  # constant text


_OWN = tuple(cast("Table", Enterprise.__table__).c)  # type: ignore[attr-defined]
# Written out, not built anew: a statement of many parts costs SQLAlchemy more to name than PostgreSQL to answer.
_BESIDE = tuple(
    literal_column(sql, JSONB).label(name)
    for name, sql in (
        ("marks", _many("integrity_mark", "integrity_mark.opened_on, integrity_mark.id")),
        ("stays", _many("unit_stay", "unit_stay.from_on, unit_stay.id")),
        ("titles", _many("qualification", "qualification.valid_from_on DESC, qualification.id DESC")),
        ("portfolio", _one("portfolio")),
        ("standing", _one("credit_standing")),
        (
            "documents",
            held_by_evidence(
                "integrity_mark",
                ("opened_evidence", "cleared_evidence"),
                where="integrity_mark.uscc = enterprise.uscc",
            ),
        ),
    )
)
_PAGE = select(*_OWN, *_BESIDE)


async def find(tx: Transaction, uscc: str) -> EnterpriseParts | None:
    """Return an enterprise with what stands beside it, if the actor may see it."""
    found = await tx.session.execute(_PAGE.where(col(Enterprise.uscc) == uscc, visible(tx.actor)))
    row = found.one_or_none()
    if row is None:
        return None
    return EnterpriseParts(row, row.marks, row.stays, row.titles, row.portfolio, row.standing, held_in(row.documents))

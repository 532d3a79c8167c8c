"""Every SELECT and lock of enterprises, their marks and their units."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select
from sqlmodel import col

from services.registry.base import metadata
from services.registry.enterprise.models.enterprise import Enterprise, IntegrityMark, UnitStay
from services.registry.enterprise.rules.enterprise import IntegrityKind
from services.registry.enterprise.store.scope import visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, holds_key
from shared.db.transaction import Transaction
from shared.kernel.fold import fold_code
from shared.kernel.sort import Sort


@dataclass(frozen=True, slots=True)
class NewEnterprise:
    """The rows of one new enterprise, by column."""

    enterprise: dict[str, Any]
    stay: dict[str, Any]


async def find(tx: Transaction, uscc: str) -> Enterprise | None:
    """Return the enterprise if the actor may see it."""
    statement = select(Enterprise).where(col(Enterprise.uscc) == uscc, visible(tx.actor))
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def lock(tx: Transaction, uscc: str) -> Enterprise | None:
    """Return the enterprise under its row lock if the actor may see it.

    Whoever emits an event of an enterprise, its filings or its titles holds this lock, so versions follow commits.
    """
    statement = (
        select(Enterprise)
        .where(col(Enterprise.uscc) == uscc, visible(tx.actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def exists(tx: Transaction, uscc: str) -> bool:
    """Tell whether the code is registered, whoever may see it."""
    return (
        await tx.session.execute(select(col(Enterprise.id)).where(col(Enterprise.uscc) == uscc))
    ).first() is not None


async def add_many(tx: Transaction, new: Sequence[NewEnterprise]) -> None:
    """Insert enterprises with their first stays: one statement per table, however many they are."""
    for table, rows in ((Enterprise, [one.enterprise for one in new]), (UnitStay, [one.stay for one in new])):
        if rows:
            await tx.session.execute(insert(metadata.tables[str(table.__tablename__)]), rows)


async def lock_many(tx: Transaction, usccs: Sequence[str]) -> dict[str, Enterprise]:
    """Return the enterprises among `usccs` that the actor may see, locked in the order of their codes."""
    statement = (
        select(Enterprise)
        .where(col(Enterprise.uscc).in_(usccs), visible(tx.actor))
        .order_by(col(Enterprise.uscc))
        .with_for_update()
    )
    return {row.uscc: row for row in (await tx.session.execute(statement)).scalars()}


async def lock_in_units(tx: Transaction, unit_ids: Sequence[str], *, limit: int) -> Sequence[Enterprise]:
    """Return up to `limit` enterprises of these units, locked in the order of their codes."""
    statement = (
        select(Enterprise)
        .where(col(Enterprise.unit_id).in_(unit_ids))
        .order_by(col(Enterprise.uscc))
        .limit(limit)
        .with_for_update()
    )
    return (await tx.session.execute(statement)).scalars().all()


async def lock_sized_otherwise(tx: Transaction, version: str, *, limit: int) -> Sequence[Enterprise]:
    """Return up to `limit` enterprises whose size class rests on another version, locked in order of their codes."""
    held = col(Enterprise.size_class_version)
    # Two ranges of the index instead of "unequal", for which there is none: mostly no row is left.
    statement = select(Enterprise).where(or_(held < version, held > version)).order_by(col(Enterprise.uscc))
    return (await tx.session.execute(statement.limit(limit).with_for_update())).scalars().all()


async def existing(tx: Transaction, usccs: Sequence[str]) -> set[str]:
    """Return which codes are registered, whoever may see them."""
    statement = select(col(Enterprise.uscc)).where(col(Enterprise.uscc).in_(usccs))
    return set((await tx.session.execute(statement)).scalars())


async def names(tx: Transaction, usccs: Collection[str]) -> dict[str, str]:
    """Return the names of enterprises by their codes; who may see them is decided before."""
    statement = select(col(Enterprise.uscc), col(Enterprise.name)).where(col(Enterprise.uscc).in_(set(usccs)))
    return {row.uscc: row.name for row in await tx.session.execute(statement)}


async def name_and_unit(tx: Transaction, uscc: str) -> tuple[str, str]:
    """Return the name of an enterprise and its unit of today; who may see it is decided before."""
    statement = select(col(Enterprise.name), col(Enterprise.unit_id)).where(col(Enterprise.uscc) == uscc)
    row = (await tx.session.execute(statement)).one_or_none()
    if row is None:
        raise RuntimeError(f"no enterprise has the code {uscc}")
    return row[0], row[1]


async def marks(tx: Transaction, uscc: str) -> Sequence[IntegrityMark]:
    """Return all integrity marks of an enterprise, cleared ones too, oldest first."""
    statement = select(IntegrityMark).where(col(IntegrityMark.uscc) == uscc)
    statement = statement.order_by(col(IntegrityMark.opened_on), col(IntegrityMark.id))
    return (await tx.session.execute(statement)).scalars().all()


async def marks_of_many(tx: Transaction, usccs: Sequence[str]) -> dict[str, list[IntegrityMark]]:
    """Return all integrity marks of several enterprises by code, oldest first; those without any are left out."""
    statement = select(IntegrityMark).where(col(IntegrityMark.uscc).in_(usccs))
    statement = statement.order_by(col(IntegrityMark.opened_on), col(IntegrityMark.id))
    found: dict[str, list[IntegrityMark]] = {}
    for mark in (await tx.session.execute(statement)).scalars():
        found.setdefault(mark.uscc, []).append(mark)
    return found


async def open_mark(tx: Transaction, uscc: str, kind: IntegrityKind) -> IntegrityMark | None:
    """Return the open mark of a kind, if there is one; the caller holds the enterprise's lock."""
    statement = select(IntegrityMark).where(
        col(IntegrityMark.uscc) == uscc,
        col(IntegrityMark.kind) == kind,
        col(IntegrityMark.cleared_on).is_(None),
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def open_stay(tx: Transaction, uscc: str) -> UnitStay:
    """Return the present stay of an enterprise in a reporting unit."""
    statement = select(UnitStay).where(col(UnitStay.uscc) == uscc, col(UnitStay.until_on).is_(None))
    return (await tx.session.execute(statement)).scalar_one()


def _named(text: str) -> ColumnElement[bool]:
    return or_(holds_key(col(Enterprise.name_key), text), col(Enterprise.uscc) == fold_code(text).text)


LIST = Selection(
    rows=lambda tx: select(Enterprise).where(visible(tx.actor)),
    sorts={
        Sort.OLDEST: ascending(col(Enterprise.created_at), col(Enterprise.id)),
        Sort.NEWEST: descending(col(Enterprise.created_at), col(Enterprise.id)),
        Sort.NAME: ascending(col(Enterprise.name), col(Enterprise.id)),
        Sort.CODE: ascending(col(Enterprise.uscc)),
    },
    same={
        "uscc": col(Enterprise.uscc),
        "unit_id": col(Enterprise.unit_id),
        "industry_code": col(Enterprise.industry_code),
        "code_needs_review": col(Enterprise.code_needs_review),
    },
    among={
        "status": col(Enterprise.status),
        "legal_form": col(Enterprise.legal_form),
        "key_field": col(Enterprise.key_field),
        "size_class": col(Enterprise.size_class),
        "founder_type": col(Enterprise.founder_type),
    },
    days={"founded": col(Enterprise.founded_on), "created": col(Enterprise.created_at)},
    found={"q": _named},
)
"""What enterprises may be narrowed and sorted by."""

"""Every SELECT and lock of enterprises, their marks and their units."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select
from sqlmodel import col

from services.registry.base import metadata
from services.registry.enterprise.models.enterprise import Enterprise, IntegrityMark, UnitStay
from services.registry.enterprise.rules.enterprise import EnterpriseStatus, IntegrityKind
from services.registry.enterprise.store.scope import visible
from shared.db.keyset import Page, PageWanted, ascending
from shared.db.transaction import Transaction

_OLDEST = ascending(col(Enterprise.created_at), col(Enterprise.id))


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


async def existing(tx: Transaction, usccs: Sequence[str]) -> set[str]:
    """Return which codes are registered, whoever may see them."""
    statement = select(col(Enterprise.uscc)).where(col(Enterprise.uscc).in_(usccs))
    return set((await tx.session.execute(statement)).scalars())


async def page(
    tx: Transaction,
    *,
    unit_id: str | None,
    text: str | None,
    status: EnterpriseStatus | None,
    needs_review: bool | None,
    wanted: PageWanted,
) -> Page[Enterprise]:
    """Return one page of enterprises the actor may see, in the order they were registered."""
    statement = _filtered(tx, unit_id=unit_id, text=text, status=status, needs_review=needs_review)
    return await _OLDEST.page(tx, statement, wanted)


async def stream(
    tx: Transaction, *, unit_id: str | None, text: str | None, status: EnterpriseStatus | None
) -> AsyncIterator[Enterprise]:
    """Yield every enterprise the actor may see and the filter takes, by unit and code."""
    statement = _filtered(tx, unit_id=unit_id, text=text, status=status, needs_review=None)
    rows = await tx.session.stream_scalars(statement.order_by(col(Enterprise.unit_id), col(Enterprise.uscc)))
    async for row in rows:
        yield row


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


async def stays(tx: Transaction, uscc: str) -> Sequence[UnitStay]:
    """Return the reporting units of an enterprise over time, oldest first."""
    statement = select(UnitStay).where(col(UnitStay.uscc) == uscc).order_by(col(UnitStay.from_on), col(UnitStay.id))
    return (await tx.session.execute(statement)).scalars().all()


def _filtered(
    tx: Transaction,
    *,
    unit_id: str | None,
    text: str | None,
    status: EnterpriseStatus | None,
    needs_review: bool | None,
) -> Select[Enterprise]:
    statement = select(Enterprise).where(visible(tx.actor))
    if unit_id is not None:
        statement = statement.where(col(Enterprise.unit_id) == unit_id)
    if text is not None:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(col(Enterprise.name).like(pattern) | (col(Enterprise.uscc) == text.upper()))
    if status is not None:
        statement = statement.where(col(Enterprise.status) == status)
    if needs_review is not None:
        statement = statement.where(col(Enterprise.code_needs_review).is_(needs_review))
    return statement

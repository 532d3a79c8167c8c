"""Every SELECT and lock of applications for the city's register."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.ladder.models.register_application import RegisterApplication
from services.registry.ladder.rules.register_application import OPEN_STATUSES, RegisterStatus
from shared.db.keyset import Page, PageWanted, ascending
from shared.db.transaction import Transaction

_OLDEST = ascending(col(RegisterApplication.created_at), col(RegisterApplication.id))


async def find(tx: Transaction, application_id: UUID, *, locked: bool = False) -> RegisterApplication | None:
    """Return one application if the actor may see its firm, under its row lock if asked."""
    statement = (
        select(RegisterApplication)
        .join(Enterprise, col(Enterprise.uscc) == col(RegisterApplication.uscc))
        .where(col(RegisterApplication.id) == application_id, visible(tx.actor))
    )
    if locked:
        statement = statement.with_for_update(of=RegisterApplication)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def open_of(tx: Transaction, uscc: str) -> RegisterApplication | None:
    """Return the open application of a firm; the caller holds the enterprise's lock."""
    statement = select(RegisterApplication).where(
        col(RegisterApplication.uscc) == uscc, col(RegisterApplication.status).in_(OPEN_STATUSES)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def page(
    tx: Transaction,
    *,
    uscc: str | None,
    status: RegisterStatus | None,
    due_until_on: date | None,
    wanted: PageWanted,
) -> Page[RegisterApplication]:
    """Return one page of applications the actor may see, in the order they came."""
    statement = (
        select(RegisterApplication)
        .join(Enterprise, col(Enterprise.uscc) == col(RegisterApplication.uscc))
        .where(visible(tx.actor))
    )
    if uscc is not None:
        statement = statement.where(col(RegisterApplication.uscc) == uscc)
    if status is not None:
        statement = statement.where(col(RegisterApplication.status) == status)
    if due_until_on is not None:
        statement = statement.where(col(RegisterApplication.check_due_on) <= due_until_on)
    return await _OLDEST.page(tx, statement, wanted)

"""Every SELECT and lock of applications for the city's register."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.ladder.models.register_application import RegisterApplication
from services.registry.ladder.rules.register_application import OPEN_STATUSES
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, as_code, holds_key
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


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


async def find_page(tx: Transaction, application_id: UUID) -> tuple[RegisterApplication, str, str] | None:
    """Return one application if the actor may see its firm, with the firm's name and its unit of today."""
    query = _visible_rows(tx).add_columns(col(Enterprise.name), col(Enterprise.unit_id))
    row = (await tx.session.execute(query.where(col(RegisterApplication.id) == application_id))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def open_of(tx: Transaction, uscc: str) -> RegisterApplication | None:
    """Return the open application of a firm; the caller holds the enterprise's lock."""
    statement = select(RegisterApplication).where(
        col(RegisterApplication.uscc) == uscc, col(RegisterApplication.status).in_(OPEN_STATUSES)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _visible_rows(tx: Transaction) -> Select[RegisterApplication]:
    joined = select(RegisterApplication).join(Enterprise, col(Enterprise.uscc) == col(RegisterApplication.uscc))
    return joined.where(visible(tx.actor))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.OLDEST: ascending(col(RegisterApplication.created_at), col(RegisterApplication.id)),
        Sort.NEWEST: descending(col(RegisterApplication.created_at), col(RegisterApplication.id)),
        Sort.DUE: ascending(col(RegisterApplication.check_due_on), col(RegisterApplication.id)),
    },
    same={
        "uscc": col(RegisterApplication.uscc),
        "unit_id": col(RegisterApplication.unit_id),
        "case_no": col(RegisterApplication.case_no),
        "number": as_code(col(RegisterApplication.number)),
    },
    among={"status": col(RegisterApplication.status)},
    days={
        "created": col(RegisterApplication.created_at),
        "check_due": col(RegisterApplication.check_due_on),
        "listed": col(RegisterApplication.listed_at),
    },
    found={"q": lambda text: holds_key(col(Enterprise.name_key), text)},
    beside={"name": col(Enterprise.name), "firm_unit_id": col(Enterprise.unit_id)},
)
"""What applications for the register may be narrowed and sorted by."""

"""Reads and clears forms that were sent after their session had ended."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete
from sqlmodel import col, select

from gateway.models import KeptForm
from shared.db.transaction import Transaction


async def find(tx: Transaction, kept_id: UUID, account_id: UUID, path: str) -> KeptForm | None:
    """Return what a person typed on a page, if it is still kept."""
    statement = select(KeptForm).where(
        KeptForm.id == kept_id,
        KeptForm.account_id == account_id,
        KeptForm.path == path,
        col(KeptForm.kept_until_at) > tx.now,
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def forget(tx: Transaction, kept_id: UUID, account_id: UUID) -> None:
    """Delete one form of a person, if it is there."""
    await tx.session.execute(
        delete(KeptForm).where(col(KeptForm.id) == kept_id, col(KeptForm.account_id) == account_id)
    )


async def forget_before(tx: Transaction, at: datetime) -> int:
    """Delete the forms whose time is over; return how many there were."""
    gone = await tx.session.execute(delete(KeptForm).where(col(KeptForm.kept_until_at) <= at))
    return cast("CursorResult[Any]", gone).rowcount

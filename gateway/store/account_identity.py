"""Reads identities of other issuers."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete
from sqlmodel import col, select

from gateway.models import AccountIdentity
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction


async def find(tx: Transaction, issuer: str, subject: str) -> AccountIdentity | None:
    """Return the identity of an issuer's subject, or None."""
    statement = select(AccountIdentity).where(AccountIdentity.issuer == issuer, AccountIdentity.subject == subject)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def lock(tx: Transaction, issuer: str, subject: str) -> AccountIdentity | None:
    """Return the identity of an issuer's subject, or None; two that bind one subject wait for one another."""
    await lock_transaction(tx.session, "account_identity", f"{issuer} {subject}")
    return await find(tx, issuer, subject)


async def of_account(tx: Transaction, account_id: UUID) -> Sequence[AccountIdentity]:
    """Return the identities of an account, oldest first."""
    statement = select(AccountIdentity).where(AccountIdentity.account_id == account_id)
    return (await tx.session.execute(statement.order_by(col(AccountIdentity.bound_at)))).scalars().all()


async def remove(tx: Transaction, account_id: UUID, identity_id: UUID) -> bool:
    """Delete an identity of an account; False if it has none of that number."""
    gone = delete(AccountIdentity).where(
        col(AccountIdentity.account_id) == account_id, col(AccountIdentity.id) == identity_id
    )
    return cast("CursorResult[Any]", await tx.session.execute(gone)).rowcount == 1

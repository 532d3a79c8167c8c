"""Reads passkeys of people, and takes questions that were answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from gateway.models import AnsweredChallenge, Passkey
from shared.db.transaction import Transaction


async def of_account(tx: Transaction, account_id: UUID) -> Sequence[Passkey]:
    """Return the passkeys of an account, oldest first."""
    statement = select(Passkey).where(Passkey.account_id == account_id).order_by(col(Passkey.created_at))
    return (await tx.session.execute(statement)).scalars().all()


async def lock_credential(tx: Transaction, credential_id: bytes) -> Passkey | None:
    """Return the passkey of a credential under its row lock, or None."""
    statement = select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def remove(tx: Transaction, account_id: UUID, passkey_id: UUID | None = None) -> int:
    """Delete one passkey of an account, or all of them; return how many there were."""
    gone = delete(Passkey).where(col(Passkey.account_id) == account_id)
    if passkey_id is not None:
        gone = gone.where(col(Passkey.id) == passkey_id)
    return cast("CursorResult[Any]", await tx.session.execute(gone)).rowcount


async def take_challenge(tx: Transaction, challenge_sha256: bytes, ends_at: datetime) -> bool:
    """Note that a question is answered; False if it was before."""
    taken = insert(AnsweredChallenge).values(challenge_sha256=challenge_sha256, ends_at=ends_at)
    done = await tx.session.execute(taken.on_conflict_do_nothing())
    return cast("CursorResult[Any]", done).rowcount == 1


async def forget_challenges_before(tx: Transaction, at: datetime) -> None:
    """Delete the questions that nobody could answer any more."""
    await tx.session.execute(delete(AnsweredChallenge).where(col(AnsweredChallenge.ends_at) <= at))

"""Reads signing keys."""

from sqlmodel import col, select

from gateway.models import SigningKey
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction


async def every(tx: Transaction) -> list[SigningKey]:
    """Return all keys, oldest first."""
    return list((await tx.session.execute(select(SigningKey).order_by(col(SigningKey.signs_from_at)))).scalars())


async def lock(tx: Transaction) -> list[SigningKey]:
    """Return all keys; of several processes only one makes the next key."""
    await lock_transaction(tx.session, "signing_keys")
    return await every(tx)

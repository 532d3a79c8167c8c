"""Reads grants of people to frontends, and their refresh tokens."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from gateway.models import AuthorizationGrant, RefreshToken
from shared.db.transaction import Transaction


async def lock_code(tx: Transaction, code_sha256: bytes) -> AuthorizationGrant | None:
    """Return the grant of a code under its row lock, or None."""
    statement = select(AuthorizationGrant).where(AuthorizationGrant.code_sha256 == code_sha256).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def lock_refresh(tx: Transaction, token_sha256: bytes) -> tuple[RefreshToken, AuthorizationGrant] | None:
    """Return a refresh token with its grant, both under their row locks, or None."""
    statement = (
        select(RefreshToken, AuthorizationGrant)
        .join(AuthorizationGrant, col(AuthorizationGrant.id) == col(RefreshToken.grant_id))
        .where(RefreshToken.token_sha256 == token_sha256)
        .with_for_update()
    )
    found = (await tx.session.execute(statement)).one_or_none()
    return None if found is None else (found[0], found[1])


async def forget_before(tx: Transaction, at: datetime) -> None:
    """Delete grants that are older than any session with their refresh tokens."""
    old = select(AuthorizationGrant.id).where(col(AuthorizationGrant.created_at) <= at)
    await tx.session.execute(delete(RefreshToken).where(col(RefreshToken.grant_id).in_(old)))
    await tx.session.execute(delete(AuthorizationGrant).where(col(AuthorizationGrant.created_at) <= at))

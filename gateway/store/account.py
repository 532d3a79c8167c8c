"""Reads accounts of people and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from gateway.models import Account, AccountSession
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction


async def of_login(tx: Transaction, login: str) -> Account | None:
    """Return the account of a login, or None."""
    return (await tx.session.execute(select(Account).where(Account.login == login))).scalar_one_or_none()


async def lock_login(tx: Transaction, login: str) -> Account | None:
    """Return the account of a login under its row lock, or None; two that register one login wait for one another."""
    await lock_transaction(tx.session, "account", login)
    statement = select(Account).where(Account.login == login).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def lock(tx: Transaction, account_id: UUID) -> Account | None:
    """Return an account under its row lock, or None."""
    statement = select(Account).where(Account.id == account_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def every(tx: Transaction) -> list[Account]:
    """Return all accounts by login; there are some hundred at most."""
    return list((await tx.session.execute(select(Account).order_by(col(Account.login)))).scalars())


async def count_demo(tx: Transaction) -> int:
    """Return how many demo accounts there are that may sign in."""
    statement = select(func.count()).select_from(Account).where(col(Account.demo), Account.status == "ACTIVE")
    return int((await tx.session.execute(statement)).scalar_one())


async def of_token(tx: Transaction, token_sha256: bytes) -> tuple[AccountSession, Account] | None:
    """Return the session of a token that has not ended, with its account, or None."""
    statement = (
        select(AccountSession, Account)
        .join(Account, col(Account.id) == col(AccountSession.account_id))
        .where(AccountSession.token_sha256 == token_sha256, col(AccountSession.ended_at).is_(None))
    )
    found = (await tx.session.execute(statement)).one_or_none()
    return None if found is None else (found[0], found[1])


async def open_sessions(tx: Transaction, account_id: UUID, began_after: datetime) -> list[AccountSession]:
    """Return the sessions of an account that nobody ended, newest first."""
    statement = (
        select(AccountSession)
        .where(
            AccountSession.account_id == account_id,
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.began_at) > began_after,
        )
        .order_by(col(AccountSession.began_at).desc())
    )
    return list((await tx.session.execute(statement)).scalars())

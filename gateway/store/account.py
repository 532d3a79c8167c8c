"""Reads accounts of people and their sessions."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlmodel import col, select

from gateway.models import Account, AccountSession
from gateway.rules.account import person_of
from gateway.rules.account_act import PLATFORM
from gateway.rules.client import AccountStatus
from shared.db.keyset import ascending
from shared.db.lock import lock_transaction
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor
from shared.kernel.sort import Sort


async def of_login(tx: Transaction, login: str) -> Account | None:
    """Return the account of a login, or None."""
    return (await tx.session.execute(select(Account).where(Account.login == login))).scalar_one_or_none()


async def lock_login(tx: Transaction, login: str) -> Account | None:
    """Return the account of a login under its row lock, or None; two that register one login wait for one another."""
    await lock_transaction(tx.session, "account", login)
    statement = select(Account).where(Account.login == login).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the accounts that an actor may see: all for the platform, else those of the own body."""
    if actor.role in PLATFORM:
        return true()
    return and_(
        col(Account.role) == actor.role,
        col(Account.party).is_not_distinct_from(actor.party),
        col(Account.unit_id).is_not_distinct_from(actor.unit_id),
    )


LIST = Selection(
    rows=lambda tx: select(Account).where(visible(tx.actor)),
    sorts={Sort.NAME: ascending(col(Account.login)), **by_time(col(Account.created_at), col(Account.id))},
    same={"party": col(Account.party), "unit_id": col(Account.unit_id)},
    among={"status": col(Account.status), "role": col(Account.role)},
    days={"created": col(Account.created_at)},
    found={"login": lambda text: col(Account.login).contains(text.casefold(), autoescape=True)},
)
"""What accounts may be narrowed and sorted by; names are sealed and cannot be searched."""


async def find(tx: Transaction, account_id: UUID) -> Account | None:
    """Return an account that the actor may see, or None."""
    statement = select(Account).where(Account.id == account_id, visible(tx.actor))
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def lock(tx: Transaction, account_id: UUID) -> Account | None:
    """Return an account that the actor may see under its row lock, or None."""
    statement = select(Account).where(Account.id == account_id, visible(tx.actor)).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def every(tx: Transaction) -> list[Account]:
    """Return all accounts by login; there are some hundred at most."""
    return list((await tx.session.execute(select(Account).order_by(col(Account.login)))).scalars())


async def named(tx: Transaction, *, subjects: Collection[str], login: str | None) -> list[Account]:
    """Return the people that the audit names by their subjects, and who has a login."""
    ids = [account_id for one in subjects if (account_id := person_of(one)) is not None]
    asked = [col(Account.id).in_(ids), *([col(Account.login) == login.casefold()] if login else [])]
    return list((await tx.session.execute(select(Account).where(or_(*asked)))).scalars())


async def colleagues(tx: Transaction) -> list[Account]:
    """Return the people who may sign in for the caller's own body, by login."""
    own = select(Account).where(visible(tx.actor), Account.status == AccountStatus.ACTIVE)
    statement = own.order_by(col(Account.login))
    return list((await tx.session.execute(statement)).scalars())


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


async def session_of(tx: Transaction, token_sha256: bytes) -> AccountSession | None:
    """Return the session of a token, ended or not, or None."""
    statement = select(AccountSession).where(AccountSession.token_sha256 == token_sha256)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def of_session(tx: Transaction, session_id: UUID, account_id: UUID) -> tuple[AccountSession, Account] | None:
    """Return a session that has not ended with the account it is of, or None."""
    statement = (
        select(AccountSession, Account)
        .join(Account, col(Account.id) == col(AccountSession.account_id))
        .where(AccountSession.id == session_id, Account.id == account_id, col(AccountSession.ended_at).is_(None))
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


async def session_before(tx: Transaction, account_id: UUID, session_id: UUID) -> datetime | None:
    """Return when a person signed in for the last time before a session, None where it is the first."""
    own = select(col(AccountSession.began_at)).where(AccountSession.id == session_id).scalar_subquery()
    statement = select(func.max(AccountSession.began_at)).where(
        AccountSession.account_id == account_id, col(AccountSession.began_at) < own
    )
    return (await tx.session.execute(statement)).scalar_one()

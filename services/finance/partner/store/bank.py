"""Cooperating banks."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from services.finance.partner.models.bank import Bank
from shared.db.transaction import Transaction


async def find(tx: Transaction, uscc: str) -> Bank | None:
    """Return a bank by its code."""
    return (await tx.session.execute(select(Bank).where(col(Bank.uscc) == uscc))).scalar_one_or_none()


async def page(tx: Transaction, *, after: str | None, limit: int) -> Sequence[Bank]:
    """Return banks by code, one more than `limit` if there are more; every caller may see them."""
    query = select(Bank).order_by(col(Bank.uscc)).limit(limit + 1)
    if after is not None:
        query = query.where(col(Bank.uscc) > after)
    return (await tx.session.execute(query)).scalars().all()

"""Cooperating banks."""

from sqlalchemy import select
from sqlmodel import col

from services.finance.partner.models.bank import Bank
from shared.db.keyset import Page, PageWanted, ascending
from shared.db.transaction import Transaction

_BY_CODE = ascending(col(Bank.uscc))


async def find(tx: Transaction, uscc: str) -> Bank | None:
    """Return a bank by its code."""
    return (await tx.session.execute(select(Bank).where(col(Bank.uscc) == uscc))).scalar_one_or_none()


async def page(tx: Transaction, wanted: PageWanted) -> Page[Bank]:
    """Return one page of banks, by code; every caller may see them."""
    return await _BY_CODE.page(tx, select(Bank), wanted)

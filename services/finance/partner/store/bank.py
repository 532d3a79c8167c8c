"""Cooperating banks."""

from sqlalchemy import select
from sqlmodel import col

from services.finance.partner.models.bank import Bank
from shared.db.keyset import ascending
from shared.db.selection import Selection
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


async def find(tx: Transaction, uscc: str) -> Bank | None:
    """Return a bank by its code."""
    return (await tx.session.execute(select(Bank).where(col(Bank.uscc) == uscc))).scalar_one_or_none()


LIST = Selection(
    rows=lambda _tx: select(Bank),  # every caller may see the banks
    sorts={
        Sort.CODE: ascending(col(Bank.uscc)),
        Sort.NAME: ascending(col(Bank.name), col(Bank.uscc)),
        Sort.DUE: ascending(col(Bank.agreement_until_on), col(Bank.uscc)),
    },
    same={"bank_uscc": col(Bank.uscc)},
    among={"status": col(Bank.status)},
    days={"agreement_until": col(Bank.agreement_until_on)},
)
"""What banks may be narrowed and sorted by."""

"""Names beside the codes of firms and banks, for lists and exports; each stands in the table of its owner."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import select, union_all

from services.finance.base import metadata
from shared.db.transaction import Transaction


async def names(tx: Transaction, usccs: Iterable[str]) -> dict[str, str]:
    """Return the names of firms and banks by their codes, those that are known here."""
    wanted = set(usccs)
    tables = (metadata.tables["enterprise"], metadata.tables["bank"])
    query = union_all(*(select(one.c.uscc, one.c.name).where(one.c.uscc.in_(wanted)) for one in tables))
    return {row.uscc: row.name for row in await tx.session.execute(query)}


async def of_rows(tx: Transaction, rows: Sequence[Any]) -> Callable[[Any], dict[str, str | None]]:
    """Return what gives the names of a row's firm and bank; one query for all rows of a page."""
    known = await names(tx, {code for row in rows for code in (row.enterprise_uscc, row.bank_uscc)})
    return lambda row: {
        "enterprise_name": known.get(row.enterprise_uscc),
        "bank_name": known.get(row.bank_uscc),
    }

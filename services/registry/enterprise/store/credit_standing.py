"""Reading and writing of the projection of finance's evaluations."""

from typing import Any, cast

from sqlalchemy import Table, select
from sqlmodel import col

from services.registry.enterprise.models.credit_standing import CreditStanding
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def find(tx: Transaction, uscc: str) -> CreditStanding | None:
    """Return the projection of a firm; who may see the firm is decided before."""
    return (
        await tx.session.execute(select(CreditStanding).where(col(CreditStanding.uscc) == uscc))
    ).scalar_one_or_none()


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Write rows, each only if it is newer than what is held."""
    await upsert_if_newer(tx, cast("Table", CreditStanding.__table__), rows, key=["uscc"])  # type: ignore[attr-defined]

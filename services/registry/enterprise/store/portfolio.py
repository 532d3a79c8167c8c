"""Reading and writing of the projection of ipr's portfolios."""

from typing import Any, cast

from sqlalchemy import Table, select
from sqlmodel import col

from services.registry.enterprise.models.portfolio import Portfolio
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def find(tx: Transaction, uscc: str) -> Portfolio | None:
    """Return the projection of a firm; who may see the firm is decided before."""
    return (await tx.session.execute(select(Portfolio).where(col(Portfolio.uscc) == uscc))).scalar_one_or_none()


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Write rows, each only if it is newer than what is held."""
    await upsert_if_newer(tx, cast("Table", Portfolio.__table__), rows, key=["uscc"])  # type: ignore[attr-defined]

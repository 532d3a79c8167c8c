"""The projection of IP summaries: written in batches, read by code."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.finance.base import metadata
from services.finance.evaluation.models.portfolio import Portfolio
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> list[str]:
    """Apply newer states; return the codes of the firms that changed."""
    changed = await upsert_if_newer(tx, metadata.tables["portfolio"], rows, key=["uscc"])
    return [row["uscc"] for row in changed]


async def find(tx: Transaction, uscc: str) -> Portfolio | None:
    """Return the IP summary of a firm."""
    return (await tx.session.execute(select(Portfolio).where(col(Portfolio.uscc) == uscc))).scalar_one_or_none()

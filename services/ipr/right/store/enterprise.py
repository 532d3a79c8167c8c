"""The projection of enterprises: written in batches, read by code."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.ipr.base import metadata
from services.ipr.right.models.enterprise import Enterprise
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Apply newer states."""
    await upsert_if_newer(tx, metadata.tables["enterprise"], rows, key=["uscc"])


async def units(tx: Transaction, usccs: Collection[str]) -> dict[str, str]:
    """Return the reporting units of the firms that are known."""
    query = select(col(Enterprise.uscc), col(Enterprise.unit_id)).where(col(Enterprise.uscc).in_(usccs))
    return {row.uscc: row.unit_id for row in await tx.session.execute(query)}

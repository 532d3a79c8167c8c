"""The projection of enterprises: written in batches, read by code."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import false, select
from sqlmodel import col

from services.ipr.base import metadata
from services.ipr.right.models.enterprise import Enterprise
from services.ipr.right.store.right import SEES_ALL
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction
from shared.kernel.actor import Role


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Apply newer states."""
    await upsert_if_newer(tx, metadata.tables["enterprise"], rows, key=["uscc"])


async def names(tx: Transaction, usccs: Collection[str]) -> dict[str, str]:
    """Return the names of the firms that are known."""
    query = select(col(Enterprise.uscc), col(Enterprise.name)).where(col(Enterprise.uscc).in_(usccs))
    return {row.uscc: row.name for row in await tx.session.execute(query)}


async def units(tx: Transaction, usccs: Collection[str]) -> dict[str, str]:
    """Return the reporting units of the firms that are known."""
    query = select(col(Enterprise.uscc), col(Enterprise.unit_id)).where(col(Enterprise.uscc).in_(usccs))
    return {row.uscc: row.unit_id for row in await tx.session.execute(query)}


async def find_visible(tx: Transaction, uscc: str) -> Enterprise | None:
    """Return what ipr holds of a firm that the caller may see: itself, those of its unit, or all by role."""
    query = select(Enterprise).where(col(Enterprise.uscc) == uscc)
    actor = tx.actor
    if actor.role is Role.ENTERPRISE:
        query = query.where(col(Enterprise.uscc) == actor.party)
    elif actor.role is Role.DISTRICT:
        query = query.where(col(Enterprise.unit_id) == actor.unit_id)
    elif actor.role not in SEES_ALL:
        query = query.where(false())
    return (await tx.session.execute(query)).scalar_one_or_none()

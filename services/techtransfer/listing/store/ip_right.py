"""Ipr's rights as techtransfer holds them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.techtransfer.base import metadata
from services.techtransfer.listing.models.ip_right import IpRight
from services.techtransfer.listing.rules.ip_right import HeldRight
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def of_numbers(tx: Transaction, numbers: Collection[str]) -> list[HeldRight]:
    """Return the rights under some numbers, as ipr keeps these."""
    rows = (await tx.session.execute(select(IpRight).where(col(IpRight.right_no).in_(set(numbers))))).scalars()
    return [HeldRight(row.right_no, row.legal_status, tuple(row.owner_usccs), row.ends_on) for row in rows]


async def hold(tx: Transaction, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold the newest state of each right; returns the keys that changed."""
    return await upsert_if_newer(tx, metadata.tables["ip_right"], list(rows), key=("right_id",))

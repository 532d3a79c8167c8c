"""The registry's enterprises as techtransfer holds them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.techtransfer.models.base import metadata
from services.techtransfer.models.party import Party
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def registered_name(tx: Transaction, uscc: str) -> str | None:
    """Return the name under which an enterprise is registered, or None for a code that is not."""
    return (await tx.session.execute(select(col(Party.name)).where(col(Party.uscc) == uscc))).scalar_one_or_none()


async def hold(tx: Transaction, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold the newest state of each party; returns the keys that changed."""
    return await upsert_if_newer(tx, metadata.tables["party"], list(rows), key=("uscc",))

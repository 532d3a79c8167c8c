"""The projection of titles: written in batches."""

from typing import Any

from services.finance.base import metadata
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> list[str]:
    """Apply newer states; return the codes of the firms that changed."""
    changed = await upsert_if_newer(tx, metadata.tables["qualification"], rows, key=["uscc", "kind"])
    return [row["uscc"] for row in changed]

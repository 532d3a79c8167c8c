"""Writing of the projection of finance's evaluations."""

from typing import Any, cast

from sqlalchemy import Table

from services.registry.enterprise.models.credit_standing import CreditStanding
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def upsert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Write rows, each only if it is newer than what is held."""
    await upsert_if_newer(tx, cast("Table", CreditStanding.__table__), rows, key=["uscc"])  # type: ignore[attr-defined]

"""The registry's enterprises as techtransfer holds them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.techtransfer.base import metadata
from services.techtransfer.listing.models.party import Party
from services.techtransfer.listing.rules.party import RegisteredParty
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction


async def find_registered(tx: Transaction, uscc: str) -> RegisteredParty | None:
    """Return an enterprise as it is registered, or None for a code that is not."""
    return (await registered(tx, [uscc])).get(uscc)


async def registered(tx: Transaction, usccs: Collection[str]) -> dict[str, RegisteredParty]:
    """Return enterprises as they are registered, by code; those that are not are left out."""
    statement = select(col(Party.uscc), col(Party.name), col(Party.unit_id)).where(col(Party.uscc).in_(usccs))
    return {
        row.uscc: RegisteredParty(name=row.name, unit_id=row.unit_id) for row in await tx.session.execute(statement)
    }


async def hold(tx: Transaction, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold the newest state of each party; returns the keys that changed."""
    return await upsert_if_newer(tx, metadata.tables["party"], list(rows), key=("uscc",))

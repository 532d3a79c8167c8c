"""Holding the registry's enterprises as parties."""

from collections.abc import Sequence

from services.techtransfer.listing.store import party as store
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged


async def hold_parties(tx: Transaction, events: Sequence[Envelope[EnterpriseChanged]]) -> None:
    """Hold what the registry told, each party only if it is newer than what is held."""
    await store.hold(
        tx,
        [
            {
                "uscc": event.data.uscc,
                "version": event.version,
                "source_time": event.time,
                "withdrawn": event.data.withdrawn,
                "name": event.data.name,
                "unit_id": event.data.unit_id,
                "standing": event.data.status,
            }
            for event in events
        ],
    )

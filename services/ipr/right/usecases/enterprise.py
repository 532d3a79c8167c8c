"""Hold what the registry says of enterprises: names for people, units for the row scope."""

from typing import Any

from services.ipr.right.store import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged


async def hold_enterprises(tx: Transaction, events: list[Envelope[EnterpriseChanged]]) -> None:
    """Apply a batch of states; older ones change nothing."""
    await enterprises.upsert(tx, [_row(event) for event in events])


def _row(event: Envelope[EnterpriseChanged]) -> dict[str, Any]:
    state = event.data
    return {
        "uscc": state.uscc,
        "name": state.name,
        "unit_id": state.unit_id,
        "version": event.version,
        "source_time": event.time.isoformat(),
        "withdrawn": state.withdrawn,
    }

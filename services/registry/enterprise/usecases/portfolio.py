"""Holding ipr's portfolios as they were last told."""

from collections.abc import Sequence

from services.registry.enterprise.store import portfolio as store
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.ipr import PortfolioChanged

_FIELDS = (
    "uscc",
    "as_of_on",
    "class_1_count",
    "class_2_count",
    "high_value_count",
    "blemished_count",
    "rule_set_version",
)


async def hold_portfolios(tx: Transaction, events: Sequence[Envelope[PortfolioChanged]]) -> None:
    """Hold each portfolio unless a newer one is held already."""
    await store.upsert(
        tx,
        [
            {
                "version": event.version,
                "source_time": event.time,
                "withdrawn": event.data.withdrawn,
                **{name: getattr(event.data, name) for name in _FIELDS},
            }
            for event in events
        ],
    )

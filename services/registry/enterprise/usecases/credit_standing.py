"""Holding finance's evaluations as they were last told."""

from collections.abc import Sequence

from services.registry.enterprise.store import credit_standing as store
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.finance import EvaluationCompleted

_FIELDS = ("uscc", "evaluation_id", "grade", "score_milli", "limit_fen", "uplift_fen", "as_of_on", "valid_until_on")


async def hold_standings(tx: Transaction, events: Sequence[Envelope[EvaluationCompleted]]) -> None:
    """Hold each evaluation unless a newer one is held already."""
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

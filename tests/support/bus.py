"""Delivering events to a service's handlers exactly as the consumer does, without a broker."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.bus.apply import Gap, apply_batch
from shared.bus.subscription import Subscription
from shared.db.engine import Database
from shared.events.envelope import Envelope
from shared.events.event import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


def wrap(
    event: Event,
    *,
    clock: Clock,
    version: int = 1,
    sequence: int | None = None,
    causation_id: UUID | None = None,
    event_id: UUID | None = None,
) -> Envelope[Any]:
    """Return `event` in an envelope as its owner would have published it."""
    return Envelope[Any](
        id=event_id or new_id(),
        time=clock.now(),
        subject=event.subject,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id,
        version=version,
        sequence=version if sequence is None else sequence,
        causation_id=causation_id or new_id(),
        request_id=None,
        traceparent=None,
        data=event,
    )


async def deliver(
    database: Database, clock: Clock, subscriptions: Iterable[Subscription], *envelopes: Envelope[Any]
) -> list[Gap]:
    """Apply envelopes through every subscription of their subject; return what waits for one before it."""
    known = list(subscriptions)
    gaps: list[Gap] = []
    for envelope in envelopes:
        mine = [one for one in known if one.event.subject == envelope.subject]
        assert mine, f"nobody here listens to {envelope.subject}"
        for subscription in mine:
            gaps += await apply_batch(database, clock, subscription, [envelope])
    return gaps

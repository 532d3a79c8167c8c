"""Delivering events to a service's handlers exactly as the consumer does, without a broker."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI

from shared.bus.apply import Gap, apply_batch
from shared.bus.subscription import Subscription
from shared.db.engine import Database
from shared.events.envelope import Envelope, Recorded, to_wire
from shared.events.event import Event
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import new_id


def wrap(
    event: Event,
    *,
    clock: Clock | None = None,
    version: int = 1,
    sequence: int | None = None,
    causation_id: UUID | None = None,
    event_id: UUID | None = None,
    request_id: str | None = None,
) -> Envelope[Any]:
    """Return `event` in an envelope as its owner would have published it; `sequence` is `version` unless given."""
    return Envelope[Any](
        id=event_id or new_id(),
        time=(clock or SystemClock()).now(),
        subject=event.subject,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id,
        version=version,
        sequence=version if sequence is None else sequence,
        causation_id=causation_id or new_id(),
        request_id=request_id,
        traceparent=None,
        data=event,
    )


def on_wire(event: Event, *, version: int = 1, sequence: int = 1) -> bytes:
    """Return what a relay would publish of `event`, whatever its owner's outbox says."""
    return to_wire(
        Recorded(
            position=1,
            id=new_id(),
            subject=event.subject,
            aggregate=event.aggregate,
            aggregate_id=event.aggregate_id,
            version=version,
            sequence=sequence,
            occurred_at=SystemClock().now(),
            causation_id=new_id(),
            request_id=None,
            traceparent=None,
            data=event.model_dump_json(),
        )
    )


async def deliver(
    to: FastAPI | Database, subscription: Subscription, *events: Event | Envelope[Any], **envelope: Any
) -> list[Gap]:
    """Apply events through `subscription`, inbox and order included; return what waits for one before it.

    Args:
        to: a running application, or a database (then the clock is the machine's).
        subscription: one of the service's subscriptions.
        events: events, wrapped with `envelope` (version, sequence, causation_id, …), or envelopes as they are.
        envelope: see `wrap`.
    """
    database: Database = to.state.db if isinstance(to, FastAPI) else to
    clock: Clock = to.state.clock if isinstance(to, FastAPI) else SystemClock()
    wrapped = [one if isinstance(one, Envelope) else wrap(one, clock=clock, **envelope) for one in events]
    return await apply_batch(database, clock, subscription, wrapped)

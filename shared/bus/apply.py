"""Applying events to a service: inbox first, order second, handler third, all in one transaction."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import structlog

from shared.bus.metrics import APPLIED, DUPLICATE, LAG, STALE
from shared.bus.subscription import BatchHandler, Mode, SingleHandler, Subscription
from shared.db import inbox
from shared.db.engine import Database
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.event import EventKind
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock
from shared.telemetry import continue_trace

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gap:
    """An event that must wait because one before it has not come."""

    event_id: UUID
    reason: str


async def apply_batch(
    database: Database, clock: Clock, subscription: Subscription, envelopes: list[Envelope[Any]]
) -> list[Gap]:
    """Let `envelopes` take effect through one handler; return those that wait for one before them.

    A batch handler gets them in one transaction, a single handler one transaction each. An event that took effect
    before is skipped, whichever its message id was.

    Raises:
        Exception: whatever the handler raised; nothing of that transaction stands.
    """
    if subscription.mode is Mode.BATCH:
        return await _apply(database, clock, subscription, envelopes)
    return [gap for envelope in envelopes for gap in await _apply(database, clock, subscription, [envelope])]


async def _apply(
    database: Database, clock: Clock, subscription: Subscription, envelopes: list[Envelope[Any]]
) -> list[Gap]:
    name, service = subscription.handler_name, database.service
    first = envelopes[0]
    with (
        structlog.contextvars.bound_contextvars(
            event_id=str(first.id), causation_id=str(first.causation_id), request_id=first.request_id, handler=name
        ),
        continue_trace(service, first.traceparent, f"{first.subject} → {name}"),
    ):
        async with database.transaction(
            actor=system_actor(service),
            clock=clock,
            request_id=first.request_id,
            causation_id=first.causation_id,
        ) as tx:
            ready, gaps, counts = await _choose(tx, subscription, envelopes)
            if ready:
                await _call(tx, subscription, ready)
        _count(service, name, counts, clock, ready)
        if ready:
            _log.info("event_applied", subject=first.subject, events=len(ready))
    return gaps


async def _call(tx: Transaction, subscription: Subscription, ready: list[Envelope[Any]]) -> None:
    if subscription.mode is Mode.BATCH:
        await cast("BatchHandler", subscription.handle)(tx, ready)
    else:
        for envelope in ready:
            await cast("SingleHandler", subscription.handle)(tx, envelope)


async def _choose(
    tx: Transaction, subscription: Subscription, envelopes: list[Envelope[Any]]
) -> tuple[list[Envelope[Any]], list[Gap], dict[str, int]]:
    """Return what is to be applied now, what waits, and how many were duplicates or stale."""
    name, subject = subscription.handler_name, subscription.event.subject
    happening = subscription.event.kind is EventKind.HAPPENING
    # Batch projections of state events compare versions row by row themselves.
    ordered = happening or subscription.mode is Mode.SINGLE
    cursors = await inbox.held(tx, name, subject, sorted({one.aggregate_id for one in envelopes})) if ordered else {}
    gaps: list[Gap] = []
    candidates: list[Envelope[Any]] = []
    stale = 0
    moved: dict[str, int] = {}
    for one in envelopes:
        last = cursors.get(one.aggregate_id, 0)
        if happening and one.sequence > last + 1:
            gaps.append(Gap(one.id, f"gap: sequence {one.sequence} came after {last} of {one.aggregate_id}"))
        elif ordered and (one.sequence if happening else one.version) <= last:
            stale += 1
        else:
            candidates.append(one)
            if ordered:
                cursors[one.aggregate_id] = moved[one.aggregate_id] = one.sequence if happening else one.version
    fresh = await inbox.take(tx, name, [one.id for one in candidates]) if candidates else set()
    ready = []
    for one in candidates:
        if one.id in fresh:
            fresh.discard(one.id)
            ready.append(one)
    await inbox.move(tx, name, subject, moved)
    return ready, gaps, {"stale": stale, "duplicate": len(candidates) - len(ready)}


def _count(service: str, name: str, counts: dict[str, int], clock: Clock, ready: list[Envelope[Any]]) -> None:
    DUPLICATE.labels(service, name).inc(counts["duplicate"])
    STALE.labels(service, name).inc(counts["stale"])
    APPLIED.labels(service, name).inc(len(ready))
    now = clock.now()
    for one in ready:
        LAG.labels(service, name).observe(max(0.0, (now - one.time).total_seconds()))

"""Applying events to a service: inbox first, order second, handler third, all in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import structlog

from shared.bus.metrics import APPLIED, DUPLICATE, LAG, STALE
from shared.bus.subscription import BatchHandler, Mode, SingleHandler, Subscription
from shared.db import inbox
from shared.db.engine import Database
from shared.db.inbox import Claim, Turn
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.event import EventKind
from shared.failpoint import reached
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock
from shared.telemetry import continue_trace

_log = structlog.stdlib.get_logger(__name__)


UNSIGNED_REASON = "signature:"
"""How the reason of a dead letter begins that its publisher did not sign."""
GAP_REASON = "gap:"
"""How the reason of a dead letter begins that waits for an event before it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """An event that must wait because one before it has not come."""

    event_id: UUID
    reason: str


@dataclass(slots=True)
class _Choice:
    """What becomes of the events of one transaction."""

    ready: list[Envelope[Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    stale: int = 0
    duplicate: int = 0


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


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one handler."""

    subscription: Subscription
    envelope: Envelope[Any]


async def apply_together(database: Database, clock: Clock, deliveries: Sequence[Delivery]) -> list[Gap | None]:
    """Handle deliveries in their order in one transaction, each under its own cause; name those that must wait.

    A commit costs more than an event. Which delivery failed is not known: each is then to be handled alone.

    Returns:
        For each delivery None, or the gap in front of it.

    Raises:
        Exception: whatever a handler raised; nothing of any delivery stands.
    """
    first = deliveries[0].envelope
    actor = system_actor(database.service)
    async with database.transaction(
        actor=actor, clock=clock, request_id=first.request_id, causation_id=first.causation_id
    ) as tx:
        turns = await inbox.take_turns(
            tx,
            [
                Claim(
                    one.subscription.handler_name,
                    one.envelope,
                    happening=one.subscription.event.ordering is EventKind.HAPPENING,
                )
                for one in deliveries
            ],
        )
        for one, (turn, _) in zip(deliveries, turns, strict=True):
            if turn is Turn.NOW:
                await _do(tx, database.service, one)
        reached(database.service, "in_effect_before_commit")
    gaps: list[Gap | None] = []
    for one, (turn, last) in zip(deliveries, turns, strict=True):
        choice = _as_choice(one.envelope, turn, last)
        gaps.append(choice.gaps[0] if choice.gaps else None)
        _count(database.service, one.subscription.handler_name, choice, clock)
        if choice.ready:
            _log.info("event_applied", subject=one.envelope.subject, events=1, **_ids(one))
    return gaps


def _ids(delivery: Delivery) -> dict[str, str | None]:
    envelope = delivery.envelope
    return {
        "event_id": str(envelope.id),
        "causation_id": str(envelope.causation_id),
        "request_id": envelope.request_id,
        "handler": delivery.subscription.handler_name,
    }


async def _do(tx: Transaction, service: str, delivery: Delivery) -> None:
    """Call the handler of one event among several of a transaction, as if it had the transaction for itself."""
    envelope = delivery.envelope
    with _under_cause(service, delivery):
        own = tx.caused_by(envelope.causation_id, request_id=envelope.request_id)
        await cast("SingleHandler", delivery.subscription.handle)(own, envelope)


async def _apply(
    database: Database, clock: Clock, subscription: Subscription, envelopes: list[Envelope[Any]]
) -> list[Gap]:
    name, service = subscription.handler_name, database.service
    first = envelopes[0]
    with _under_cause(service, Delivery(subscription, first)):
        async with database.transaction(
            actor=system_actor(service),
            clock=clock,
            request_id=first.request_id,
            causation_id=first.causation_id,
        ) as tx:
            choice = await _choose(tx, subscription, envelopes)
            if choice.ready:
                await _call(tx, subscription, choice.ready)
                reached(service, "in_effect_before_commit")
        _count(service, name, choice, clock)
        if choice.ready:
            _log.info("event_applied", subject=first.subject, events=len(choice.ready))
    return choice.gaps


async def apply_within(tx: Transaction, service: str, delivery: Delivery) -> Gap | None:
    """Let one event take effect within a transaction that does more, in the name of the service and under its cause.

    Returns:
        The gap in front of it, or None.

    Raises:
        Exception: whatever the handler raised; the transaction cannot go on.
    """
    envelope, subscription = delivery.envelope, delivery.subscription
    own = tx.caused_by(envelope.causation_id, request_id=envelope.request_id, actor=system_actor(service))
    with _under_cause(service, delivery):
        choice = await _choose(own, subscription, [envelope])
        if choice.ready:
            await _call(own, subscription, choice.ready)
    return choice.gaps[0] if choice.gaps else None


@contextmanager
def _under_cause(service: str, delivery: Delivery) -> Iterator[None]:
    """Put the ids of the event on each line and its trace on each span until the block ends."""
    event = delivery.envelope
    with (
        structlog.contextvars.bound_contextvars(**_ids(delivery)),
        continue_trace(service, event.traceparent, f"{event.subject} → {delivery.subscription.handler_name}"),
    ):
        yield


async def _call(tx: Transaction, subscription: Subscription, ready: list[Envelope[Any]]) -> None:
    if subscription.mode is Mode.BATCH:
        await cast("BatchHandler", subscription.handle)(tx, ready)
    else:
        for envelope in ready:
            await cast("SingleHandler", subscription.handle)(tx, envelope)


async def _choose(tx: Transaction, subscription: Subscription, envelopes: list[Envelope[Any]]) -> _Choice:
    """Take into the inbox what is to be applied now."""
    happening = subscription.event.ordering is EventKind.HAPPENING
    if subscription.mode is Mode.SINGLE:
        return await _choose_one(tx, subscription, envelopes[0], happening=happening)
    if happening:
        return await _choose_in_sequence(tx, subscription, envelopes)
    # A projection of state events compares versions row by row itself.
    return await _take_fresh(tx, subscription.handler_name, _Choice(), envelopes)


async def _choose_one(
    tx: Transaction, subscription: Subscription, envelope: Envelope[Any], *, happening: bool
) -> _Choice:
    turn, last = await inbox.take_next(tx, subscription.handler_name, envelope, happening=happening)
    return _as_choice(envelope, turn, last)


def _as_choice(envelope: Envelope[Any], turn: Turn, last: int) -> _Choice:
    if turn is Turn.NOW:
        return _Choice(ready=[envelope])
    if turn is Turn.GAP:
        return _Choice(gaps=[_gap(envelope, last)])
    return _Choice(stale=int(turn is Turn.STALE), duplicate=int(turn is Turn.DUPLICATE))


async def _choose_in_sequence(tx: Transaction, subscription: Subscription, envelopes: list[Envelope[Any]]) -> _Choice:
    name, subject = subscription.handler_name, subscription.event.subject
    last = await inbox.lock_cursors(tx, name, subject, sorted({one.aggregate_id for one in envelopes}))
    choice, candidates = _Choice(), []
    stale: list[tuple[Claim, int]] = []
    moved: dict[str, int] = {}
    for one in envelopes:
        if one.sequence > last[one.aggregate_id] + 1:
            choice.gaps.append(_gap(one, last[one.aggregate_id]))
        elif one.sequence <= last[one.aggregate_id]:
            choice.stale += 1
            stale.append((Claim(name, one, happening=True), last[one.aggregate_id]))
        else:
            candidates.append(one)
            last[one.aggregate_id] = moved[one.aggregate_id] = one.sequence
    await inbox.move(tx, name, subject, moved)
    choice = await _take_fresh(tx, name, choice, candidates)
    await inbox.refuse_reused(tx, stale)
    return choice


async def _take_fresh(tx: Transaction, name: str, choice: _Choice, candidates: list[Envelope[Any]]) -> _Choice:
    fresh = await inbox.take(tx, name, [one.id for one in candidates]) if candidates else set()
    for one in candidates:
        if one.id in fresh:
            fresh.discard(one.id)
            choice.ready.append(one)
        else:
            choice.duplicate += 1
    return choice


def _gap(envelope: Envelope[Any], last: int) -> Gap:
    return Gap(envelope.id, f"{GAP_REASON} sequence {envelope.sequence} came after {last} of {envelope.aggregate_id}")


def _count(service: str, name: str, choice: _Choice, clock: Clock) -> None:
    DUPLICATE.labels(service, name).inc(choice.duplicate)
    STALE.labels(service, name).inc(choice.stale)
    APPLIED.labels(service, name).inc(len(choice.ready))
    now = clock.now()
    lag = LAG.labels(service, name)
    for one in choice.ready:
        lag.observe(max(0.0, (now - one.time).total_seconds()))

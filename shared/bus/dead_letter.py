"""Replaying dead letters after their reason has been mended, or giving them up for a reason."""

from collections.abc import Sequence
from importlib import import_module

import structlog

from shared.bus.apply import GAP_REASON, UNSIGNED_REASON, Delivery, apply_within
from shared.bus.subscription import Subscription
from shared.db import inbox
from shared.db.dead_letter import DeadLetter, mark_discarded, mark_replayed, waiting
from shared.db.engine import Database
from shared.db.migrate import package_of
from shared.db.transaction import Reactions, Transaction
from shared.events.envelope import EnvelopeInvalid, from_wire
from shared.events.event import EventKind
from shared.events.signature import SignatureInvalid
from shared.events.trust import Trust
from shared.kernel.actor import Actor, system_actor
from shared.kernel.clock import Clock

_log = structlog.stdlib.get_logger(__name__)


def subscriptions_of(service: str) -> list[Subscription]:
    """Return everything that `service` listens to, as its app.py names it."""
    return list(getattr(import_module(f"{package_of(service)}.app"), "SUBSCRIPTIONS", ()))


def reactions_of(service: str) -> Reactions:
    """Return what follows from the events of `service` within its transactions, as its app.py names it."""
    return dict(getattr(import_module(f"{package_of(service)}.app"), "REACTIONS", {}))


async def replay(
    database: Database,
    clock: Clock,
    subscriptions: Sequence[Subscription],
    trust: Trust,
    *,
    only_gaps: bool = False,
    actor: Actor | None = None,
) -> tuple[int, list[str]]:
    """Give every waiting letter to its handler again, oldest first, until none of them gets any further.

    Args:
        database: of the service.
        clock: tells the time.
        subscriptions: what the service listens to.
        trust: whom an event is believed from; a letter is checked again.
        only_gaps: leave those alone whose handler failed; nobody has mended it.
        actor: who asked for it, for the audit row; the service itself if nobody.

    Returns:
        How many took effect (or had done so before), and for each that failed again a line that says why.
    """
    actor = actor or system_actor(database.service)
    done = 0
    while True:
        async with database.transaction(actor=actor, clock=clock, read_only=True) as tx:
            letters = await waiting(tx, reason=GAP_REASON if only_gaps else "")
        before, failures = done, []
        for letter in letters:
            try:
                async with database.transaction(actor=actor, clock=clock) as tx:
                    await handle_again(tx, database.service, subscriptions, trust, letter)
            except HandledInVain as fault:
                failures.append(f"#{letter.id} {letter.handler}: {fault}")
                continue
            except Exception as fault:  # noqa: BLE001  # also what only the commit refuses stops no other letter
                _log.warning("replay_failed", handler=letter.handler, letter=letter.id, fault=fault)
                failures.append(f"#{letter.id} {letter.handler}: {type(fault).__name__}: {fault}")
                continue
            done += 1
        # One that was mended may be what another waited for.
        if done == before or not failures:
            return done, failures


class HandledInVain(Exception):  # noqa: N818  # says what is the case
    """A letter failed again; the message says why and may quote what the event says."""


async def handle_again(
    tx: Transaction, service: str, subscriptions: Sequence[Subscription], trust: Trust, letter: DeadLetter
) -> None:
    """Give one letter to its handler again; its effect and its end stand with the one commit.

    Args:
        tx: a transaction of the service, by the operator.
        service: whose letter it is.
        subscriptions: what the service listens to.
        trust: whom an event is believed from; a letter is checked again.
        letter: one that waits.

    Raises:
        HandledInVain: it failed again; the transaction cannot go on.
    """
    subscription = next((one for one in subscriptions if one.handler_name == letter.handler), None)
    if subscription is None:
        raise HandledInVain("no such handler")
    reason = await _handled(tx, service, subscription, trust, letter)
    if reason is not None:
        raise HandledInVain(reason)
    await mark_replayed(tx, letter.id)
    tx.audit("dead_letter.replayed", subject=f"dead_letter/{letter.id}", detail={"handler": letter.handler})


class WaitsForAnother(Exception):  # noqa: N818  # says what is the case
    """A happening before this one is missing or waits itself; the message says which."""


async def discard(tx: Transaction, subscriptions: Sequence[Subscription], letter: DeadLetter, reason: str) -> None:
    """Give a letter up for good, for a reason that the audit keeps; what follows it need not wait for it.

    Args:
        tx: a transaction of the service, by the operator.
        subscriptions: what the service listens to.
        letter: one that waits.
        reason: why nobody will handle it.

    Raises:
        WaitsForAnother: happenings take effect in their order, and one before it is not settled.
    """
    subscription = next((one for one in subscriptions if one.handler_name == letter.handler), None)
    # What its publisher did not sign had no turn: the number is that of the true event.
    if subscription is not None and not letter.reason.startswith(UNSIGNED_REASON):
        await _pass_over(tx, subscription, letter)
    await mark_discarded(tx, letter.id, reason)
    detail = {"handler": letter.handler, "subject": letter.subject, "reason": reason}
    tx.audit("dead_letter.discarded", subject=f"dead_letter/{letter.id}", detail=detail)


async def _pass_over(tx: Transaction, subscription: Subscription, letter: DeadLetter) -> None:
    """Note in the inbox that the event is settled, and that it was its turn; an unreadable one has none."""
    try:
        envelope = from_wire(letter.payload, subscription.event)
    except EnvelopeInvalid:
        return
    if subscription.event.ordering is EventKind.STATE:
        await inbox.take(tx, letter.handler, [envelope.id])
        return
    try:
        turn, last = await inbox.take_next(tx, letter.handler, envelope, happening=True)
    except inbox.NumberReused:  # another event has its number: nothing waits for this one
        return
    if turn is inbox.Turn.GAP:
        raise WaitsForAnother(f"{envelope.subject} {envelope.aggregate_id}: {last + 1} < {envelope.sequence}")


async def _handled(
    tx: Transaction, service: str, subscription: Subscription, trust: Trust, letter: DeadLetter
) -> str | None:
    """Return why the letter failed again, or None."""
    try:
        # One that was parked before events were signed was believed when it came.
        if letter.proof is not None:
            trust.check(letter.subject, letter.payload, letter.proof)
        envelope = from_wire(letter.payload, subscription.event)
        gap = await apply_within(tx, service, Delivery(subscription, envelope))
        # What the database refuses, it refuses now.
        await tx.session.flush()
    except SignatureInvalid as fault:
        return f"signature: {fault}"
    except EnvelopeInvalid as fault:
        return f"unreadable: {fault}"
    except Exception as fault:  # noqa: BLE001  # one letter's failure must not stop the others; it is reported
        _log.warning("replay_failed", handler=letter.handler, letter=letter.id, fault=fault)
        return f"{type(fault).__name__}: {fault}"
    return None if gap is None else gap.reason

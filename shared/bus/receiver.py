"""What becomes of a message that arrived: its handlers, then an acknowledgement, another delivery or a dead letter."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import nats.errors
import structlog
from nats.aio.msg import Msg

from shared.bus.apply import UNSIGNED_REASON, Delivery, Gap, apply_batch, apply_together
from shared.bus.cancellation import end_if_cancelled
from shared.bus.metrics import DEAD, FAILED, GAP, REUSED, UNSIGNED
from shared.bus.streams import ACK_WAIT_SECONDS
from shared.bus.subscription import Mode, Subscription
from shared.db.dead_letter import park
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.inbox import NumberReused
from shared.events.catalogue import stream_of
from shared.events.envelope import Envelope, EnvelopeInvalid, from_wire
from shared.events.signature import HEADER, Proof, SignatureInvalid
from shared.events.trust import Trust
from shared.failpoint import reached
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock
from shared.kernel.fault_words import fault_words

LAST_DELIVERY = 5
# Seconds until the next delivery, by the number of deliveries so far: a neighbour that is on its way comes at once, a
# row that is locked comes free in seconds. At the fifth failure the message is parked and the next ones flow.
_DELAYS = (0.1, 0.4, 1.5, 5.0)
_DATABASE_PAUSE_SECONDS = 0.5
# A transaction of events that are handled singly holds their locks until it ends: requests must not feel it.
MOST_TOGETHER = 64
_TOGETHER_SECONDS = 0.25
_GATHERED, _SINGLY = {Mode.BATCH}, {Mode.SINGLE}
_log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Arrival:
    """One delivery of a message.

    Attributes:
        message: as it came.
        deliveries: how often it was delivered, this one included.
        envelope: what it carries, once read.
        again: a handler asked for another delivery.
        parked: a handler gave it up; it stands among the dead letters.
    """

    message: Msg
    deliveries: int
    envelope: Envelope[Any] | None = None
    again: bool = False
    parked: bool = False

    @property
    def signature(self) -> str | None:
        """Its publisher's signature."""
        headers = self.message.headers
        return headers.get(HEADER) if headers else None

    @property
    def stored_at(self) -> datetime:
        """When the broker took it."""
        return self.message.metadata.timestamp

    @property
    def stream_sequence(self) -> int | None:
        """Under which number its publisher's own stream keeps it; None if it came from elsewhere."""
        kept = self.message.metadata
        return kept.sequence.stream if kept.stream == stream_of(self.message.subject.partition(".")[0]) else None


class Receiver:
    """Hands messages to the handlers of one service."""

    def __init__(
        self, database: Database, clock: Clock, by_subject: Mapping[str, Sequence[Subscription]], trust: Trust
    ) -> None:
        """Name the parts."""
        self._database = database
        self._service = database.service
        self._clock = clock
        self._by_subject = by_subject
        self._trust = trust
        self._modes = {subject: {one.mode for one in listening} for subject, listening in by_subject.items()}
        self._together = 8
        self.in_hand: dict[str, Msg] = {}
        """Messages that came and were not answered yet, by their address for the answer."""

    async def handle(self, arrivals: Sequence[Arrival]) -> None:
        """Handle messages in their order and answer the server for each.

        Projections are gathered by subject, and only up to the next event that is handled singly: that one finds
        everything done that was published before it. Events handled singly that follow one another share a
        transaction in their order, whatever their subjects.
        """
        gathered: dict[str, list[Arrival]] = {}
        row: list[Arrival] = []
        proven = self._trust.proven([(one.message.subject, one.message.data, one) for one in arrivals])
        for one, is_proven in zip(arrivals, proven, strict=True):
            subscriptions = self._by_subject.get(one.message.subject, ())
            if not await self._read(one, subscriptions, is_proven=is_proven):
                continue
            modes = self._modes[one.message.subject]
            if modes == _GATHERED:
                await self._work_down(row)
                gathered.setdefault(one.message.subject, []).append(one)
                continue
            await self._work_through(gathered)
            if modes == _SINGLY:
                row.append(one)
            else:
                await self._work_down(row)
                await self._work(subscriptions, [one])
        await self._work_down(row)
        await self._work_through(gathered)

    async def beat_forever(self) -> None:
        """Tell the server that what is in hand is being worked on, so that it waits with another delivery."""
        while True:
            end_if_cancelled()
            await asyncio.sleep(ACK_WAIT_SECONDS / 3)
            for message in tuple(self.in_hand.values()):
                with contextlib.suppress(nats.errors.Error):  # answered meanwhile, or the line is gone
                    await message.in_progress()

    async def give_back(self) -> None:
        """Let another worker have what is in hand at once: this one ends."""
        for message in tuple(self.in_hand.values()):
            with contextlib.suppress(nats.errors.Error):  # answered already
                await message.nak()
        self.in_hand.clear()

    async def _work_through(self, gathered: dict[str, list[Arrival]]) -> None:
        for subject, group in gathered.items():
            await self._work(self._by_subject[subject], group)
        gathered.clear()

    async def _work_down(self, row: list[Arrival]) -> None:
        """Work through events that are handled singly, as many in one transaction as their handlers are quick."""
        clock = asyncio.get_running_loop().time
        while row:
            some = row[: self._together]
            del row[: len(some)]
            began = clock()
            await self._work_together(some)
            quick = int(_TOGETHER_SECONDS * len(some) / max(clock() - began, 1e-6))
            self._together = max(1, min(quick, 2 * self._together, MOST_TOGETHER))

    async def _work_together(self, some: list[Arrival]) -> None:
        """Handle events singly in one transaction, or where one of them fails each in its own."""
        deliveries = [
            (one, Delivery(subscription, _envelope(one)))
            for one in some
            for subscription in self._by_subject[one.message.subject]
        ]

        async def work() -> list[Gap | None]:
            return await apply_together(self._database, self._clock, [delivery for _, delivery in deliveries])

        try:
            gaps = await self._patiently(work) if len(deliveries) > 1 else None
        except Exception as fault:  # noqa: BLE001  # which of them failed, and why, shows when each is alone
            _log.info("events_handled_alone", events=len(some), fault=fault)
            gaps = None
        if gaps is None:
            for one in some:
                await self._work(self._by_subject[one.message.subject], [one])
            return
        for (one, delivery), gap in zip(deliveries, gaps, strict=True):
            if gap is not None:
                await self._wait(one, delivery.subscription.handler_name, gap)
        for one in some:
            await self._answer(one)

    async def _wait(self, one: Arrival, handler: str, gap: Gap) -> None:
        GAP.labels(self._service, handler).inc()
        await self._fail(one, handler, gap.reason)

    async def _read(self, one: Arrival, subscriptions: Sequence[Subscription], *, is_proven: bool) -> bool:
        """Read the envelope; answer the server here where it cannot be read or nobody listens any more."""
        if not subscriptions:
            one.parked = True
            await self._answer(one)
            return False
        try:
            if not is_proven:
                self._trust.check(one.message.subject, one.message.data, one)
        except SignatureInvalid as fault:
            await self._refuse(one, subscriptions, str(fault))
            return False
        try:
            one.envelope = from_wire(one.message.data, subscriptions[0].event)
        except EnvelopeInvalid as fault:
            for subscription in subscriptions:
                await self._fail(one, subscription.handler_name, f"unreadable: {fault}")
            await self._answer(one)
            return False
        return True

    async def _refuse(self, one: Arrival, subscriptions: Sequence[Subscription], reason: str) -> None:
        """Keep an event that its publisher did not sign, and raise the alarm; no later delivery makes it any better."""
        publisher = one.message.subject.partition(".")[0]
        why = reason.partition(":")[0]
        UNSIGNED.labels(self._service, publisher, why).inc()
        _log.error(
            "event_signature_refused",
            publisher=publisher,
            subject=one.message.subject,
            sequence=one.message.metadata.sequence.stream,
            reason=reason,
            zh="事件未由其发布方签名，已留为死信；请核查消息服务器的账号与签名密钥",
            en="an event that its publisher did not sign is kept as a dead letter; look at users and keys",
        )
        for subscription in subscriptions:
            await self._fail(one, subscription.handler_name, f"{UNSIGNED_REASON} {reason}", hopeless=True)
        await self._answer(one)

    async def _work(self, subscriptions: Sequence[Subscription], group: list[Arrival]) -> None:
        """Run every handler of one subject over `group`, then answer; one handler's failure does not stop another's."""
        for subscription in subscriptions:
            await self._run(subscription, group)
        for one in group:
            await self._answer(one)

    async def _run(self, subscription: Subscription, group: list[Arrival]) -> None:
        name = subscription.handler_name

        async def work() -> list[Gap]:
            return await apply_batch(self._database, self._clock, subscription, [_envelope(one) for one in group])

        try:
            gaps = {gap.event_id: gap for gap in await self._patiently(work)}
        except Exception as fault:  # noqa: BLE001  # any failure of a handler must reach the retry and the dead letter
            if len(group) > 1:
                for one in group:
                    await self._run(subscription, [one])
                return
            self._log_failure(group[0], name, fault)
            reused = isinstance(fault, NumberReused)
            if reused:
                REUSED.labels(self._service, name).inc()
            reason = fault_words(fault.__cause__ or fault)
            await self._fail(group[0], name, reason, hopeless=reused)
            return
        for one in group:
            gap = gaps.get(_envelope(one).id)
            if gap is not None:
                await self._wait(one, name, gap)

    def _log_failure(self, one: Arrival, handler: str, fault: Exception) -> None:
        envelope = _envelope(one)
        _log.warning(
            "handler_failed",
            handler=handler,
            event_id=str(envelope.id),
            causation_id=str(envelope.causation_id),
            request_id=envelope.request_id,
            delivery=one.deliveries,
            exc_info=None if isinstance(fault, Busy) else fault,
        )

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`; while the database is away keep the messages and try again: its absence is no fault of theirs."""
        while True:
            end_if_cancelled()
            try:
                return await work()
            except DatabaseUnavailable as fault:
                _log.warning("consumer_waits_for_database", fault=fault.__cause__ or fault)
                await asyncio.sleep(_DATABASE_PAUSE_SECONDS)

    async def _fail(self, one: Arrival, handler: str, reason: str, *, hopeless: bool = False) -> None:
        """Ask for another delivery, or at the fifth keep the message with its reason and let the next ones flow.

        What is hopeless is kept at once: no later delivery is any better.
        """
        if one.deliveries < LAST_DELIVERY and not hopeless:
            FAILED.labels(self._service, handler).inc()
            one.again = True
            return
        envelope = one.envelope

        async def work() -> None:
            async with self._database.transaction(actor=system_actor(self._service), clock=self._clock) as tx:
                await park(
                    tx,
                    handler=handler,
                    subject=one.message.subject,
                    event_id=envelope.id if envelope else None,
                    payload=one.message.data,
                    reason=reason,
                    deliveries=one.deliveries,
                    proof=Proof(one.signature, one.stored_at, one.stream_sequence),
                )

        try:
            await self._patiently(work)
        except Busy:
            one.again = True
            return
        one.parked = True
        DEAD.labels(self._service, handler).inc()
        _log.error(
            "dead_letter",
            publisher=one.message.subject.partition(".")[0],
            handler=handler,
            subject=one.message.subject,
            reason=reason,
            event_id=str(envelope.id) if envelope else None,
            causation_id=str(envelope.causation_id) if envelope else None,
            request_id=envelope.request_id if envelope else None,
        )

    async def _answer(self, one: Arrival) -> None:
        reached(self._service, "after_effect_before_ack")
        self.in_hand.pop(one.message.reply, None)
        if one.again:
            await one.message.nak(_DELAYS[min(one.deliveries, len(_DELAYS)) - 1])
        elif one.parked:
            await one.message.term()
        else:
            await one.message.ack()


def _envelope(one: Arrival) -> Envelope[Any]:
    return cast("Envelope[Any]", one.envelope)

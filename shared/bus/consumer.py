"""The consumer: one durable per publisher, explicit acknowledgement after the commit, each event once per handler."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError, NotFoundError

from shared.bus.apply import Gap, apply_batch
from shared.bus.metrics import DEAD, FAILED, GAP
from shared.bus.streams import ensure_consumer
from shared.bus.subscription import Subscription
from shared.db.dead_letter import park
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.events.catalogue import stream_of
from shared.events.envelope import Envelope, EnvelopeInvalid, from_wire
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock

BATCH = 500
LAST_DELIVERY = 5
_EXPIRES_SECONDS = 5.0
_RETRY_SECONDS = 0.5
_NAK_SECONDS = 1.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Arrived:
    """One message and how often it was delivered."""

    message: Msg
    deliveries: int
    envelope: Envelope[Any] | None = None


class Consumer:
    """Reads the stream of one publisher for one service."""

    def __init__(
        self, database: Database, client: Client, clock: Clock, *, publisher: str, subscriptions: Sequence[Subscription]
    ) -> None:
        """Name the parts; nothing runs yet."""
        self._database = database
        self._client = client
        self._clock = clock
        self._service = database.service
        self._publisher = publisher
        self._by_subject: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            self._by_subject.setdefault(subscription.event.subject, []).append(subscription)
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue()

    def wake(self) -> None:
        """Pull anew at once; called when the connection came back, since the server forgot the open pull."""
        self._queue.put_nowait(None)

    async def run_forever(self) -> None:
        """Consume until cancelled; a missing stream or consumer is made again, trouble is waited out."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=self._queue.put)
        js = self._client.jetstream()
        while True:
            try:
                await ensure_consumer(
                    js, publisher=self._publisher, listener=self._service, subjects=list(self._by_subject)
                )
                await self._pull_forever(inbox)
            except NotFoundError:
                _log.debug("publisher_has_no_stream_yet", publisher=self._publisher)
            except (nats.errors.Error, APIError, TimeoutError) as fault:
                _log.warning("consumer_waits_for_bus", publisher=self._publisher, fault=repr(fault))
            except BaseException:
                await subscription.unsubscribe()
                raise
            await asyncio.sleep(_RETRY_SECONDS)

    async def _pull_forever(self, inbox: str) -> None:
        """Keep one pull open; return when the server no longer knows the consumer."""
        pull = f"$JS.API.CONSUMER.MSG.NEXT.{stream_of(self._publisher)}.{self._service}"
        request = orjson.dumps({"batch": BATCH, "expires": int(_EXPIRES_SECONDS * 1e9)})
        while True:
            await self._client.publish(pull, request, reply=inbox)
            wanted = BATCH
            while wanted > 0:
                arrived, status = await self._take(wanted)
                wanted -= len(arrived)
                if arrived:
                    await self._handle(arrived)
                if status in {"404", "409", "503"}:
                    return
                if status is not None:
                    break

    async def _take(self, most: int) -> tuple[list[_Arrived], str | None]:
        """Wait for a message, take what else is there already; a status means that the pull has ended."""
        arrived: list[_Arrived] = []
        try:
            async with asyncio.timeout(_EXPIRES_SECONDS + 1):
                message = await self._queue.get()
        except TimeoutError:
            return arrived, "time-out"
        while True:
            if message is None:
                return arrived, "woken"
            status = (message.headers or {}).get("Status")
            if status == "503" or (status in {"404", "409"} and "Consumer" in str(message.headers)):
                return arrived, "404"
            if status is not None:
                return arrived, "ended"
            arrived.append(_Arrived(message, message.metadata.num_delivered))
            if len(arrived) >= most or self._queue.empty():
                return arrived, None
            message = self._queue.get_nowait()

    async def _handle(self, arrived: list[_Arrived]) -> None:
        """Give messages to their handlers and answer the server for each."""
        readable: dict[str, list[_Arrived]] = {}
        for one in arrived:
            subscriptions = self._by_subject.get(one.message.subject)
            if subscriptions is None:
                await one.message.term()
                continue
            try:
                one.envelope = from_wire(one.message.data, subscriptions[0].event)
            except EnvelopeInvalid as fault:
                await self._fail(one, subscriptions[0].handler_name, f"unreadable: {fault}")
                continue
            readable.setdefault(one.message.subject, []).append(one)
        for subject, group in readable.items():
            await self._handle_subject(self._by_subject[subject], group)

    async def _handle_subject(self, subscriptions: list[Subscription], group: list[_Arrived]) -> None:
        """Run every handler of one subject; acknowledge only what all of them have committed."""
        waiting = group
        for subscription in subscriptions:
            waiting = await self._run(subscription, waiting)
        for one in waiting:
            await one.message.ack()

    async def _run(self, subscription: Subscription, group: list[_Arrived]) -> list[_Arrived]:
        """Run one handler over the group; return what succeeded, the rest was answered."""
        name = subscription.handler_name
        try:
            gaps = await self._apply(subscription, group)
        except (DatabaseUnavailable, Busy) as fault:
            _log.warning("consumer_waits_for_database", handler=name, fault=repr(fault.__cause__ or fault))
            for one in group:
                await one.message.nak(_NAK_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)
            return []
        except Exception as fault:  # noqa: BLE001  # any failure of a handler must reach the retry and the dead letter
            if len(group) > 1:
                return [one for single in group for one in await self._run(subscription, [single])]
            _log.exception("handler_failed", handler=name, event_id=str(_envelope(group[0]).id))
            await self._fail(group[0], name, f"{type(fault).__name__}: {fault}")
            return []
        for one in group:
            if _envelope(one).id in gaps:
                GAP.labels(self._service, name).inc()
                await self._fail(one, name, gaps[_envelope(one).id].reason)
        return [one for one in group if _envelope(one).id not in gaps]

    async def _apply(self, subscription: Subscription, group: list[_Arrived]) -> dict[Any, Gap]:
        gaps = await apply_batch(self._database, self._clock, subscription, [_envelope(one) for one in group])
        return {gap.event_id: gap for gap in gaps}

    async def _fail(self, one: _Arrived, handler: str, reason: str) -> None:
        """Ask for another delivery, or at the fifth keep the message with its reason and let the next ones flow."""
        if one.deliveries < LAST_DELIVERY:
            FAILED.labels(self._service, handler).inc()
            await one.message.nak(_NAK_SECONDS)
            return
        envelope = one.envelope
        try:
            async with self._database.transaction(actor=system_actor(self._service), clock=self._clock) as tx:
                await park(
                    tx,
                    handler=handler,
                    subject=one.message.subject,
                    event_id=envelope.id if envelope else None,
                    payload=one.message.data,
                    reason=reason,
                    deliveries=one.deliveries,
                )
        except (DatabaseUnavailable, Busy):
            await one.message.nak(_NAK_SECONDS)
            return
        DEAD.labels(self._service, handler).inc()
        _log.error("dead_letter", handler=handler, subject=one.message.subject, reason=reason)
        await one.message.term()


def _envelope(one: _Arrived) -> Envelope[Any]:
    return cast("Envelope[Any]", one.envelope)

"""The consumer: one durable per publisher, an open pull, and what arrives handed on in its order."""

import asyncio
import contextlib
from collections.abc import Sequence

import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError, NotFoundError

from shared.bus.cancellation import end_if_cancelled
from shared.bus.position import ConsumerPosition
from shared.bus.receiver import Arrival, Receiver
from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.events.catalogue import stream_of
from shared.events.trust import Trust
from shared.kernel.clock import Clock

BATCH = 500
# Events that are handled singly wait for one another: few enough that the last is reached before the server repeats it.
BATCH_OF_SINGLES = 100
_EXPIRES_SECONDS = 5.0
_RETRY_SECONDS = 0.5
_FLUSH_SECONDS = 1
_CONSUMER_GONE = "consumer gone"
_PULL_ENDED = "pull ended"
_log = structlog.stdlib.get_logger(__name__)


class Consumer:
    """Reads the stream of one publisher for one service."""

    def __init__(
        self,
        database: Database,
        client: Client,
        clock: Clock,
        *,
        publisher: str,
        subscriptions: Sequence[Subscription],
        trust: Trust,
    ) -> None:
        """Name the parts; nothing runs yet."""
        self._client = client
        self._service = database.service
        self._publisher = publisher
        by_subject: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            by_subject.setdefault(subscription.event.subject, []).append(subscription)
        self._position = ConsumerPosition(database, client, publisher=publisher, subjects=sorted(by_subject))
        gathered = all(one.mode is Mode.BATCH for one in subscriptions)
        self._batch = BATCH if gathered else BATCH_OF_SINGLES
        self._receiver = Receiver(database, clock, by_subject, trust)
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._pulls = 0

    @property
    def waits_for(self) -> str | None:
        """What the provisioner was asked for and has not made."""
        return self._position.waits_for

    def wake(self) -> None:
        """Pull anew at once; called when the connection came back, since the server forgot the open pull."""
        self._queue.put_nowait(None)

    async def run_forever(self) -> None:
        """Consume until cancelled; a missing stream or consumer is made again, trouble is waited out."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(f"{inbox}.*", cb=self._hear)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receiver.beat_forever(), name=f"beat {self._publisher}")
                tasks.create_task(self._position.keep_forever(), name=f"keep {self._publisher}")
                await self._consume_forever(inbox)
        finally:
            with contextlib.suppress(nats.errors.Error):  # of a line that is gone; the server delivers again by itself
                await subscription.unsubscribe()
                await self._receiver.give_back()
                await self._client.flush(_FLUSH_SECONDS)
                await self._position.leave()

    async def _hear(self, message: Msg) -> None:
        if not _status(message):
            self._receiver.in_hand[message.reply] = message
        await self._queue.put(message)

    async def _consume_forever(self, inbox: str) -> None:
        while True:
            end_if_cancelled()
            try:
                await self._position.ensure()
                await self._pull_forever(inbox)
            except NotFoundError:
                _log.debug("stream_went_away", publisher=self._publisher)
            except (nats.errors.Error, APIError, TimeoutError) as fault:
                _log.warning("consumer_waits_for_bus", publisher=self._publisher, fault=fault)
            except (DatabaseUnavailable, Busy) as fault:
                _log.warning("consumer_waits_for_database", publisher=self._publisher, fault=fault)
            except Exception:  # noqa: BLE001  # what it does not understand must not stop the other consumers
                _log.exception("consumer_failed", publisher=self._publisher)
            # What was not answered is not spoken for any more: it comes again.
            self._receiver.in_hand.clear()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _pull_forever(self, inbox: str) -> None:
        """Keep one pull open; return when the server no longer knows the consumer."""
        pull = f"$JS.API.CONSUMER.MSG.NEXT.{stream_of(self._publisher)}.{self._service}"
        request = orjson.dumps({"batch": self._batch, "expires": int(_EXPIRES_SECONDS * 1e9)})
        while True:
            # Each pull has an inbox of its own: word that an earlier one has ended must not end this one.
            self._pulls += 1
            reply = f"{inbox}.{self._pulls}"
            await self._client.publish(pull, request, reply=reply)
            wanted = self._batch
            while wanted > 0:
                end_if_cancelled()
                arrivals, end = await self._take(wanted, reply)
                wanted -= len(arrivals)
                if arrivals:
                    await self._receiver.handle(arrivals)
                if end == _CONSUMER_GONE:
                    return
                if end is not None:
                    break

    async def _take(self, most: int, reply: str) -> tuple[list[Arrival], str | None]:
        """Wait for a message and take what else is there already; say why the pull has ended if it has."""
        arrivals: list[Arrival] = []
        try:
            async with asyncio.timeout(_EXPIRES_SECONDS + 1):
                message = await self._queue.get()
        except TimeoutError:
            return arrivals, _PULL_ENDED
        while True:
            end = _end_told_by(message, reply)
            if end is not None:
                return arrivals, end
            if message is not None and not _status(message):
                arrivals.append(Arrival(message, message.metadata.num_delivered))
            if len(arrivals) >= most or self._queue.empty():
                return arrivals, None
            message = self._queue.get_nowait()


def _status(message: Msg) -> str:
    return str((message.headers or {}).get("Status", ""))


def _end_told_by(message: Msg | None, reply: str) -> str | None:
    """Return why the pull under `reply` has ended if `message` says so; None is the alarm that the line came back."""
    if message is None:
        return _PULL_ENDED
    status = _status(message)
    if not status or message.subject != reply:
        return None
    description = str((message.headers or {}).get("Description", ""))
    if status in {"404", "503"} and "Messages" not in description:
        return _CONSUMER_GONE
    return _CONSUMER_GONE if status == "409" and "Consumer" in description else _PULL_ENDED

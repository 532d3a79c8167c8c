"""A double of JetStream in memory: streams, ids it has seen, durables, redelivery; and every way in which it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import nats.errors
import orjson
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared.bus.provision import Provisioner
from shared.events.catalogue import stream_of
from tests.simulation.schedule import Death, Schedule

Sent = tuple[str, bytes, Mapping[str, str]]
_WINDOW = timedelta(seconds=120)


@dataclass(slots=True)
class Record:
    """One message of a stream."""

    sequence: int
    message_id: str | None
    subject: str
    payload: bytes
    at: datetime
    headers: Mapping[str, str]


@dataclass(slots=True)
class Pending:
    """One message that was handed out and not acknowledged."""

    deliveries: int
    due: datetime


@dataclass(slots=True)
class Durable:
    """What the server knows of one listener."""

    config: api.ConsumerConfig
    position: int = 0
    pending: dict[int, Pending] = field(default_factory=dict)


@dataclass(slots=True)
class Stream:
    """One stream with its durables."""

    config: api.StreamConfig
    records: dict[int, Record] = field(default_factory=dict)
    last: int = 0
    durables: dict[str, Durable] = field(default_factory=dict)

    def store(
        self, message_id: str | None, subject: str, payload: bytes, now: datetime, headers: Mapping[str, str]
    ) -> tuple[int, bool]:
        """Keep a message unless its id was seen within the window; return its sequence and whether it was known."""
        known = self.known(message_id, now)
        if known is not None:
            return known, True
        self.last += 1
        self.records[self.last] = Record(self.last, message_id, subject, payload, now, headers)
        return self.last, False

    def known(self, message_id: str | None, now: datetime) -> int | None:
        """Return the sequence of a message id seen within the window."""
        for record in self.records.values():
            if message_id is not None and record.message_id == message_id and now - record.at < _WINDOW:
                return record.sequence
        return None

    def cut(self, kept: int) -> None:
        """Lose everything above `kept`, as a server does that did not sync."""
        self.records = {number: record for number, record in self.records.items() if number <= kept}
        self.last = min(self.last, kept)
        for durable in self.durables.values():
            durable.position = min(durable.position, self.last)
            durable.pending = {number: one for number, one in durable.pending.items() if number <= self.last}


class FakeBus:
    """The server."""

    def __init__(self, schedule: Schedule) -> None:
        """Begin empty."""
        self.schedule = schedule
        self.streams: dict[str, Stream] = {}
        self.knows_batches = True
        """False: an older server, which stores a batch as single messages and confirms the last alone."""

    def client(self) -> "FakeClient":
        """Return a connection."""
        return FakeClient(self)

    def stream(self, name: str) -> Stream:
        """Return a stream or fail as the server does."""
        if name not in self.streams:
            raise NotFoundError(code=404, err_code=10059)
        return self.streams[name]

    def due(self, stream: Stream, durable: Durable) -> list[int]:
        """Return the sequences that may be handed out now: those that came due again first."""
        now = self.schedule.clock.now()
        wanted = set(durable.config.filter_subjects or ())
        again = [number for number, one in durable.pending.items() if one.due <= now and number in stream.records]
        fresh = [
            number
            for number, record in sorted(stream.records.items())
            if number > durable.position and record.subject in wanted
        ]
        return again + fresh

    def take(self, publisher: str, listener: str, most: int) -> "list[Delivery]":
        """Hand out up to `most` messages: some twice, some in another order."""
        stream = self.stream(publisher)
        durable = stream.durables.get(listener)
        if durable is None:
            raise NotFoundError(code=404, err_code=10014)
        numbers = self.due(stream, durable)[:most]
        if self.schedule.happens("early redelivery", 0.08):
            numbers += [number for number in sorted(durable.pending) if number in stream.records][:2]
        if numbers and self.schedule.happens("duplicate", 0.08):
            numbers.append(self.schedule.chance.choice(numbers))
        if len(numbers) > 1 and self.schedule.happens("reorder", 0.2):
            self.schedule.chance.shuffle(numbers)
        return [self._hand_out(stream, durable, number) for number in numbers]

    def _hand_out(self, stream: Stream, durable: Durable, number: int) -> "Delivery":
        wait = timedelta(seconds=durable.config.ack_wait or 30.0)
        before = durable.pending.get(number)
        one = Pending((before.deliveries if before else 0) + 1, self.schedule.clock.now() + wait)
        durable.pending[number] = one
        durable.position = max(durable.position, number)
        return Delivery(self, durable, stream.records[number], one.deliveries)

    def next_due(self) -> datetime | None:
        """Return when the next message comes due again."""
        waiting = [
            one.due
            for stream in self.streams.values()
            for durable in stream.durables.values()
            for number, one in durable.pending.items()
            if number in stream.records
        ]
        return min(waiting, default=None)

    @property
    def is_drained(self) -> bool:
        """Whether no durable has anything left to hand out or to wait for."""
        return all(
            not self.due(stream, durable) and not any(number in stream.records for number in durable.pending)
            for stream in self.streams.values()
            for durable in stream.durables.values()
        )


class Delivery:
    """One delivery as a handler's side sees it; the answer may get lost, and the worker may die around it."""

    def __init__(self, bus: FakeBus, durable: Durable, record: Record, deliveries: int) -> None:
        """Carry `record`."""
        self._bus = bus
        self._durable = durable
        self._record = record
        self.subject = record.subject
        self.data = record.payload
        self.headers = dict(record.headers)
        self.reply = f"{record.subject}.{record.sequence}.{deliveries}.{id(self)}"
        self.metadata = SimpleNamespace(
            num_delivered=deliveries,
            sequence=SimpleNamespace(stream=record.sequence),
            stream=stream_of(record.subject.partition(".")[0]),
            timestamp=record.at,
        )

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"#{self._record.sequence}×{self.metadata.num_delivered}"

    async def ack(self) -> None:
        """Acknowledge."""
        if await self._arrives("ack"):
            self._durable.pending.pop(self._record.sequence, None)

    async def term(self) -> None:
        """Ask for no further delivery."""
        if await self._arrives("term"):
            self._durable.pending.pop(self._record.sequence, None)

    async def nak(self, delay: float = 0) -> None:
        """Ask for another delivery after `delay` seconds."""
        if await self._arrives("nak") and self._record.sequence in self._durable.pending:
            due = self._bus.schedule.clock.now() + timedelta(seconds=delay)
            self._durable.pending[self._record.sequence].due = due

    async def in_progress(self) -> None:
        """Say that it is being worked on."""

    async def _arrives(self, word: str) -> bool:
        schedule = self._bus.schedule
        await schedule.pause(f"before its {word} of {self.label}")
        if schedule.happens("death before the answer", 0.03):
            schedule.note(f"{schedule.actor} dies after the effect, before its {word} of {self.label}")
            raise Death
        if schedule.happens("lost answer", 0.06):
            schedule.note(f"the {word} of {self.label} is lost")
            return False
        return True


class FakeClient:
    """A connection: the few calls of the NATS client that the relay and the consumers make."""

    def __init__(self, bus: FakeBus) -> None:
        """Connect."""
        self._bus = bus
        self._batch: list[Sent] = []
        self._inboxes: dict[str, Callable[[Any], Awaitable[None]]] = {}

    def jetstream(self) -> "FakeClient":
        """Return itself: it is both."""
        return self

    def new_inbox(self) -> str:
        """Return an address for answers."""
        return f"_INBOX.{len(self._inboxes)}"

    async def subscribe(self, subject: str, *, cb: Callable[[Any], Awaitable[None]]) -> None:
        """Hear answers."""
        self._inboxes[subject.removesuffix("*")] = cb

    async def publish(self, subject: str, payload: bytes, *, headers: Mapping[str, str], reply: str = "") -> None:
        """Send one message; the server answers those that say where to."""
        if "Nats-Batch-Id" in headers and not reply:
            self._batch.append((subject, payload, headers))
            return
        try:
            answer = await self._exchange(subject, payload, headers)
        except nats.errors.TimeoutError:
            return  # nobody hears anything
        (hear,) = [cb for inbox, cb in self._inboxes.items() if reply.startswith(inbox)]
        await hear(SimpleNamespace(subject=reply, headers=None, data=orjson.dumps(answer)))

    async def request(self, subject: str, payload: bytes, *, timeout: float) -> Any:  # noqa: ARG002, ASYNC109  # the library's own signature
        """Ask the provisioner, which is the product's own, for what a service needs."""
        service = subject.removeprefix("_PROVISION.")
        provisioner = Provisioner(cast("JetStreamContext", FakeClient(self._bus)))
        return SimpleNamespace(data=orjson.dumps(await provisioner.answer(service, payload)))

    async def publish_async(
        self,
        subject: str,
        payload: bytes,
        *,
        stream: str,
        headers: Mapping[str, str],
        wait_stall: float,  # noqa: ARG002  # 〃
    ) -> "asyncio.Future[api.PubAck]":
        """Send one message and return the future of its acknowledgement."""
        future: asyncio.Future[api.PubAck] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._exchange(subject, payload, headers)
        except nats.errors.TimeoutError as fault:
            future.set_exception(fault)
            future.exception()  # seen: the relay does not await what stands behind the first failure
        else:
            future.set_result(api.PubAck(stream=stream, seq=answer["seq"], duplicate=answer["duplicate"]))
        return future

    async def _exchange(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """Let the server store what was sent and answer, unless one of the two gets lost or the sender dies."""
        schedule = self._bus.schedule
        sent, self._batch = [*self._batch, (subject, payload, headers)], []
        await schedule.pause("before its events are stored")
        if schedule.happens("lost request", 0.06):
            schedule.note(f"{schedule.actor}'s {len(sent)} events are lost")
            raise nats.errors.TimeoutError
        answer = self._store(sent)
        await schedule.pause("after its events were stored")
        if schedule.happens("death before the mark", 0.05):
            schedule.note(f"{schedule.actor} dies between the acknowledgement and the mark")
            raise Death
        if schedule.happens("lost acknowledgement", 0.06):
            schedule.note(f"the acknowledgement of {schedule.actor}'s {len(sent)} events is lost")
            raise nats.errors.TimeoutError
        return answer

    def _store(self, sent: Sequence[Sent]) -> dict[str, Any]:
        schedule = self._bus.schedule
        stream, now = self._bus.stream(_stream_of(sent[0][0])), schedule.clock.now()
        ids = [headers["Nats-Msg-Id"] for _, _, headers in sent]
        in_batch = "Nats-Batch-Id" in sent[0][2] and self._bus.knows_batches
        if in_batch and any(stream.known(one, now) for one in ids):
            return {"error": {"code": 400, "err_code": 10201, "description": "the batch holds a known message id"}}
        number, known = 0, False
        for subject, payload, headers in sent:
            number, known = stream.store(headers["Nats-Msg-Id"], subject, payload, now, headers)
        word = " (known)" if known else ""
        schedule.note(f"{schedule.actor} stores {len(sent)} events up to #{number}{word} in {stream.config.name}")
        answer = {"stream": stream.config.name, "seq": number, "duplicate": known}
        return {**answer, "batch": "x", "count": len(sent)} if in_batch else answer

    async def stream_info(self, name: str) -> api.StreamInfo:
        """Describe a stream."""
        stream = self._bus.stream(name)
        state = api.StreamState(
            messages=len(stream.records),
            bytes=0,
            first_seq=min(stream.records, default=stream.last + 1),
            last_seq=stream.last,
            consumer_count=len(stream.durables),
        )
        return api.StreamInfo(config=stream.config, state=state)

    async def add_stream(self, config: api.StreamConfig) -> api.StreamInfo:
        """Make a stream."""
        name = config.name or ""
        self._bus.streams[name] = Stream(config)
        self._bus.schedule.note(f"{self._bus.schedule.actor} makes the stream {name}")
        return await self.stream_info(name)

    async def delete_stream(self, name: str) -> None:
        """Throw a stream away."""
        self._bus.stream(name)
        del self._bus.streams[name]

    async def get_msg(self, name: str, number: int) -> api.RawStreamMsg:
        """Return one message."""
        record = self._bus.stream(name).records.get(number)
        if record is None:
            raise NotFoundError(code=404, err_code=10037)
        return api.RawStreamMsg(
            subject=record.subject, seq=number, data=record.payload, headers=dict(record.headers), time=record.at
        )

    async def consumer_info(self, stream: str, name: str) -> api.ConsumerInfo:
        """Describe a durable."""
        durable = self._bus.stream(stream).durables.get(name)
        if durable is None:
            raise NotFoundError(code=404, err_code=10014)
        now = self._bus.schedule.clock.now()
        return api.ConsumerInfo(name=name, stream_name=stream, config=durable.config, created=now)

    async def add_consumer(self, stream: str, config: api.ConsumerConfig) -> api.ConsumerInfo:
        """Make a durable that reads from the first message."""
        name = config.durable_name or ""
        self._bus.stream(stream).durables[name] = Durable(config)
        return await self.consumer_info(stream, name)


def _stream_of(subject: str) -> str:
    return subject.split(".", 1)[0].upper()

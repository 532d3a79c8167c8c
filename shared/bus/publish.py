"""Publishing many events at once: an atomic batch costs one sync of the disk, not one per event.

Sending and hearing what became of it are two steps: between them the sender has something better to do than to wait.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError

from shared.events.catalogue import stream_of
from shared.events.signature import HEADER
from shared.kernel.ids import new_id

MOST_IN_BATCH = 1_000
"""How many the server takes into one atomic batch."""
_TIMEOUT_SECONDS = 5.0
_NO_RESPONDERS = "503"


class BatchRefused(Exception):  # noqa: N818  # says what happened
    """The server takes no such batch: it holds an id of it already, or it knows no atomic batches."""


class Message(NamedTuple):
    """One event ready for the wire."""

    position: int
    event_id: UUID
    subject: str
    payload: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Published:
    """What the server acknowledged.

    Attributes:
        acked: position → sequence in the stream.
        first_new: lowest sequence that was given to an event which the stream did not hold already, or None.
    """

    acked: dict[int, int]
    first_new: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages that are on their way, and where each answer of the server will be found: one for a whole batch."""

    messages: list[Message]
    answers: list[asyncio.Future[Msg]]
    is_batch: bool


@dataclass(slots=True)
class Publisher:
    """Sends events into the stream of one service over one connection."""

    client: Client
    service: str
    _inbox: str | None = None
    _count: int = 0
    _waiting: dict[str, asyncio.Future[Msg]] = field(default_factory=dict)

    async def send_batch(self, messages: list[Message]) -> Sent:
        """Send `messages` as one atomic batch, in order; `outcome_of_batch` tells what became of it."""
        batch_id = str(new_id())
        *before, last = messages
        for number, message in enumerate(before, start=1):
            await self.client.publish(message.subject, message.payload, headers=_in_batch(message, batch_id, number))
        headers = {**_in_batch(last, batch_id, len(messages)), "Nats-Batch-Commit": "1"}
        return Sent(messages, [await self._ask(last, headers)], is_batch=True)

    async def outcome_of_batch(self, sent: Sent) -> Published:
        """Wait for the answer to a batch.

        Raises:
            BatchRefused: nothing of the batch was stored; send one by one instead.
            TimeoutError: unknown whether it was stored; the ids make a repetition harmless.
            nats.errors.NoRespondersError: no stream takes it.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                answer = _read(await sent.answers[0])
        finally:
            self._forget(sent)
        count = len(sent.messages)
        if "error" in answer:
            raise BatchRefused(str(answer["error"]))
        if answer.get("count") != count:
            # A server that ignores the batch headers stores the messages one by one and confirms the last alone.
            raise BatchRefused(f"the server confirmed {answer.get('count')} of {count} events")
        first = int(answer["seq"]) - count + 1
        return Published({message.position: first + offset for offset, message in enumerate(sent.messages)}, first)

    async def send_each(self, messages: list[Message]) -> Sent:
        """Send `messages` in order, all on their way before the first acknowledgement."""
        stream = stream_of(self.service)
        answers = [
            await self._ask(message, {**_of_event(message), "Nats-Expected-Stream": stream}) for message in messages
        ]
        return Sent(messages, answers, is_batch=False)

    async def outcome_of_each(self, sent: Sent) -> Published:
        """Wait for the answers; what stands after the first failure is left out, so that an aggregate's order is kept.

        Raises:
            nats.errors.Error: not even the first was acknowledged.
            TimeoutError: the same, and nothing was said.
        """
        acked: dict[int, int] = {}
        fresh: list[int] = []
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                for message, future in zip(sent.messages, sent.answers, strict=True):
                    answer = _read(await future)
                    if "error" in answer:
                        APIError.from_error(answer["error"])
                    acked[message.position] = int(answer["seq"])
                    if not answer.get("duplicate"):
                        fresh.append(int(answer["seq"]))
        except (nats.errors.Error, APIError, TimeoutError):
            if not acked:
                raise
        finally:
            self._forget(sent)
        return Published(acked, min(fresh, default=None))

    async def _ask(self, message: Message, headers: dict[str, str]) -> "asyncio.Future[Msg]":
        if self._inbox is None:
            inbox = self.client.new_inbox()
            await self.client.subscribe(f"{inbox}.*", cb=self._hear)
            self._inbox = inbox
        self._count += 1
        reply = f"{self._inbox}.{self._count}"
        future = self._waiting[reply] = asyncio.get_running_loop().create_future()
        await self.client.publish(message.subject, message.payload, reply=reply, headers=headers)
        return future

    async def _hear(self, answer: Msg) -> None:
        future = self._waiting.pop(answer.subject, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def _forget(self, sent: Sent) -> None:
        """Answers that did not come will not be waited for."""
        if not all(future.done() for future in sent.answers):
            for future in sent.answers:
                future.cancel()
            self._waiting = {reply: future for reply, future in self._waiting.items() if not future.done()}


def _read(answer: Msg) -> dict[str, Any]:
    """Return what the server says.

    Raises:
        nats.errors.NoRespondersError: nobody took the message.
    """
    if (answer.headers or {}).get("Status") == _NO_RESPONDERS:
        raise nats.errors.NoRespondersError
    said: dict[str, Any] = orjson.loads(answer.data)
    return said


def _of_event(message: Message) -> dict[str, str]:
    return {"Nats-Msg-Id": str(message.event_id), HEADER: message.signature}


def _in_batch(message: Message, batch_id: str, number: int) -> dict[str, str]:
    return {
        **_of_event(message),
        "Nats-Batch-Id": batch_id,
        "Nats-Batch-Sequence": str(number),
    }

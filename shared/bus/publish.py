"""Publishing many events at once: an atomic batch costs one sync of the disk, not one per event."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import nats.errors
import orjson
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError

from shared.events.catalogue import stream_of
from shared.kernel.ids import new_id

_TIMEOUT_SECONDS = 5.0


class BatchRefused(Exception):  # noqa: N818  # says what happened
    """The server takes no such batch: it holds an id of it already, or it knows no atomic batches."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event ready for the wire."""

    position: int
    event_id: UUID
    subject: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """What the server acknowledged.

    Attributes:
        acked: position → sequence in the stream.
        first_new: lowest sequence that was given to an event which the stream did not hold already, or None.
    """

    acked: dict[int, int]
    first_new: int | None


async def publish_batch(client: Client, messages: list[Message]) -> Published:
    """Publish `messages` as one atomic batch, in order.

    Raises:
        BatchRefused: nothing of the batch was stored; publish one by one instead.
        TimeoutError: unknown whether it was stored; the ids make a repetition harmless.
    """
    batch_id = str(new_id())
    *before, last = messages
    for number, message in enumerate(before, start=1):
        await client.publish(message.subject, message.payload, headers=_headers(message, batch_id, number))
    headers = {**_headers(last, batch_id, len(messages)), "Nats-Batch-Commit": "1"}
    reply = await client.request(last.subject, last.payload, timeout=_TIMEOUT_SECONDS, headers=headers)
    answer = orjson.loads(reply.data)
    if "error" in answer:
        raise BatchRefused(str(answer["error"]))
    if answer.get("count") != len(messages):
        # A server that ignores the batch headers stores the messages one by one and confirms the last alone.
        raise BatchRefused(f"the server confirmed {answer.get('count')} of {len(messages)} events")
    first = int(answer["seq"]) - len(messages) + 1
    return Published({message.position: first + offset for offset, message in enumerate(messages)}, first)


async def publish_each(js: JetStreamContext, service: str, messages: list[Message]) -> Published:
    """Publish `messages` in order, all on their way before the first acknowledgement.

    What stands after the first failure is left out, so that the order of an aggregate is kept.

    Raises:
        nats.errors.Error: not even the first was acknowledged.
    """
    waiting = [
        await js.publish_async(
            message.subject,
            message.payload,
            stream=stream_of(service),
            headers={"Nats-Msg-Id": str(message.event_id)},
            wait_stall=_TIMEOUT_SECONDS,
        )
        for message in messages
    ]
    acked: dict[int, int] = {}
    fresh: list[int] = []
    try:
        # The library's futures have no time limit of their own.
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            for message, future in zip(messages, waiting, strict=True):
                answer = await future
                acked[message.position] = answer.seq
                if not answer.duplicate:
                    fresh.append(answer.seq)
    except (nats.errors.Error, APIError, TimeoutError):
        if not acked:
            raise
    finally:
        for future in waiting:
            future.cancel()
    return Published(acked, min(fresh, default=None))


def _headers(message: Message, batch_id: str, number: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": str(message.event_id),
        "Nats-Batch-Id": batch_id,
        "Nats-Batch-Sequence": str(number),
    }

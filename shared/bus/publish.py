"""Publishing many events at once: an atomic batch costs one sync of the disk, not one per event."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import orjson
from nats.aio.client import Client
from nats.js import JetStreamContext

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


async def publish_batch(client: Client, messages: list[Message]) -> dict[int, int]:
    """Publish `messages` as one atomic batch, in order; return position → sequence in the stream.

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
        # A server that ignores the batch headers stores the last message alone.
        raise BatchRefused(f"the server confirmed {answer.get('count')} of {len(messages)} events")
    first = int(answer["seq"]) - len(messages) + 1
    return {message.position: first + offset for offset, message in enumerate(messages)}


async def publish_each(js: JetStreamContext, service: str, messages: list[Message]) -> dict[int, int]:
    """Publish `messages` in order, all on their way before the first acknowledgement; return what was acknowledged.

    What stands after the first failure is left out, so that the order of an aggregate is kept.
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
    done: dict[int, int] = {}
    try:
        # The library's futures have no time limit of their own.
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            for message, future in zip(messages, waiting, strict=True):
                done[message.position] = (await future).seq
    finally:
        for future in waiting:
            future.cancel()
    return done


def _headers(message: Message, batch_id: str, number: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": str(message.event_id),
        "Nats-Batch-Id": batch_id,
        "Nats-Batch-Sequence": str(number),
    }

"""Reads a stream back after the broker started: a damaged record is skipped in silence, and only its number tells."""

import structlog
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeout

from shared.bus.cancellation import end_if_cancelled
from shared.bus.metrics import REPUBLISHED
from shared.bus.request import Provisioning
from shared.db import outbox
from shared.db.engine import Database
from shared.events.catalogue import stream_of

REACH = 50_000
"""How far back is read: longer than any listener lags, short enough to cost seconds."""
_FETCH = 1_000
_WAIT_SECONDS = 2.0
_log = structlog.stdlib.get_logger(__name__)


async def scrub(client: Client, database: Database) -> int:
    """Put back to be published what the stream no longer gives out; return how many events that are.

    The server drops a record whose checksum does not agree without counting it as missing (a flipped bit was tried);
    its last number stays. What lies before the reach, `make republish` brings back.

    Raises:
        nats.errors.Error: the broker went away meanwhile; try again.
        DatabaseUnavailable: 〃 the database.
    """
    js = client.jetstream()
    service = database.service
    stream = stream_of(service)
    state = (await js.stream_info(stream)).state
    last, first = state.last_seq, max(state.first_seq, state.last_seq - REACH + 1)
    if state.messages == 0:
        return 0
    await Provisioning(client, service, of=service).reading(after=first - 1)
    given = await _given_out(client, service, last)
    missing = sorted(set(range(first, last + 1)) - given)
    if not missing:
        return 0
    with database.guard():
        async with database.engine.begin() as connection:
            count = await outbox.unpublish_these(connection, missing)
    if count:
        REPUBLISHED.labels(service).inc(count)
        _log.error("stream_lost_records", lost=count, first=missing[0], last=missing[-1], stream=stream)
    return count


async def _given_out(client: Client, service: str, last: int) -> set[int]:
    """Return the numbers that the stream gives out, up to `last`."""
    stream = stream_of(service)
    subscription = await client.jetstream().pull_subscribe_bind(durable=service, stream=stream)
    given: set[int] = set()
    try:
        while True:
            end_if_cancelled()
            try:
                messages = await subscription.fetch(_FETCH, timeout=_WAIT_SECONDS)
            except NatsTimeout:
                return given
            given.update(message.metadata.sequence.stream for message in messages)
            if max(given) >= last:
                return given
    finally:
        await subscription.unsubscribe()

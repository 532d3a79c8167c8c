"""The relay: outbox → NATS, one per service, in the order of positions, again and again until it is acknowledged.

`python -m shared.bus.relay republish finance --since 2026-01-01` does by hand what the relay does by itself when a
stream was lost: it marks events as unpublished; the running relay then publishes them, and inboxes skip what they know.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime, time
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.metrics import BACKLOG, OLDEST, PUBLISHED, RELAY_ACTIVE, REPUBLISHED
from shared.bus.publish import BatchRefused, Message, publish_batch, publish_each
from shared.bus.streams import ensure_stream
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.lock import try_lock_connection
from shared.events.envelope import to_wire

POLL_SECONDS = 0.25
BATCH = 500
_CHECK_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_log = structlog.stdlib.get_logger(__name__)

# `position > last seen` would lose rows: a transaction that commits late holds a low position.
_PENDING = text("SELECT * FROM outbox_event WHERE published_at IS NULL ORDER BY position LIMIT :limit")
_MARK = text("""
UPDATE outbox_event SET published_at = now(), stream_sequence = acked.sequence
FROM unnest(CAST(:positions AS bigint[]), CAST(:sequences AS bigint[])) AS acked (position, sequence)
WHERE outbox_event.position = acked.position
""")
_HIGHEST = text("SELECT coalesce(max(stream_sequence), 0) FROM outbox_event")
_LOST = text("""
UPDATE outbox_event SET published_at = NULL, stream_sequence = NULL
WHERE published_at IS NOT NULL AND stream_sequence > :kept
""")
_SINCE = text("""
UPDATE outbox_event SET published_at = NULL, stream_sequence = NULL
WHERE published_at IS NOT NULL AND occurred_at >= :since
""")
_BACKLOG = text("""
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(occurred_at)), 0) AS age
FROM outbox_event WHERE published_at IS NULL
""")


class Relay:
    """Publishes one service's outbox; of several processes only the one that holds the lock is active."""

    def __init__(self, database: Database, client: Client, service: str) -> None:
        """Name the parts; nothing runs yet."""
        self._database = database
        self._client = client
        self._js: JetStreamContext = client.jetstream()
        self._service = service
        self._alarm = asyncio.Event()
        self._checked_at = 0.0

    def wake(self) -> None:
        """Say that a transaction with events was committed in this process."""
        self._alarm.set()

    def check_again(self) -> None:
        """Say that the connection came back: the server may have lost its store meanwhile."""
        self._checked_at = 0.0
        self._alarm.set()

    async def run_forever(self) -> None:
        """Publish until cancelled; trouble with PostgreSQL or NATS is waited out."""
        active = RELAY_ACTIVE.labels(self._service)
        while True:
            try:
                with self._database.guard():
                    async with self._database.engine.connect() as connection:
                        # Autocommit: select and mark on the very connection that holds the lock, without a
                        # transaction that would stay open while the relay sleeps.
                        own = await connection.execution_options(isolation_level="AUTOCOMMIT")
                        if await try_lock_connection(own, "relay", self._service):
                            _log.info("relay_active", service=self._service)
                            active.set(1)
                            self._checked_at = 0.0
                            await self._publish_forever(own)
            except (DatabaseUnavailable, Busy) as fault:
                _log.warning("relay_waits_for_database", fault=repr(fault.__cause__ or fault))
            finally:
                active.set(0)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _publish_forever(self, connection: AsyncConnection) -> None:
        while True:
            self._alarm.clear()
            try:
                await self._check_stream(connection)
                while await self._publish_some(connection):
                    pass
            except (NoStreamResponseError, ServiceUnavailableError, nats.errors.NoRespondersError):
                self._checked_at = 0.0
                await asyncio.sleep(_RETRY_SECONDS)
            except (nats.errors.Error, APIError, TimeoutError) as fault:
                # The library swallows the reason of a refused publish; its error callback logs it.
                _log.warning("relay_waits_for_bus", fault=repr(fault))
                self._checked_at = 0.0
                await asyncio.sleep(_RETRY_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._alarm.wait()

    async def _publish_some(self, connection: AsyncConnection) -> bool:
        """Publish one batch of what waits; tell whether there may be more."""
        rows = [dict(row) for row in (await connection.execute(_PENDING, {"limit": BATCH})).mappings()]
        if not rows:
            return False
        messages = [Message(row["position"], row["id"], row["subject"], to_wire(row)) for row in rows]
        done = await self._send(messages)
        if done:
            await connection.execute(_MARK, {"positions": list(done), "sequences": list(done.values())})
            PUBLISHED.labels(self._service).inc(len(done))
        return len(done) == BATCH

    async def _send(self, messages: list[Message]) -> dict[int, int]:
        if len(messages) > 1:
            try:
                return await publish_batch(self._client, messages)
            except BatchRefused as fault:
                _log.info("batch_refused", reason=str(fault))
        return await publish_each(self._js, self._service, messages)

    async def _check_stream(self, connection: AsyncConnection) -> None:
        """Make the stream if it is missing; notice one that lost events and publish those again."""
        now = asyncio.get_running_loop().time()
        if self._checked_at and now - self._checked_at < _CHECK_SECONDS:
            return
        info = await ensure_stream(self._js, self._service)
        highest = (await connection.execute(_HIGHEST)).scalar_one()
        if highest > info.state.last_seq:
            lost = await self._reset(connection, info.state.last_seq)
            _log.error("stream_lost_events", lost=lost, last_sequence=info.state.last_seq, highest_stored=highest)
        backlog = (await connection.execute(_BACKLOG)).one()
        BACKLOG.labels(self._service).set(backlog.waiting)
        OLDEST.labels(self._service).set(float(backlog.age))
        self._checked_at = now

    async def _reset(self, connection: AsyncConnection, last_seq: int) -> int:
        """Mark what the stream lost as unpublished.

        A stream that was made anew may already hold a few new events under low numbers; telling them from old ones
        needs no thought: everything is published again, the inboxes skip what they know.
        """
        kept = -1 if last_seq < BATCH else last_seq
        lost = (await connection.execute(_LOST, {"kept": kept})).rowcount
        REPUBLISHED.labels(self._service).inc(lost)
        return lost


async def republish(url: str, service: str, since: datetime) -> int:
    """Mark the events since `since` as unpublished; return how many. The running relay publishes them."""
    database = Database(url, service=service, pool_size=1)
    try:
        async with database.engine.begin() as connection:
            return int((await connection.execute(_SINCE, {"since": since})).rowcount)
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Run the command line; the address comes from `<SERVICE>_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog="python -m shared.bus.relay", description=__doc__)
    parser.add_argument("verb", choices=("republish",))
    parser.add_argument("service")
    parser.add_argument("--since", required=True, type=_instant, help="date or instant, such as 2026-01-01")
    given: Any = parser.parse_args(arguments)
    url = os.environ.get(f"{given.service.upper()}_DATABASE_URL")
    if url is None:
        parser.error(f"set {given.service.upper()}_DATABASE_URL")
    count = asyncio.run(republish(url, given.service, given.since))
    sys.stdout.write(f"{given.service}: {count} events will be published again 条事件将重新发布\n")
    return 0


def _instant(word: str) -> datetime:
    instant = datetime.fromisoformat(word)
    if instant.tzinfo is None:
        instant = datetime.combine(instant.date(), instant.time() or time.min, tzinfo=UTC)
    return instant


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The relay: outbox → NATS, one per service, in the order of positions, again and again until it is acknowledged.

`python -m shared.bus.relay republish finance --since 2026-01-01` does by hand what the relay does by itself when a
stream was lost: it marks events as unpublished; the running relay then publishes them, and inboxes skip what they know.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamInfo
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.cancellation import end_if_cancelled
from shared.bus.history import StreamHistory
from shared.bus.metrics import BACKLOG, OLDEST, PUBLISHED, RELAY_ACTIVE, REPUBLISHED
from shared.bus.publish import MOST_IN_BATCH, BatchRefused, Message, Published, Publisher, Sent
from shared.bus.request import NotProvisioned, Provisioning
from shared.bus.streams import missing_within
from shared.db import outbox
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.lease import Lease, LeaseLost
from shared.db.pooler import database_for_command
from shared.events.catalogue import PUBLISHERS, stream_of
from shared.events.envelope import to_wire
from shared.events.trust import EventKeys
from shared.failpoint import reached

POLL_SECONDS = 0.25
BATCH = MOST_IN_BATCH
_CHECK_SECONDS = 2.0
_RETRY_SECONDS = 0.5
# Publications in a row that a stream let pass in silence although it answers for itself: a minute's worth.
MOST_UNANSWERED = 12
_REFUSED = 2
_MARKS_NEED_NO_SYNC = text("SET synchronous_commit = off")
_log = structlog.stdlib.get_logger(__name__)


class Relay:
    """Publishes one service's outbox; of several processes only the one that holds the lease is active."""

    def __init__(self, database: Database, client: Client, service: str, keys: EventKeys) -> None:
        """Name the parts; nothing runs yet."""
        self._database = database
        self._js: JetStreamContext = client.jetstream()
        self._publisher = Publisher(client, service)
        self._provisioning = Provisioning(client, service, of=service)
        self._service = service
        self._history = StreamHistory(self._js, service, keys.trust)
        self._signer = keys.signer
        self.lease = Lease(database, "relay")
        self._alarm = asyncio.Event()
        self._checked_at: float | None = None
        self._highest = 0
        self._may_publish = False
        self._doubted = True
        self._unanswered = 0
        self._patience = MOST_UNANSWERED
        self.is_active = False
        """Whether this process's relay is the one that publishes."""

    @property
    def waits_for(self) -> str | None:
        """What the provisioner was asked for and has not made."""
        return self._provisioning.waits_for

    @property
    def is_refused(self) -> bool:
        """Whether the broker is there and takes nothing: its disk may be full."""
        return self._unanswered >= _REFUSED

    def wake(self) -> None:
        """Say that a transaction with events was committed."""
        self._alarm.set()

    def check_again(self) -> None:
        """Say that the connection came back: the server may have lost its store meanwhile."""
        self._doubt()
        self._alarm.set()

    def _doubt(self) -> None:
        """Look at the stream anew before anything else is published."""
        self._doubted = True
        self._history.doubt()

    async def run_forever(self) -> None:
        """Publish until cancelled; trouble with PostgreSQL or NATS is waited out."""
        while True:
            end_if_cancelled()
            try:
                while not await self.lease.take():  # noqa: ASYNC110  # another process's
                    await asyncio.sleep(_RETRY_SECONDS)
                async with self.lease.kept(), self._own_connection() as own:
                    _log.info("relay_active", service=self._service)
                    self._be_active(yes=True)
                    self._doubt()
                    await self._publish_forever(own)
            except (DatabaseUnavailable, Busy) as fault:
                _log.warning("relay_waits_for_database", fault=fault.__cause__ or fault)
            except Exception:  # noqa: BLE001  # the relay outlives what it does not understand; the backlog metric tells
                _log.exception("relay_failed")
            await asyncio.sleep(_RETRY_SECONDS)

    def _be_active(self, *, yes: bool) -> None:
        RELAY_ACTIVE.labels(self._service).set(int(yes))
        self.is_active = yes

    @contextlib.asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[AsyncConnection]:
        """Yield the connection on which the relay selects and marks."""
        with self._database.guard():
            async with self._database.engine.connect() as own:
                if not self._database.is_pooled:
                    # Autocommit: no transaction stays open while the relay sleeps, and a mark is one round trip.
                    await own.execution_options(isolation_level="AUTOCOMMIT")
                    # A mark that a crash takes back costs a second publication, which every inbox skips.
                    await own.execute(_MARKS_NEED_NO_SYNC)
                try:
                    yield own
                finally:
                    self._be_active(yes=False)  # before the lease is free: another relay may take it at once
                    await own.invalidate()  # what was set for it must not be found by another use

    async def _publish_forever(self, connection: AsyncConnection) -> None:
        while True:
            end_if_cancelled()
            self._alarm.clear()
            if self.lease.is_lost:
                raise LeaseLost
            try:
                if await self._check_stream(connection):
                    while await self._publish_some(connection):
                        pass
            except NotProvisioned as fault:
                _log.warning("relay_waits_for_provisioning", reason=str(fault))
                self._doubt()
                await asyncio.sleep(_RETRY_SECONDS)
            except (NoStreamResponseError, ServiceUnavailableError, nats.errors.NoRespondersError):
                self._doubt()
                await asyncio.sleep(_RETRY_SECONDS)
            except (nats.errors.Error, APIError, TimeoutError) as fault:
                # The library swallows the reason of a refused publish; its error callback logs it.
                _log.warning("relay_waits_for_bus", fault=fault)
                self._doubt()
                await asyncio.sleep(_RETRY_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._alarm.wait()

    async def _publish_some(self, connection: AsyncConnection) -> bool:
        """Publish what waits, batch after batch; tell whether there may be more.

        While the server syncs a batch, the one before it is marked and the next one read. It is not sent before all of
        this one is acknowledged: an aggregate's order hangs on that.
        """
        messages = await self._read(connection, [])
        unmarked: Published | None = None
        while messages:
            end_if_cancelled()
            reached(self._service, "before_publish")
            sent = await self._send(messages)
            if unmarked is not None:
                await self._mark(connection, unmarked)
                unmarked = None
            ahead = await self._read(connection, messages) if len(messages) == BATCH else []
            done = await self._heard(sent)
            if not done.acked:
                return False
            reached(self._service, "after_publish_before_mark")
            if await self._history.foreign_among(connection, known=self._highest, acked=done.acked.values()):
                self._may_publish = False
                await self._mark(connection, done)
                return False
            lost_some = done.first_new is not None and done.first_new <= self._highest
            if done.first_new is not None and lost_some:
                # A fresh event got a number that another one had: what the stream held from there on is gone.
                before = done.first_new - 1
                kept = await self._history.kept(connection, first=1, last=before)
                await self._put_back(connection, kept=kept, last=before)
            unmarked = done
            self._highest = max(self._highest, *done.acked.values())
            if lost_some or len(done.acked) < len(messages):
                # What was read ahead would overtake those that stand before it.
                await self._mark(connection, done)
                return True
            messages = ahead
        if unmarked is not None:
            await self._mark(connection, unmarked)
        return False

    async def _read(self, connection: AsyncConnection, under_way: list[Message]) -> list[Message]:
        """Return the next batch of what waits, besides what is under way."""
        rows = await outbox.pending(connection, limit=BATCH, besides=[one.position for one in under_way])
        await connection.commit()
        if not rows:
            return []
        payloads = [to_wire(row) for row in rows]
        headers = self._signer.headers((row.subject, payload) for row, payload in zip(rows, payloads, strict=True))
        signed = zip(rows, payloads, headers, strict=True)
        return [Message(row.position, row.id, row.subject, payload, header) for row, payload, header in signed]

    async def _mark(self, connection: AsyncConnection, done: Published) -> None:
        await outbox.mark(connection, self._service, done.acked, self.lease.fence)
        await connection.commit()
        PUBLISHED.labels(self._service).inc(len(done.acked))

    async def _send(self, messages: list[Message]) -> Sent:
        if len(messages) > 1:
            return await self._publisher.send_batch(messages)
        return await self._publisher.send_each(messages)

    async def _heard(self, sent: Sent) -> Published:
        """Return what became of `sent`, and count how often in a row nothing was heard of it."""
        try:
            done = await self._outcome(sent)
        except TimeoutError:
            self._unanswered += 1
            raise
        self._unanswered, self._patience = 0, MOST_UNANSWERED
        return done

    async def _outcome(self, sent: Sent) -> Published:
        if not sent.is_batch:
            return await self._publisher.outcome_of_each(sent)
        try:
            return await self._publisher.outcome_of_batch(sent)
        except BatchRefused as fault:
            _log.info("batch_refused", reason=str(fault))
            return await self._publisher.outcome_of_each(await self._publisher.send_each(sent.messages))

    async def _check_stream(self, connection: AsyncConnection) -> bool:
        """Make the stream if it is missing; notice one that lost events and publish those again.

        Tell whether anything may be published: nothing while the stream holds events that the outbox does not know.
        """
        now = asyncio.get_running_loop().time()
        doubted = self._doubted
        if not doubted and self._checked_at is not None and now - self._checked_at < _CHECK_SECONDS:
            return self._may_publish
        self._doubted = False  # now: a line that breaks meanwhile brings new doubt
        info = await self._stream()
        self._highest = await outbox.highest(connection, self._service)
        # First of all: mending a stream would throw away the only record of what a restored database has lost.
        self._may_publish = await self._history.agrees(connection, last=info.state.last_seq, highest=self._highest)
        if self._may_publish:
            await self._mend(connection, info, doubted=doubted)
        backlog = await outbox.backlog(connection)
        await connection.commit()
        BACKLOG.labels(self._service).set(backlog.waiting)
        OLDEST.labels(self._service).set(backlog.oldest_seconds)
        self._checked_at = now
        return self._may_publish

    async def _mend(self, connection: AsyncConnection, info: StreamInfo, *, doubted: bool) -> None:
        """Put back to be published what the stream has lost."""
        holes = missing_within(info)
        if holes:
            # Which ones is not worth asking: the whole record goes out again, the inboxes skip what they know.
            _log.error("stream_has_holes", missing=holes, stream=info.config.name)
            info = await self._stream_anew()
        elif self._unanswered >= self._patience:
            # A server whose disk was full never writes to that stream again, whatever space there is now.
            _log.error("stream_takes_nothing", unanswered=self._unanswered, stream=info.config.name)
            self._unanswered, self._patience = 0, 2 * self._patience
            info = await self._stream_anew()
        last = info.state.last_seq
        if self._highest > last or doubted:
            kept = await self._history.kept(connection, first=info.state.first_seq, last=min(last, self._highest))
            if kept < self._highest:
                await self._put_back(connection, kept=kept, last=last)

    async def _stream(self) -> StreamInfo:
        """Return what the broker knows of the own stream, which the provisioner makes where it is missing.

        Raises:
            NotProvisioned: nobody makes it; try again.
        """
        name = stream_of(self._service)
        try:
            info = await self._js.stream_info(name)
        except NotFoundError:
            await self._provisioning.stream()
            return await self._js.stream_info(name)
        self._provisioning.is_there()
        return info

    async def _stream_anew(self) -> StreamInfo:
        await self._provisioning.stream_anew()
        return await self._js.stream_info(stream_of(self._service))

    async def _put_back(self, connection: AsyncConnection, *, kept: int, last: int) -> None:
        """Mark as unpublished what the stream held above `kept`."""
        lost = await outbox.unpublish_above(connection, self._service, kept, self.lease.fence)
        await connection.commit()
        REPUBLISHED.labels(self._service).inc(lost)
        _log.error("stream_lost_events", lost=lost, last_sequence=last, highest_stored=self._highest)
        self._highest = kept


async def republish(url: str, service: str, since: datetime) -> int:
    """Mark the events since `since` as unpublished; return how many. The running relay publishes them."""
    database = database_for_command(url, service)
    try:
        async with database.engine.connect() as connection:
            if not database.is_pooled:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            count = await outbox.unpublish_since(connection, since)
            await connection.commit()
            return count
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Run the command line; the address comes from `<SERVICE>_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog="python -m shared.bus.relay", description=__doc__)
    parser.add_argument("verb", choices=("republish",))
    parser.add_argument("service", choices=PUBLISHERS)
    parser.add_argument("--since", default="1970-01-01", type=_instant, help="date or instant, such as 2026-01-01")
    given: Any = parser.parse_args(arguments)
    url = os.environ.get(f"{given.service.upper()}_DATABASE_URL")
    if url is None:
        parser.error(f"set {given.service.upper()}_DATABASE_URL")
    count = asyncio.run(republish(url, given.service, given.since))
    sys.stdout.write(f"{given.service}: {count} events will be published again 条事件将重新发布\n")
    return 0


def _instant(word: str) -> datetime:
    instant = datetime.fromisoformat(word)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

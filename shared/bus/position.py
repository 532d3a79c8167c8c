"""The position of a consumer in a publisher's stream: a database that was set back is given again what it has lost.

The broker knows what was acknowledged, the database what took effect. Where the broker is ahead, the durable consumer
is made anew behind what the database holds, and the inbox skips what it knows.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js.api import ConsumerInfo
from nats.js.errors import APIError, NotFoundError

from shared.bus.cancellation import end_if_cancelled
from shared.bus.metrics import REWOUND
from shared.bus.request import Provisioning
from shared.bus.streams import find_consumer, has_given_nothing, is_of_today, serves
from shared.db import consumer_mark
from shared.db.consumer_mark import Mark
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.lock import lock_transaction_of
from shared.events.catalogue import stream_of

KEEP_SECONDS = 1.0
_PATIENCE_SECONDS = 3 * KEEP_SECONDS
_log = structlog.stdlib.get_logger(__name__)


class ConsumerPosition:
    """Keeps one durable consumer and the mark of what it has given."""

    def __init__(self, database: Database, client: Client, *, publisher: str, subjects: Sequence[str]) -> None:
        """Name the parts; nothing is asked yet."""
        self._database = database
        self._js = client.jetstream()
        self._publisher = publisher
        self._listener = database.service
        self._provisioning = Provisioning(client, database.service, of=publisher)
        self._subjects = tuple(sorted(subjects))
        self._known: Mark | None = None

    async def ensure(self) -> None:
        """Have the durable consumer made if it is missing, and anew if it is ahead of the database.

        Raises:
            NotProvisioned: nobody makes it; try again.
            NotFoundError: its stream went away just now.
            DatabaseUnavailable, Busy: the mark cannot be read; try again.
        """
        await self._wait_for_another_process()
        with self._database.guard():
            async with self._database.engine.begin() as connection:
                # One process at a time: two would make each other's consumer anew.
                await lock_transaction_of(connection, "position", self._publisher)
                held = await self._found()
                mark = await consumer_mark.read(connection, self._publisher)
                self._known = await self._agreed(held, mark)
                if self._known != mark:
                    await consumer_mark.put(connection, self._publisher, self._known)
        self._provisioning.is_there()

    async def keep_forever(self) -> None:
        """Move the mark behind the acknowledgements, and notice a database that was set back under this process."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            end_if_cancelled()
            try:
                await self.keep()
            except (DatabaseUnavailable, Busy, nats.errors.Error, APIError, TimeoutError) as fault:
                _log.debug("mark_not_moved", publisher=self._publisher, fault=fault)

    async def keep(self) -> None:
        """Move the mark once.

        Raises:
            NotFoundError: the consumer is gone; whoever pulls from it makes it again.
            nats.errors.Error, DatabaseUnavailable, Busy: not now.
        """
        known = self._known
        if known is None:
            return
        # Read before the database is: what is acknowledged took effect.
        info = await self._js.consumer_info(*self._names)
        if info.created != known.durable_made_at:
            return
        with self._database.guard():
            async with self._database.engine.begin() as connection:
                stands = await consumer_mark.move(connection, self._publisher, known, _floor(info))
        if self._known is not known:
            return
        if stands is None or stands < known.sequence:
            await self.ensure()
        else:
            self._known = Mark(known.durable_made_at, stands)

    async def leave(self) -> None:
        """Move the mark a last time, so that the next process begins where this one ends; a second is enough for it."""
        with contextlib.suppress(DatabaseUnavailable, Busy, nats.errors.Error, APIError, TimeoutError):
            async with asyncio.timeout(1):
                await self.keep()

    @property
    def waits_for(self) -> str | None:
        """What the provisioner was asked for and has not made."""
        return self._provisioning.waits_for

    @property
    def _names(self) -> tuple[str, str]:
        return stream_of(self._publisher), self._listener

    async def _wait_for_another_process(self) -> None:
        """Give another process of this service the time to move the mark, which lags a second behind by design."""
        for _ in range(int(_PATIENCE_SECONDS / KEEP_SECONDS * 2)):
            held = await self._found()
            with self._database.guard():
                async with self._database.engine.connect() as connection:
                    mark = await consumer_mark.read(connection, self._publisher)
            if held is None or mark is None or held.created != mark.durable_made_at or _floor(held) <= mark.sequence:
                return
            if self._seen_of(mark) is not None:
                return
            await asyncio.sleep(KEEP_SECONDS / 2)

    async def _agreed(self, held: ConsumerInfo | None, mark: Mark | None) -> Mark:
        """Return the mark of a consumer that gives everything above it, having it made where there is none."""
        if held is None:
            await self._provisioning.consumer(self._subjects)
            return Mark((await self._made()).created, 0)
        if not serves(held, self._subjects):
            # The old consumer is past the earlier events of a subject that is new to it: begin again, inboxes skip
            # what took effect before.
            return await self._anew(held, after=0)
        if mark is None or held.created != mark.durable_made_at:
            if not has_given_nothing(held):
                # Nobody knows what of it took effect here: the mark of an older database, or none yet.
                return await self._anew(held, after=0)
            # Made before this service began, or after the broker lost its store: it gives everything.
            mark = Mark(held.created, 0)
        # Who lived through it knows how far the mark was; who just began must take it as it stands.
        seen = self._seen_of(mark)
        if mark.sequence < (seen if seen is not None else _floor(held)):
            return await self._anew(held, after=mark.sequence)
        if not is_of_today(held, self._subjects):
            await self._provisioning.consumer(self._subjects)
        return mark

    def _seen_of(self, mark: Mark) -> int | None:
        """Return how far this process has seen the mark of the same consumer, None if it has not."""
        known = self._known
        return known.sequence if known is not None and known.durable_made_at == mark.durable_made_at else None

    async def _anew(self, held: ConsumerInfo, *, after: int) -> Mark:
        REWOUND.labels(self._listener, self._publisher).inc()
        _log.warning("consumer_rewound", publisher=self._publisher, after=after, acknowledged=_floor(held))
        await self._provisioning.consumer_anew(self._subjects, after=after)
        return Mark((await self._made()).created, after)

    async def _found(self) -> ConsumerInfo | None:
        try:
            return await find_consumer(self._js, self._publisher, self._listener)
        except NotFoundError:
            # The stream is missing: the provisioner makes both.
            return None

    async def _made(self) -> ConsumerInfo:
        """Return the consumer that was made just now."""
        info: ConsumerInfo = await self._js.consumer_info(*self._names)
        return info


def _floor(info: ConsumerInfo) -> int:
    return info.ack_floor.stream_seq if info.ack_floor is not None else 0

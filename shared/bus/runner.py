"""The bus of one process: connection, relay and consumers, started in the application's task group."""

import asyncio
import contextlib
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError

from shared.bus.cancellation import end_if_cancelled
from shared.bus.connection import connected
from shared.bus.consumer import Consumer
from shared.bus.dead_letter import replay
from shared.bus.metrics import BUS_CONNECTED, DEAD_WAITING
from shared.bus.relay import Relay
from shared.bus.scrub import scrub
from shared.bus.subscription import Subscription
from shared.db.dead_letter import count_waiting
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.events.trust import EventKeys
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock

_RETRY_SECONDS = 0.5
DEAD_LETTER_SECONDS = 10.0
_SCRUB_PAUSE_SECONDS = 1.0
_log = structlog.stdlib.get_logger(__name__)


class Bus:
    """Relay and consumers of one service in one process."""

    def __init__(
        self, database: Database, clock: Clock, *, url: str, subscriptions: Sequence[Subscription], keys: EventKeys
    ) -> None:
        """Name the parts; nothing is connected yet.

        Args:
            database: of the service; its commits wake the relay.
            clock: tells the time to handlers.
            url: `nats://user:password@host:port`.
            subscriptions: what the service listens to.
            keys: what it signs with and whom it believes.

        Raises:
            ValueError: two handlers share a name, and so the entries of one inbox.
        """
        if len({one.handler_name for one in subscriptions}) < len(subscriptions):
            raise ValueError("each handler has a name of its own")
        self._database = database
        self._clock = clock
        self._url = url
        self._keys = keys
        self._by_publisher: dict[str, list[Subscription]] = {}
        for one in subscriptions:
            self._by_publisher.setdefault(one.event.publisher(), []).append(one)
        self._relay: Relay | None = None
        self._consumers: list[Consumer] = []
        self._connected = False
        self._committed = asyncio.Event()
        self._line_is_new = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether the process is connected to NATS just now."""
        return self._connected

    @property
    def is_refused(self) -> bool:
        """Whether the broker is there and takes nothing."""
        return self._relay is not None and self._relay.is_active and self._relay.is_refused

    @property
    def waits_for(self) -> list[str]:
        """The streams and consumers that this process needs and that nobody has made yet."""
        of_relay = self._relay.waits_for if self._relay is not None else None
        return sorted(filter(None, {of_relay, *(one.waits_for for one in self._consumers)}))

    async def run_forever(self, *, relay: bool, consumers: bool) -> None:
        """Connect and run until cancelled; a broker that is not there yet is waited for.

        Args:
            relay: whether this process may publish the outbox.
            consumers: whether this process reads other services' events.
        """
        while True:
            end_if_cancelled()
            # A task of its own: a group of tasks one of which failed leaves the task that holds it looking as if it had
            # been told to end, and it would never begin again.
            line = self._run_line(relay=relay, consumers=consumers)
            await asyncio.create_task(line, name="line")  # noqa: TID251  # awaited at once, and ended with this one
            await asyncio.sleep(_RETRY_SECONDS)

    async def _run_line(self, *, relay: bool, consumers: bool) -> None:
        """Run on one connection until it, or anything that hangs on it, comes to its end."""
        gauge = BUS_CONNECTED.labels(self._database.service)
        try:
            async with (
                connected(self._url, service=self._database.service, on_reconnect=self._came_back) as client,
                asyncio.TaskGroup() as tasks,
            ):
                self._connected = True
                gauge.set(1)
                self._database.on_events = self._tell_relay
                tasks.create_task(self._tell_other_processes(client), name="tell")
                if relay:
                    self._relay = Relay(self._database, client, self._database.service, self._keys)
                    await client.subscribe(self._alarm_subject, cb=self._was_told)
                    tasks.create_task(self._relay.run_forever(), name="relay")
                    tasks.create_task(self._scrub_after_starts(client, self._relay), name="scrub")
                for publisher, subscriptions in self._by_publisher.items() if consumers else ():
                    consumer = Consumer(
                        self._database,
                        client,
                        self._clock,
                        publisher=publisher,
                        subscriptions=subscriptions,
                        trust=self._keys.trust,
                    )
                    self._consumers.append(consumer)
                    tasks.create_task(consumer.run_forever(), name=f"consume {publisher}")
                if consumers and self._by_publisher:
                    tasks.create_task(self._tend_dead_letters(), name="dead letters")
                tasks.create_task(self._watch(client), name="watch")
                end_if_cancelled()
        except (nats.errors.Error, OSError, TimeoutError) as fault:
            _log.warning("bus_not_reachable", fault=fault)
        except BaseExceptionGroup as faults:
            expected, unexpected = faults.split((nats.errors.Error, OSError, TimeoutError))
            if unexpected is not None:
                raise
            _log.warning("bus_starts_again", fault=repr(expected))
        finally:
            self._connected = False
            gauge.set(0)
            self._consumers.clear()

    @property
    def _alarm_subject(self) -> str:
        # Below the service's own inbox prefix: its user may publish and hear this, and no stream keeps it.
        return f"_INBOX_{self._database.service}.outbox"

    def _tell_relay(self) -> None:
        """Say that a transaction with events was committed here."""
        if self._relay is not None and self._relay.is_active:
            self._relay.wake()
        else:
            self._committed.set()

    async def _tell_other_processes(self, client: Client) -> None:
        """Wake the relay where it is active in another process of the service; a lost word costs one poll."""
        while True:
            end_if_cancelled()
            await self._committed.wait()
            self._committed.clear()
            with contextlib.suppress(nats.errors.Error):
                await client.publish(self._alarm_subject, b"")

    async def _scrub_after_starts(self, client: Client, relay: Relay) -> None:
        """Read the stream back when the relay begins and each time the line came back: the broker may have died."""
        self._line_is_new.set()
        while True:
            end_if_cancelled()
            await self._line_is_new.wait()
            await asyncio.sleep(_SCRUB_PAUSE_SECONDS)
            if not relay.is_active:
                continue
            self._line_is_new.clear()
            try:
                if await scrub(client, self._database):
                    relay.wake()
            except (nats.errors.Error, APIError, TimeoutError, DatabaseUnavailable, Busy) as fault:
                _log.info("scrub_postponed", fault=fault)
                self._line_is_new.set()

    async def _was_told(self, _message: Msg) -> None:
        if self._relay is not None:
            self._relay.wake()

    async def _tend_dead_letters(self) -> None:
        """Count what waits, and replay what only waited for an event before it, which may have come since."""
        subscriptions = [one for listened in self._by_publisher.values() for one in listened]
        service = self._database.service
        actor = system_actor(service)
        while True:
            end_if_cancelled()
            try:
                async with self._database.transaction(actor=actor, clock=self._clock, read_only=True) as tx:
                    count = await count_waiting(tx)
                DEAD_WAITING.labels(service).set(count)
                if count:
                    await replay(self._database, self._clock, subscriptions, self._keys.trust, only_gaps=True)
            except (DatabaseUnavailable, Busy) as fault:
                _log.warning("dead_letters_wait_for_database", fault=fault.__cause__ or fault)
            await asyncio.sleep(DEAD_LETTER_SECONDS)

    async def _watch(self, client: Client) -> None:
        gauge = BUS_CONNECTED.labels(self._database.service)
        while not client.is_closed:
            self._connected = client.is_connected
            gauge.set(int(self._connected))
            await asyncio.sleep(_RETRY_SECONDS)
        raise ConnectionError("the connection to NATS was closed")

    def _came_back(self) -> None:
        self._line_is_new.set()
        if self._relay is not None:
            self._relay.check_again()
        for consumer in self._consumers:
            consumer.wake()

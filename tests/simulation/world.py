"""Two services on real databases, joined by the fake bus; their relays, workers and handlers are the product's own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
from nats.js.errors import APIError, NotFoundError
from sqlalchemy import text

from shared.bus import relay as relay_room
from shared.bus.dead_letter import replay
from shared.bus.receiver import Arrival, Receiver
from shared.bus.streams import find_consumer, make_consumer
from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Database
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction
from shared.events.catalogue import stream_of
from shared.events.envelope import Envelope
from shared.events.event import Event
from shared.kernel.actor import system_actor
from tests.simulation.bus import FakeBus
from tests.simulation.events import FirmChanged, LineChanged, MarkSet, NoteMade, TitleChanged
from tests.simulation.schedule import Schedule
from tests.support.event_keys import event_keys, trust
from tests.support.lab import NAMES, lab_database
from tests.support.postgres import DatabaseServer

_TABLES = (
    """CREATE TABLE IF NOT EXISTS simulated_effect (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, handler text NOT NULL, aggregate_id text NOT NULL,
        version bigint NOT NULL, sequence bigint NOT NULL, event_id uuid NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS simulated_owner (firm text PRIMARY KEY, label text NOT NULL, times bigint NOT NULL)",
)
_EFFECT = text("""
INSERT INTO simulated_effect (handler, aggregate_id, version, sequence, event_id)
VALUES (:handler, :aggregate_id, :version, :sequence, :event_id)
""")
_OWN = text("""
INSERT INTO simulated_owner AS held VALUES (:firm, :label, 1)
ON CONFLICT (firm) DO UPDATE SET label = excluded.label, times = held.times + 1 RETURNING times
""")
FIRMS = ("a", "b", "c")


@contextlib.asynccontextmanager
async def empty_databases(postgres: DatabaseServer) -> AsyncIterator[dict[str, Database]]:
    """Yield databases of a publisher and a listener, with the tables in which histories write down what happened."""
    async with lab_database(postgres, "registry") as registry, lab_database(postgres, "finance") as finance:
        found = {"registry": registry, "finance": finance}
        for database in found.values():
            async with database.engine.begin() as connection:
                for table in _TABLES:
                    await connection.execute(text(table))
        yield found


class Poison(Exception):  # noqa: N818  # what the handler meets
    """A handler cannot digest an event, for now or until somebody mends it."""


@dataclass(slots=True)
class World:
    """Everything that one history runs in."""

    schedule: Schedule
    bus: FakeBus
    databases: dict[str, Database]
    poison: dict[str, int] = field(default_factory=dict)
    """Label of an event → how often its handlers fail yet."""
    emitted: int = 0
    rubbish: set[bytes] = field(default_factory=set)
    relays: list[relay_room.Relay] = field(default_factory=list)

    def subscriptions(self, service: str) -> list[Subscription]:
        """Return what a service listens to: states and happenings, singly and in batches."""
        if service == "finance":
            return [
                Subscription("finance.firm", FirmChanged, self._project("finance.firm"), Mode.BATCH),
                Subscription("finance.title", TitleChanged, self._keep("finance.title")),
                Subscription("finance.mark", MarkSet, self._answer),
                Subscription("finance.tally", MarkSet, self._gather("finance.tally"), Mode.BATCH),
            ]
        return [
            Subscription("registry.line", LineChanged, self._project("registry.line"), Mode.BATCH),
            Subscription("registry.note", NoteMade, self._gather("registry.note"), Mode.BATCH),
        ]

    async def change(self) -> None:
        """Let the registry change a firm: lock it, emit, and commit sooner or later."""
        chance = self.schedule.chance
        self.emitted += 1
        firm, label = chance.choice(FIRMS), f"{self.emitted}"
        kinds: list[type[Event]] = chance.choice([[FirmChanged], [TitleChanged], [MarkSet], [MarkSet, FirmChanged]])
        if self.schedule.happens("poison", 0.1):
            self.poison[label] = chance.choice([1, 2, 6, 1_000])
        early = chance.random() < 0.4
        self.schedule.note(f"{self.schedule.actor} changes {firm}: {[kind.__name__ for kind in kinds]} {label!r}")
        async with self.databases["registry"].transaction(
            actor=system_actor("registry"), clock=self.schedule.clock
        ) as tx:
            if FirmChanged in kinds:
                await tx.session.execute(_OWN, {"firm": firm, "label": label})
            tx.emit(*(kind.model_validate({"firm": firm, "label": label}) for kind in kinds))
            if early:
                # The rows have their positions now and are seen later: others commit in between.
                await tx.flush()
                tx._kept.events.clear()
            await self.schedule.pause("before its commit")

    async def relay(self, service: str) -> None:
        """One life of a relay: wait for the lease, publish for some rounds."""
        schedule, database = self.schedule, self.databases[service]
        relay = relay_room.Relay(database, self.bus.client(), service, event_keys(service))  # type: ignore[arg-type]  # the double
        self.relays.append(relay)
        while not await relay.lease.take():
            if schedule.faults_on and schedule.chance.random() < 0.7:
                return
            await schedule.pause("while another has the lease")
        async with relay.lease.kept(), relay._own_connection() as own:
            rounds = 0
            while rounds < (schedule.chance.randint(1, 6) if schedule.faults_on else 1):
                rounds += 1
                try:
                    may_publish = await relay._check_stream(own)
                    while may_publish and await relay._publish_some(own):
                        await schedule.pause("between two batches")
                except (nats.errors.Error, APIError, TimeoutError):
                    rounds = 0 if not schedule.faults_on else rounds
                    relay._doubt()
                await schedule.pause("between two rounds")
                if schedule.chance.random() < 0.5:
                    relay._checked_at = None
                elif relay._checked_at is not None:
                    relay._checked_at = asyncio.get_running_loop().time()

    async def work(self, service: str, publisher: str) -> None:
        """Let one worker of a service take some messages and handle them as the consumer does."""
        by_subject: dict[str, list[Subscription]] = {}
        for one in self.subscriptions(service):
            by_subject.setdefault(one.event.subject, []).append(one)
        try:
            js: Any = self.bus.client()
            if await find_consumer(js, publisher, service) is None:
                await make_consumer(js, publisher=publisher, listener=service, subjects=sorted(by_subject))
            deliveries = self.bus.take(stream_of(publisher), service, self.schedule.chance.choice([1, 3, 10]))
        except NotFoundError:
            return
        if not deliveries:
            return
        self.schedule.note(f"{self.schedule.actor} takes {' '.join(one.label for one in deliveries)}")
        receiver = Receiver(self.databases[service], self.schedule.clock, by_subject, trust())
        await receiver.handle([Arrival(one, one.metadata.num_delivered) for one in deliveries])  # type: ignore[arg-type]  # 〃

    async def tend(self, service: str, *, only_gaps: bool = True) -> None:
        """Replay what waits for an event before it, as each process does by itself, or everything, as people do."""
        done, _ = await replay(
            self.databases[service], self.schedule.clock, self.subscriptions(service), trust(), only_gaps=only_gaps
        )
        if done:
            self.schedule.note(f"{service} replays {done} letters")

    async def _take_in(self, tx: Transaction, handler: str, events: Sequence[Envelope[Any]]) -> None:
        """Write down what takes effect, and fail over poison when half of it is written."""
        for one in events:
            await tx.session.execute(
                _EFFECT,
                {
                    "handler": handler,
                    "aggregate_id": one.aggregate_id,
                    "version": one.version,
                    "sequence": one.sequence,
                    "event_id": one.id,
                },
            )
            if self.poison.get(one.data.label, 0) > 0:
                self.poison[one.data.label] -= 1
                raise Poison(one.data.label)
        await self.schedule.pause(f"in {handler}, before its commit")

    def _project(self, handler: str) -> Callable[[Transaction, list[Envelope[Any]]], Awaitable[None]]:
        async def project(tx: Transaction, events: list[Envelope[Any]]) -> None:
            rows = [{"uscc": one.data.firm, "name": one.data.label, "version": one.version} for one in events]
            await upsert_if_newer(tx, NAMES, rows, key=["uscc"])
            await self._take_in(tx, handler, events)

        return project

    def _gather(self, handler: str) -> Callable[[Transaction, list[Envelope[Any]]], Awaitable[None]]:
        async def gather(tx: Transaction, events: list[Envelope[Any]]) -> None:
            await self._take_in(tx, handler, events)

        return gather

    def _keep(self, handler: str) -> Callable[[Transaction, Envelope[Any]], Awaitable[None]]:
        async def keep(tx: Transaction, event: Envelope[Any]) -> None:
            await self._take_in(tx, handler, [event])

        return keep

    async def _answer(self, tx: Transaction, event: Envelope[Any]) -> None:
        firm = event.data.firm
        times = (await tx.session.execute(_OWN, {"firm": firm, "label": event.data.label})).scalar_one()
        tx.emit(LineChanged(firm=firm, label=f"{times}"), NoteMade(firm=firm, label=f"note {times}"))
        await self._take_in(tx, "finance.mark", [event])

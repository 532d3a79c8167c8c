"""A publisher and a listener on a real broker, with handlers that write down what took effect."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import nats as nats_client
from nats.aio.client import Client
from nats.js.errors import NoStreamResponseError, NotFoundError
from sqlalchemy import text

from deploy.embedded.patience import Patience
from shared.bus.runner import Bus
from shared.bus.streams import ensure_stream
from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Database
from shared.db.projection import upsert_if_newer
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.event import Event
from shared.events.permission import PROVISIONER, inbox_of
from shared.events.registry import EnterpriseChanged, IntegrityChanged, IntegrityMarks
from shared.events.trust import EventKeys
from shared.kernel.actor import system_actor
from tests.support.event_keys import event_keys, signed
from tests.support.lab import NAMES, clock, lab_database, scalar
from tests.support.nats import Broker
from tests.support.postgres import DatabaseServer

CLOCK = clock()


def named(uscc: str, name: str) -> EnterpriseChanged:
    return EnterpriseChanged(
        uscc=uscc,
        name=name,
        unit_id="500107",
        industry_code=None,
        key_field=None,
        founded_on=None,
        legal_form="COMPANY",
        founder_type=None,
        size_class=None,
        status="ACTIVE",
        integrity=IntegrityMarks(),
    )


def marked(uscc: str, *, active: bool = True) -> IntegrityChanged:
    return IntegrityChanged(uscc=uscc, mark="ABNORMAL_OPERATIONS", active=active, effective_on=CLOCK.at.date())


@dataclass
class Listener:
    """Handlers that write down what took effect, in the transaction of the event."""

    fail_on: set[str] = field(default_factory=set)
    happened: list[tuple[str, int]] = field(default_factory=list)
    projected: list[str] = field(default_factory=list)

    async def project(self, tx: Transaction, events: list[Envelope[EnterpriseChanged]]) -> None:
        if self.fail_on & {one.data.name for one in events}:
            raise RuntimeError("this name is poison")
        rows = [{"uscc": one.data.uscc, "name": one.data.name, "version": one.version} for one in events]
        await upsert_if_newer(tx, NAMES, rows, key=["uscc"])
        self.projected += [one.data.uscc for one in events]

    async def count(self, tx: Transaction, event: Envelope[IntegrityChanged]) -> None:
        if event.data.uscc in self.fail_on:
            raise RuntimeError("this firm is poison")
        await tx.session.execute(
            text("INSERT INTO effect VALUES (:id, 1) ON CONFLICT (id) DO UPDATE SET times = effect.times + 1"),
            {"id": str(event.id)},
        )
        self.happened.append((event.data.uscc, event.sequence))

    def subscriptions(self) -> list[Subscription]:
        return [
            Subscription("finance.enterprise", EnterpriseChanged, self.project, Mode.BATCH),
            Subscription("finance.integrity", IntegrityChanged, self.count),
        ]


@dataclass
class Pair:
    """A publisher and a listener with databases of their own."""

    publisher: Database
    listener: Database
    handlers: Listener
    broker: Broker

    async def emit(self, *events: Event) -> None:
        async with self.publisher.transaction(actor=system_actor("registry"), clock=CLOCK) as tx:
            tx.emit(*events)

    def publishing(self, keys: EventKeys | None = None) -> Bus:
        """Return the publisher's bus; `keys` are its own unless given."""
        service = self.publisher.service
        return Bus(
            self.publisher, CLOCK, url=self.broker.url(service), subscriptions=[], keys=keys or event_keys(service)
        )

    def listening(self, subscriptions: list[Subscription] | None = None, keys: EventKeys | None = None) -> Bus:
        """Return the listener's bus; it listens as its handlers do and with its own keys unless told otherwise."""
        service = self.listener.service
        return Bus(
            self.listener,
            CLOCK,
            url=self.broker.url(service),
            subscriptions=self.handlers.subscriptions() if subscriptions is None else subscriptions,
            keys=keys or event_keys(service),
        )

    @contextlib.asynccontextmanager
    async def running(
        self,
        *,
        relay: bool = True,
        consumers: bool = True,
        subscriptions: list[Subscription] | None = None,
        keys: EventKeys | None = None,
    ) -> AsyncIterator[None]:
        out, into = self.publishing(keys), self.listening(subscriptions, keys)
        tasks = [
            asyncio.ensure_future(out.run_forever(relay=relay, consumers=False)),
            asyncio.ensure_future(into.run_forever(relay=False, consumers=consumers)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A connection of the publisher's own user."""
        client = await nats_client.connect(self.broker.url("registry"), inbox_prefix=b"_INBOX_registry")
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def operator(self) -> AsyncIterator[Client]:
        """A connection of the provisioner's user, who may throw streams away."""
        user = PROVISIONER
        client = await nats_client.connect(self.broker.url(user), inbox_prefix=inbox_of(user).encode())
        try:
            yield client
        finally:
            await client.close()

    async def lose_stream(self, *, anew: bool = False) -> None:
        """Throw the publisher's stream away, as a broker that lost its store; `anew` leaves an empty one."""
        async with self.operator() as client:
            with contextlib.suppress(NotFoundError):
                await client.jetstream().delete_stream("REGISTRY")
            if anew:
                await ensure_stream(client.jetstream(), "registry")

    async def inject(
        self, payload: bytes, *, subject: str = EnterpriseChanged.subject, headers: dict[str, str] | None = None
    ) -> None:
        """Store a message behind the outbox's back, signed by the publisher unless `headers` say otherwise."""
        headers = signed("registry", subject, payload) if headers is None else headers
        async with self.client() as client, asyncio.timeout(15):
            while True:
                with contextlib.suppress(NoStreamResponseError):
                    await client.jetstream().publish(subject, payload, headers=headers)
                    return
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def fresh_pair(postgres: DatabaseServer, broker: Broker) -> AsyncIterator[Pair]:
    """Yield a pair with empty databases and an empty stream."""
    async with lab_database(postgres, "registry") as publisher, lab_database(postgres, "finance") as listener:
        pair = Pair(publisher, listener, Listener(), broker)
        await pair.lose_stream(anew=True)
        yield pair


async def until(condition: Callable[[], Any], *, seconds: float = 60) -> None:
    """Wait until an async condition holds."""
    patience = Patience(seconds)
    while not await condition():
        assert not patience.is_over(), "it never came to hold"
        await asyncio.sleep(0.02)


async def reaches(database: Database, sql: str, value: object, *, seconds: float = 60) -> None:
    """Wait until a query gives `value`."""

    async def does() -> bool:
        return await scalar(database, sql) == value

    await until(does, seconds=seconds)


async def count(database: Database, sql: str) -> int:
    value = await scalar(database, sql)
    assert isinstance(value, int)
    return value

"""Deliberate bugs that only a kill at the right instant shows; planted in the processes of an armed suite.

Each keeps the instants of the product at the same place between the same two steps, and swaps or tears the steps.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
from fastapi import Request, Response
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.embedded.pulse import Pulse
from shared.bus import position
from shared.bus.publish import Message, Published, Publisher, Sent
from shared.bus.receiver import Arrival, Receiver
from shared.bus.relay import BATCH, Relay
from shared.bus.runner import Bus
from shared.db import engine, outbox
from shared.db.bookkeeping import PendingAnswer
from shared.db.engine import Database
from shared.db.single import SingleWrite
from shared.db.transaction import Transaction
from shared.failpoint import reached
from shared.web import edge
from tests.fault.mutants import Mutant


def _events_after_commit() -> None:
    plain = Database.transaction

    @asynccontextmanager
    async def transaction(self: Database, **words: Any) -> AsyncIterator[Transaction]:
        async with plain(self, **words) as tx:
            yield tx
            events = tx._kept.events[:]
            tx._kept.events.clear()
        if not events:
            return
        reached(self.service, "after_commit_before_publish")
        async with plain(self, **words) as second:
            second._kept.events.extend(events)
            await second.flush()
            second._kept.events.clear()
        if self.on_events is not None:
            self.on_events()

    plain_single = Database.single

    @asynccontextmanager
    async def single(self: Database, pending: PendingAnswer, **words: Any) -> AsyncIterator[SingleWrite]:
        async with plain_single(self, pending, **words) as hands:
            yield hands
            events = hands._kept.events[:]
            hands._kept.events.clear()
        reached(self.service, "after_commit_before_publish")
        async with plain(self, **words) as second:
            second._kept.events.extend(events)
            await second.flush()
            second._kept.events.clear()
        if self.on_events is not None:
            self.on_events()

    Database.transaction = transaction  # type: ignore[method-assign, assignment]
    Database.single = single  # type: ignore[method-assign, assignment]


def _mark_before_publish() -> None:
    async def publish_some(self: Relay, connection: AsyncConnection) -> bool:
        messages = await self._read(connection, [])
        if not messages:
            return False
        reached(self._service, "before_publish")
        await outbox.mark(connection, self._service, {one.position: 0 for one in messages})
        reached(self._service, "after_publish_before_mark")
        done = await self._heard(await self._send(messages))
        await self._mark(connection, done)
        self._highest = max(self._highest, *done.acked.values())
        return len(messages) == BATCH

    Relay._publish_some = publish_some  # type: ignore[method-assign]


def _acknowledge_before_effect() -> None:
    async def acknowledge(self: Receiver, group: list[Arrival]) -> None:
        for one in group:
            self.in_hand.pop(one.message.reply, None)
            await one.message.ack()
        await group[0].message._client.flush()
        for _ in group:
            reached(self._service, "after_effect_before_ack")

    async def work(self: Receiver, subscriptions: Any, group: list[Arrival]) -> None:
        await acknowledge(self, group)
        for subscription in subscriptions:
            await self._run(subscription, group)

    async def work_together(self: Receiver, some: list[Arrival]) -> None:
        for one in some:
            await work(self, self._by_subject[one.message.subject], [one])

    # What the database is behind the broker's acknowledgements would be given again.
    position._floor = lambda _info: 0
    Receiver._work = work  # type: ignore[method-assign]
    Receiver._work_together = work_together  # type: ignore[method-assign]


def _key_after_effect() -> None:
    plain = edge._transact

    async def transact(request: Request, call: Any, **words: Any) -> Response:
        database: Database = request.app.state.db

        async def call_and_commit(request: Request) -> Response:
            response: Response = await call(request)
            tx: Transaction = request.scope["edge_tx"]
            pending, tx._kept.answer = tx._kept.answer, None
            if pending is None:
                return response
            await tx.flush()
            if tx.has_events:
                tx.after_commit(lambda: reached(database.service, "after_commit_before_publish"))
                tx.after_commit(database.on_events or (lambda: None))
            tx._kept.events.clear()
            tx._kept.audits.clear()
            await tx.session.commit()
            tx.session.info.clear()  # its connection went with the commit
            tx._kept.answer = pending
            return response

        return await plain(request, call_and_commit, **words)

    edge._SINGLE_TRIES = 0  # one statement cannot be torn: the key of such a call is part of it
    edge._transact = transact


def _written_is_published() -> None:
    async def heard(self: Relay, sent: Sent) -> Published:
        self._publisher._forget(sent)
        return Published({one.position: 0 for one in sent.messages}, None)

    async def send_each(self: Publisher, messages: list[Message]) -> Sent:
        for one in messages:
            await self.client.publish(one.subject, one.payload, headers={"Nats-Msg-Id": str(one.event_id)})
        return Sent(messages, [], is_batch=False)

    Relay._heard = heard  # type: ignore[method-assign]
    Publisher.send_each = Publisher.send_batch = send_each  # type: ignore[method-assign]


def _broker_not_sought_again() -> None:
    connect, run_line = nats.connect, Bus._run_line

    async def connect_once(*words: Any, **named: Any) -> Client:
        return await connect(*words, **{**named, "allow_reconnect": False})

    async def run_once(self: Bus, **words: bool) -> None:
        await run_line(self, **words)
        await asyncio.Event().wait()

    nats.connect = connect_once
    Bus._run_line = run_once  # type: ignore[method-assign]


def _lost_line_is_a_crash() -> None:
    engine._is_lost = lambda _fault: False


def _silence_is_life() -> None:
    Pulse.hangs = lambda _self: False  # type: ignore[method-assign]


AREA: tuple[Mutant, ...] = (
    Mutant("events_after_commit", "events are written after the effect was committed", ("A1",), _events_after_commit),
    Mutant("mark_before_publish", "an event is marked before the broker has it", ("A2",), _mark_before_publish),
    Mutant(
        "acknowledge_before_effect",
        "a message is acknowledged before its effect stands, and nobody compares the two places",
        ("A3",),
        _acknowledge_before_effect,
    ),
    Mutant("key_after_effect", "the key of a request is kept after its effect", ("A4", "A11"), _key_after_effect),
    Mutant("lost_line_is_a_crash", "a lost database answers 500 instead of 503", ("A5",), _lost_line_is_a_crash),
    Mutant("written_is_published", "what was written to the line counts as published", ("A10",), _written_is_published),
    Mutant(
        "broker_not_sought_again", "a broker that went away is not looked for again", ("A10",), _broker_not_sought_again
    ),
    Mutant("silence_is_life", "a process that stands still is left alone", ("A11",), _silence_is_life),
)

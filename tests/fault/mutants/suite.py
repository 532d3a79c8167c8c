"""Deliberate bugs that only a kill at the right instant shows; planted in the processes of an armed suite."""

import asyncio
from typing import Any

from nats.aio.msg import Msg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus import receiver, relay
from shared.bus.publish import Message
from shared.db import engine, outbox
from shared.db.transaction import Transaction
from shared.events.envelope import to_wire
from shared.failpoint import reached
from tests.fault.mutants import Mutant


def _published_from_memory() -> None:
    """The relay publishes what is committed while it lives; what its predecessor left, it never looks at."""
    begun: dict[int, int] = {}
    newest = text("SELECT coalesce(max(position), 0) FROM outbox_event")
    published = text("SELECT EXISTS (SELECT FROM relay_mark)")
    honest = outbox.pending

    async def pending(connection: AsyncConnection, *, limit: int) -> list[Any]:
        if id(connection) not in begun:
            has_predecessor = (await connection.execute(published)).scalar_one()
            begun[id(connection)] = int((await connection.execute(newest)).scalar_one()) if has_predecessor else 0
        return [row for row in await honest(connection, limit=limit) if row.position > begun[id(connection)]]

    outbox.pending = pending


def _mark_before_publish() -> None:
    async def publish_some(self: relay.Relay, connection: AsyncConnection) -> bool:
        rows = await outbox.pending(connection, limit=relay.BATCH)
        if not rows:
            return False
        await outbox.mark(connection, self._service, {row.position: self._highest for row in rows})
        reached(self._service, "after_publish_before_mark")
        await self._send([Message(row.position, row.id, row.subject, to_wire(row)) for row in rows])
        return len(rows) == relay.BATCH

    relay.Relay._publish_some = publish_some  # type: ignore[method-assign]


def _ack_before_effect() -> None:
    handle = receiver.Receiver.handle

    async def ack_first(self: receiver.Receiver, arrivals: Any) -> None:
        for one in arrivals:
            await one.message.ack()
        await asyncio.sleep(0.05)
        reached(self._service, "after_effect_before_ack")
        await handle(self, arrivals)

    async def told_already(self: receiver.Receiver, one: receiver.Arrival) -> None:
        reached(self._service, "after_effect_before_ack")
        self.in_hand.pop(one.message.reply, None)

    receiver.Receiver.handle = ack_first  # type: ignore[method-assign]
    receiver.Receiver._answer = told_already  # type: ignore[method-assign]
    # Nobody says that it lives: what is acknowledged is forgotten.
    Msg.in_progress = _silent  # type: ignore[method-assign]


async def _silent(_message: Msg) -> None:
    return


def _key_after_effect() -> None:
    """The effect is committed, and only then, in a transaction of its own, the key with its answer."""
    flush = Transaction.flush

    async def flush_twice(self: Transaction) -> None:
        if self._kept.answer is not None and self._kept.answer.answer is not None:
            answer, self._kept.answer = self._kept.answer, None
            await flush(self)
            await self.session.commit()
            reached(self.session.info.get("service", "finance"), "before_request_commit")
            self._kept.events.clear()
            self._kept.audits.clear()
            self._kept.answer = answer
        await flush(self)

    Transaction.flush = flush_twice  # type: ignore[method-assign]


def _lost_line_is_a_crash() -> None:
    engine._is_lost = lambda _fault: False


def _hopeful_publish() -> None:
    """What was sent counts as stored, whether the broker said so or not."""
    send = relay.Relay._send

    async def hope(self: relay.Relay, messages: list[Message]) -> Any:
        try:
            return await send(self, messages)
        except Exception:  # noqa: BLE001  # the bug
            return relay.Published({message.position: self._highest for message in messages}, None)

    relay.Relay._send = hope  # type: ignore[method-assign]


AREA: tuple[Mutant, ...] = (
    Mutant(
        "published_from_memory", "events that a dead process left are never published", ("A1",), _published_from_memory
    ),
    Mutant("mark_before_publish", "an event is marked as published before it is", ("A2",), _mark_before_publish),
    Mutant("ack_before_effect", "a message is acknowledged before it takes effect", ("A3",), _ack_before_effect),
    Mutant("key_after_effect", "the key is kept in a commit of its own after the effect", ("A4",), _key_after_effect),
    Mutant("lost_line_is_a_crash", "a lost database answers 500 instead of 503", ("A5",), _lost_line_is_a_crash),
    Mutant("hopeful_publish", "what was sent to a dead broker counts as stored", ("A10",), _hopeful_publish),
)

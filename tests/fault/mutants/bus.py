"""Deliberate bugs of the bus: relay, consumers, inbox, projections, dead letters, broker."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.embedded import nats as broker
from deploy.embedded.nats import NatsServer
from shared.bus import consumer, receiver, runner, streams
from shared.bus.history import StreamHistory
from shared.bus.provision import Provisioner
from shared.bus.receiver import Arrival, Receiver
from shared.bus.relay import Relay
from shared.bus.subscription import Subscription
from shared.db import inbox, outbox, projection
from shared.db.inbox import Turn
from shared.db.lease import Lease
from shared.events import trust
from shared.events.catalogue import CATALOGUE
from shared.events.signature import SignedBatch
from shared.events.trust import Trust
from tests.fault.mutants import Mutant

# From so many rows on a relay without a lock leaves some to the others.
_SHARED = 2


def _take_turns_one_by_one() -> None:
    """Let events that share a transaction take their turns as one that is alone does, bugs included."""

    async def take_each(tx: Any, claims: Any) -> Any:
        return [await inbox.take_next(tx, one.handler, one.event, happening=one.happening) for one in claims]

    inbox.take_turns = take_each


def _no_inbox() -> None:
    take, take_next = inbox.take, inbox.take_next

    async def take_all(tx: Any, handler: str, event_ids: Any) -> Any:
        await take(tx, handler, event_ids)
        return set(event_ids)

    async def take_again(tx: Any, handler: str, event: Any, *, happening: bool) -> Any:
        turn, last = await take_next(tx, handler, event, happening=happening)
        return (Turn.NOW if turn in {Turn.DUPLICATE, Turn.STALE} else turn), last

    inbox.take, inbox.take_next = take_all, take_again
    _take_turns_one_by_one()


def _over_gaps() -> None:
    take_next, lock_cursors = inbox.take_next, inbox.lock_cursors

    async def take_if_newer(tx: Any, handler: str, event: Any, *, happening: bool) -> Any:
        if happening:
            event = event.model_copy(update={"version": event.sequence})
        return await take_next(tx, handler, event, happening=False)

    class Endless(dict[str, int]):
        """Cursors that are always just before the event that is asked about."""

        def __getitem__(self, key: str) -> Any:
            return _Before(super().__getitem__(key))

    async def lock_all(tx: Any, handler: str, subject: str, ids: Any) -> Any:
        return Endless(await lock_cursors(tx, handler, subject, ids))

    inbox.take_next, inbox.lock_cursors = take_if_newer, lock_all
    _take_turns_one_by_one()


class _Before(int):
    """A cursor that lets any later event be the next one."""

    def __add__(self, _: int) -> Any:
        return 2**62


def _states_in_any_order() -> None:
    take_next = inbox.take_next

    async def take_older_too(tx: Any, handler: str, event: Any, *, happening: bool) -> Any:
        turn, last = await take_next(tx, handler, event, happening=happening)
        if turn is Turn.STALE and not happening:
            return (Turn.NOW if await inbox.take(tx, handler, [event.id]) else Turn.DUPLICATE), last
        return turn, last

    inbox.take_next = take_older_too
    _take_turns_one_by_one()


def _no_version_check() -> None:
    statement = projection._statement

    def unguarded(table: Any, columns: Any, key: Any) -> TextClause:
        return text(statement(table, columns, key).text.replace("WHERE excluded.version > held.version", ""))

    projection._statement = unguarded  # type: ignore[assignment]


def _ack_first() -> None:
    async def work(self: Receiver, subscriptions: Any, group: list[Arrival]) -> None:
        for one in group:
            self.in_hand.pop(one.message.reply, None)
            await one.message.ack()
        for subscription in subscriptions:
            await self._run(subscription, group)

    async def work_together(self: Receiver, some: list[Arrival]) -> None:
        for one in some:
            await work(self, self._by_subject[one.message.subject], [one])

    Receiver._work = work  # type: ignore[method-assign]
    Receiver._work_together = work_together  # type: ignore[method-assign]


def _no_dead_letter() -> None:
    async def fail(_self: Receiver, one: Arrival, _handler: str, _reason: str, **_: Any) -> None:
        one.again = True

    Receiver._fail = fail  # type: ignore[method-assign]


def _whole_batch_fails() -> None:
    async def run(self: Receiver, subscription: Subscription, group: list[Arrival]) -> None:
        async def work() -> Any:
            envelopes: Any = [one.envelope for one in group]
            return await receiver.apply_batch(self._database, self._clock, subscription, envelopes)

        try:
            gaps = {gap.event_id: gap.reason for gap in await self._patiently(work)}
        except Exception as fault:  # noqa: BLE001  # as the product does
            gaps = {one.envelope.id: repr(fault) for one in group if one.envelope is not None}
        for one in group:
            if one.envelope is not None and one.envelope.id in gaps:
                await self._fail(one, subscription.handler_name, gaps[one.envelope.id])

    Receiver._run = run  # type: ignore[method-assign]


def _no_beat() -> None:
    async def stay_silent(_self: Receiver) -> None:
        await asyncio.Event().wait()

    Receiver.beat_forever = stay_silent  # type: ignore[method-assign]


def _by_position() -> None:
    pending = outbox.pending
    # Of a database: it outlives the relay, as a last position that is written down does.
    last_seen: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    async def pending_above(connection: AsyncConnection, **words: Any) -> Any:
        assert connection.sync_connection is not None
        pool = connection.sync_connection.engine.pool
        before = last_seen.get(pool, 0)
        rows = [row for row in await pending(connection, **words) if row.position > before]
        last_seen[pool] = max((row.position for row in rows), default=before)
        return rows

    outbox.pending = pending_above


def _every_relay() -> None:
    pending = outbox.pending

    own_connection = Relay._own_connection

    async def always(_self: Lease) -> bool:
        return True

    @contextlib.asynccontextmanager
    async def marked(self: Relay) -> AsyncIterator[AsyncConnection]:
        async with own_connection(self) as connection:
            assert connection.sync_connection is not None
            connection.sync_connection.info["is a relay's"] = True
            yield connection

    async def pending_unlocked(connection: AsyncConnection, **words: Any) -> Any:
        rows = await pending(connection, **words)
        assert connection.sync_connection is not None
        if len(rows) < _SHARED or "is a relay's" not in connection.sync_connection.info:
            return rows
        return sorted(random.sample(rows, len(rows) // 2), key=lambda row: row.position)

    Lease.take, outbox.pending = always, pending_unlocked  # type: ignore[method-assign]
    Relay._own_connection = marked  # type: ignore[method-assign]


def _by_number() -> None:
    async def kept(_self: StreamHistory, _connection: AsyncConnection, *, first: int, last: int) -> int:
        return last

    StreamHistory.kept = kept  # type: ignore[method-assign]


def _loss_unseen() -> None:
    async def mend(_self: Relay, *_: Any, **__: Any) -> None:
        return

    Relay._mend = mend  # type: ignore[method-assign]


def _silence_unheard() -> None:
    async def heard(self: Relay, sent: Any) -> Any:
        return await self._outcome(sent)

    Relay._heard = heard  # type: ignore[method-assign]


def _never_read_back() -> None:
    async def scrub(*_: Any) -> int:
        return 0

    runner.scrub = scrub


def _history_unread() -> None:
    async def agrees(*_: Any, **__: Any) -> bool:
        return True

    StreamHistory.agrees = agrees  # type: ignore[method-assign]


def _any_source() -> None:
    plain = receiver.from_wire

    def believe(payload: bytes, event: Any) -> Any:
        try:
            document = {**orjson.loads(payload), "source": f"/kechuang/{event.publisher()}"}
        except (orjson.JSONDecodeError, TypeError):
            return plain(payload, event)
        return plain(orjson.dumps(document), event)

    receiver.from_wire = believe


def _owners_of_streams() -> None:
    plain = broker.permissions

    def permissions(service: str) -> dict[str, list[str]]:
        held, stream = plain(service), service.upper()
        mine = (f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE"))
        consumers = (f"$JS.API.CONSUMER.{verb}.*.{service}" for verb in ("CREATE", "DELETE"))
        return {**held, "publish": [*held["publish"], *mine, *consumers]}

    broker.permissions = permissions  # type: ignore[attr-defined]


def _every_wish() -> None:
    def may_hear(_self: Provisioner, _listener: str, publisher: str) -> tuple[str, ...]:
        return (f"{publisher}.>", *(subject for subject in CATALOGUE if subject.startswith(f"{publisher}.")))

    Provisioner._may_hear = may_hear  # type: ignore[method-assign]


def _any_hand() -> None:
    Trust.check = lambda *_: None  # type: ignore[method-assign, assignment]


def _any_neighbour() -> None:
    SignedBatch.check_row = lambda *_: None  # type: ignore[method-assign, assignment]


def _any_key() -> None:
    plain = trust.TrustedKey

    def made(**words: Any) -> Any:
        return plain(**{**words, "subjects": ""})

    trust.TrustedKey = made  # type: ignore[misc, assignment]


def _unsynced() -> None:
    plain = NatsServer.__init__

    def make(self: NatsServer, *words: Any, **named: Any) -> None:
        plain(self, *words, **{**named, "durable": False})

    NatsServer.__init__ = make  # type: ignore[method-assign]


def _sync_taken_for_granted() -> None:
    from shared.web import service

    async def yes(_url: str) -> bool:
        return True

    service.syncs_always = yes


def _all_at_once() -> None:
    consumer.BATCH = consumer.BATCH_OF_SINGLES = 1_000_000
    streams.MAX_ACK_PENDING = -1


def _hidden_behind_the_next() -> None:
    async def nothing(_self: StreamHistory, *_words: Any, **_named: Any) -> bool:
        return False

    StreamHistory.foreign_among = nothing  # type: ignore[method-assign]


def _numbers_of_the_backup() -> None:
    from deploy.embedded import restore

    restore.leap_statement = lambda *_words: "SELECT 1"


AREA: tuple[Mutant, ...] = (
    Mutant(
        "no_inbox",
        "an event takes effect each time it comes",
        ("A8", "B1", "B2", "B3", "B4", "B6", "simulation"),
        _no_inbox,
    ),
    Mutant(
        "over_gaps",
        "a happening is applied although one before it is missing",
        ("B3", "B4", "B5", "simulation"),
        _over_gaps,
    ),
    Mutant(
        "states_in_any_order",
        "an older state is handled after a newer one",
        ("B3", "simulation"),
        _states_in_any_order,
    ),
    Mutant("no_version_check", "a projection takes whatever came last", ("B3", "simulation"), _no_version_check),
    Mutant(
        "ack_first",
        "a message is acknowledged before its effect stands",
        ("B3", "B4", "B5", "simulation"),
        _ack_first,
    ),
    Mutant("no_dead_letter", "poison is delivered for ever", ("B4", "B5", "simulation"), _no_dead_letter),
    Mutant("whole_batch_fails", "one bad event takes its whole batch with it", ("B5",), _whole_batch_fails),
    Mutant("no_beat", "a worker does not say that it is still working", ("B6",), _no_beat),
    Mutant(
        "by_position", "the relay asks for positions above the last it saw", ("B2", "B9", "simulation"), _by_position
    ),
    Mutant("every_relay", "each relay publishes its share without a lease", ("B8", "simulation"), _every_relay),
    Mutant("by_number", "a lost end of the stream is judged by numbers alone", ("A8", "simulation"), _by_number),
    Mutant("loss_unseen", "a stream that lost events is taken as it is", ("A8", "simulation"), _loss_unseen),
    Mutant("silence_unheard", "a stream that takes nothing is waited for", ("A9",), _silence_unheard),
    Mutant("never_read_back", "nobody reads the stream back after the broker began", ("A8",), _never_read_back),
    Mutant(
        "hidden_behind_the_next",
        "a stolen key speaks unseen where the service publishes behind it",
        ("B10",),
        _hidden_behind_the_next,
    ),
    Mutant("numbers_of_the_backup", "a restored counter gives lost numbers again", ("G7",), _numbers_of_the_backup),
    Mutant("history_unread", "a relay publishes over what a restored database has lost", ("G5",), _history_unread),
    Mutant("any_source", "an event is believed whoever it says it is from", ("B5", "B10"), _any_source),
    Mutant("owners_of_streams", "a service may change its own stream at the broker", ("B11",), _owners_of_streams),
    Mutant("every_wish", "the provisioner makes whatever consumer it is asked for", ("B11",), _every_wish),
    Mutant("any_hand", "nobody checks who signed an event", ("B12",), _any_hand),
    Mutant("any_neighbour", "what stands among neighbours of a batch is believed", ("B12",), _any_neighbour),
    Mutant("any_key", "any publisher's key may sign for any other", ("B12",), _any_key),
    Mutant("unsynced", "the broker acknowledges before it syncs", ("A6",), _unsynced),
    Mutant("sync_taken_for_granted", "nobody asks the broker whether it syncs", ("A6",), _sync_taken_for_granted),
    Mutant("all_at_once", "a consumer takes its whole backlog into memory", ("B7",), _all_at_once),
)

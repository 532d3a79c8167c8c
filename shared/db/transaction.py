"""One transaction: what a use case is given to lock, read, add and emit with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.bookkeeping import WRITE, Bookkeeping, Emitted, PendingAnswer, StoredAnswer
from shared.db.versioned import Overtaken, VersionedRead, VersionedWrite, is_taken
from shared.events.event import MAX_EVENT_BYTES, Event
from shared.kernel.actor import Actor
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.refusals import EVENT_TOO_LARGE
from shared.policy.basis import noted
from shared.telemetry import current_traceparent

Reaction = Callable[["Transaction", Any], Awaitable[None]]
"""What must follow from an event, in the transaction that emits it; it takes that transaction and the event."""
Reactions = Mapping[type[Event], Sequence[Reaction]]
"""Event class → what follows from it, in this order; `REACTIONS` in a service's app.py names them all."""

_log = structlog.stdlib.get_logger(__name__)


class Transaction:
    """The hands of a use case. It never commits: the edge that opened it does, before it answers.

    Attributes:
        now: the instant of the transaction, UTC.
        today: the business date of `now` in Asia/Shanghai.
        actor: who acts.
        request_id: id of the request, or None in a job.
        causation_id: id of the first cause; every event of this transaction carries it on.
    """

    def __init__(
        self,
        session: AsyncSession | None,
        *,
        actor: Actor,
        now: datetime,
        request_id: str | None,
        causation_id: UUID,
        reactions: Reactions | None = None,
    ) -> None:
        """Keep the parts; the session must not be used by anyone else."""
        self._session = session
        self.actor = actor
        self.now = now
        self.today: date = shanghai_date(now)
        self.request_id = request_id
        self.causation_id = causation_id
        self._reactions = reactions or {}
        self._kept = Bookkeeping()
        self._change: tuple[VersionedWrite, Mapping[str, Any]] | None = None

    @property
    def session(self) -> AsyncSession:
        """SQLAlchemy session of this transaction.

        Raises:
            RuntimeError: the call is one read and one statement (see `SingleWrite`), which has none.
        """
        if self._session is None:
            raise RuntimeError("this call makes one read and one statement: what else it needs belongs into its read")
        return self._session

    async def read_versions(self, read: VersionedRead, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the row that a rule decides on, with the versions that `change` names again; None if there is none.

        What it names is held until the end of this transaction.
        """
        for lock in read.locks:
            await lock.execute(self.session, values)
        row: Any = (await read.plain.execute(self.session, values)).one_or_none()
        return None if row is None else tuple(row)

    def change(self, write: VersionedWrite, values: Mapping[str, Any]) -> None:
        """Make `write` part of this transaction; it is sent with the commit, before what events call for.

        Raises:
            RuntimeError: there is one already.
        """
        if self._change is not None:
            raise RuntimeError("a call makes one change of this form")
        self._change = write, values

    def caused_by(self, causation_id: UUID, *, request_id: str | None, actor: Actor | None = None) -> "Transaction":
        """Return the hands of this same transaction for one of several causes that share it.

        What is emitted or audited with them carries that cause; everything stands or falls with the one commit.

        Args:
            causation_id: the cause.
            request_id: of the call behind it.
            actor: in whose name is acted; who holds the transaction unless told otherwise.
        """
        own = Transaction(
            self._session,
            actor=actor or self.actor,
            now=self.now,
            request_id=request_id,
            causation_id=causation_id,
            reactions=self._reactions,
        )
        own._kept = self._kept
        return own

    def emit(self, *events: Event) -> None:
        """Put events into the outbox, in this order, with the commit.

        Lock the aggregate's row before: its versions then follow the order of the commits.

        Raises:
            Refusal: `event_too_large` for one that the broker would not take: it would hold up all others.
        """
        traceparent = current_traceparent()
        for event in events:
            data = event.model_dump_json().encode()
            if len(data) > MAX_EVENT_BYTES:
                _log.warning("event_too_large", subject=event.subject, bytes=len(data))
                field, size = max(_sizes(data).items(), key=itemgetter(1))
                raise Refusal(EVENT_TOO_LARGE, limit_bytes=MAX_EVENT_BYTES, field=field, field_bytes=size)
            self._kept.events.append(Emitted(event, data, self.causation_id, self.request_id, traceparent))

    def audit(
        self,
        action: str,
        *,
        subject: str,
        uscc: str | None = None,
        purpose: str | None = None,
        consent_id: UUID | None = None,
        fields: Sequence[str] = (),
        outcome: str = "done",
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Add an audit row to this transaction: who did or read what, under which consent, which fields.

        The rule sets that were picked in the transaction so far stand in its detail, so that it can be decided anew.

        Args:
            action: `<noun>.<verb>`, such as `credit_file.read`.
            subject: what was acted on, `<noun>/<id>`.
            uscc: enterprise whose data it is.
            purpose: purpose of the read, as the consent names it.
            consent_id: consent that allowed the read.
            fields: names of the fields or parts that were given out.
            outcome: `done` or `refused`.
            detail: anything else worth keeping; no personal data.
        """
        rule_sets = noted()
        self._kept.audits.append(
            {
                "at": self.now.isoformat(),
                "client_id": self.actor.client_id,
                "role": self.actor.role.value,
                "party": self.actor.party,
                "action": action,
                "subject": subject,
                "uscc": uscc,
                "purpose": purpose,
                "consent_id": str(consent_id) if consent_id else None,
                "fields": list(fields),
                "outcome": outcome,
                "detail": {**(detail or {}), **({"rule_sets": rule_sets} if rule_sets else {})},
                "request_id": self.request_id,
                "causation_id": str(self.causation_id),
            }
        )

    def expect_answer(self, pending: PendingAnswer) -> None:
        """Remember the idempotency key of this request; the edge gives the answer before the commit."""
        self._kept.answer = pending

    def answer(self, answer: StoredAnswer) -> None:
        """Store `answer` under the idempotency key of this request, in this transaction."""
        if self._kept.answer is not None:
            self._kept.answer.answer = answer

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the commit stands; never after a roll-back."""
        self._kept.callbacks.append(callback)

    @property
    def has_events(self) -> bool:
        """Whether this transaction leaves events in the outbox."""
        return bool(self._kept.events)

    async def flush(self) -> None:
        """Make the change, let the reactions follow, write what the use case added, then outbox, audit and answer.

        Raises:
            Overtaken: what the change was decided on has changed since it was read.
        """
        change, self._change = self._change, None
        if change is not None:
            await self._send_change(*change)
        if self._reactions:
            await self._react()
        await self.session.flush()
        kept = self._kept
        if kept.is_empty:
            return
        if len(kept.events) > _FEW:
            await self.session.execute(_HASH_JOINS)
        await WRITE.execute(self.session, kept.values(self.actor, self.now))

    async def _send_change(self, write: VersionedWrite, values: Mapping[str, Any]) -> None:
        try:
            found = await write.within.execute(self.session, values)
        except IntegrityError as fault:
            if is_taken(fault.orig):
                raise Overtaken from fault
            raise
        if not found.scalar_one():
            raise Overtaken

    async def _react(self) -> None:
        """Call what hangs on each event once, in the order of the events; what reactions emit is among them."""
        for emitted in self._kept.events:  # a list that grows while it is walked is walked to its end
            for reaction in self._reactions.get(type(emitted.event), ()):
                hands = self.caused_by(emitted.causation_id, request_id=emitted.request_id)
                await reaction(hands, emitted.event)

    def run_after_commit(self) -> None:
        """Run what was left for after the commit; the commit stands, so a failure here is only logged."""
        for callback in self._kept.callbacks:
            try:
                callback()
            except Exception:  # noqa: BLE001  # an answer of failure would be untrue
                _log.exception("after_commit_failed")


_FEW = 50
# The planner knows nothing of the sizes inside that statement and joins by nested loops: quadratic for a batch.
_HASH_JOINS = text("SELECT set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true)")


def _sizes(data: bytes) -> dict[str, int]:
    """Return the bytes of each field of an event's data as JSON, its name included."""
    return {name: len(orjson.dumps({name: value})) - 2 for name, value in orjson.loads(data).items()}

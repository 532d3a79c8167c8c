"""One transaction: what a use case is given to lock, read, add and emit with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.statement import Statement
from shared.events.event import MAX_EVENT_BYTES, Event
from shared.kernel.actor import Actor
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import EVENT_TOO_LARGE
from shared.policy.basis import noted
from shared.telemetry import current_traceparent

Reaction = Callable[["Transaction", Any], Awaitable[None]]
"""What must follow from an event, in the transaction that emits it; it takes that transaction and the event."""
Reactions = Mapping[type[Event], Sequence[Reaction]]
"""Event class → what follows from it, in this order; `REACTIONS` in a service's app.py names them all."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer of an idempotent request, kept with its effect."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class PendingAnswer:
    """The key under which the answer of this transaction is stored."""

    route: str
    key: str
    fingerprint: bytes
    answer: StoredAnswer | None = None


@dataclass(frozen=True, slots=True)
class _Emitted:
    """One event, its data as JSON, and what caused it."""

    event: Event
    data: bytes
    causation_id: UUID
    request_id: str | None
    traceparent: str | None


@dataclass(slots=True)
class _Kept:
    """What is written in one statement at the end."""

    events: list[_Emitted] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    answer: PendingAnswer | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)


class Transaction:
    """The hands of a use case. It never commits: the edge that opened it does, before it answers.

    Attributes:
        session: SQLAlchemy session of this transaction.
        now: the instant of the transaction, UTC.
        today: the business date of `now` in Asia/Shanghai.
        actor: who acts.
        request_id: id of the request, or None in a job.
        causation_id: id of the first cause; every event of this transaction carries it on.
    """

    def __init__(
        self,
        session: AsyncSession,
        *,
        actor: Actor,
        now: datetime,
        request_id: str | None,
        causation_id: UUID,
        reactions: Reactions | None = None,
    ) -> None:
        """Keep the parts; the session must not be used by anyone else."""
        self.session = session
        self.actor = actor
        self.now = now
        self.today: date = shanghai_date(now)
        self.request_id = request_id
        self.causation_id = causation_id
        self._reactions = reactions or {}
        self._kept = _Kept()

    def caused_by(self, causation_id: UUID, *, request_id: str | None, actor: Actor | None = None) -> "Transaction":
        """Return the hands of this same transaction for one of several causes that share it.

        What is emitted or audited with them carries that cause; everything stands or falls with the one commit.

        Args:
            causation_id: the cause.
            request_id: of the call behind it.
            actor: in whose name is acted; who holds the transaction unless told otherwise.
        """
        own = Transaction(
            self.session,
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
            self._kept.events.append(_Emitted(event, data, self.causation_id, self.request_id, traceparent))

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
        """Let the reactions follow, write the rows of the use case, then outbox, audit and answer in one statement."""
        if self._reactions:
            await self._react()
        await self.session.flush()
        kept = self._kept
        pending = kept.answer if kept.answer is not None and kept.answer.answer is not None else None
        if not (kept.events or kept.audits or pending):
            return
        if len(kept.events) > _FEW:
            await self.session.execute(_HASH_JOINS)
        await _WRITE.execute(
            self.session,
            {
                "events": orjson.dumps(self._event_rows()).decode(),
                "audits": orjson.dumps(kept.audits).decode(),
                **self._answer_row(pending),
            },
        )

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

    def _event_rows(self) -> list[dict[str, Any]]:
        """Number the events of this transaction per aggregate, and per aggregate and subject."""
        versions: dict[tuple[str, str], int] = {}
        sequences: dict[tuple[str, str, str], int] = {}
        rows = []
        for ord_, emitted in enumerate(self._kept.events):
            event = emitted.event
            aggregate = (event.aggregate, event.aggregate_id)
            stream = (*aggregate, event.subject)
            versions[aggregate] = versions.get(aggregate, 0) + 1
            sequences[stream] = sequences.get(stream, 0) + 1
            rows.append(
                {
                    "ord": ord_,
                    "id": str(new_id()),
                    "subject": event.subject,
                    "aggregate": event.aggregate,
                    "aggregate_id": event.aggregate_id,
                    "version": versions[aggregate],
                    "sequence": sequences[stream],
                    "occurred_at": self.now.isoformat(),
                    "causation_id": str(emitted.causation_id),
                    "request_id": emitted.request_id,
                    "traceparent": emitted.traceparent,
                    "data": orjson.Fragment(emitted.data),
                }
            )
        return rows

    def _answer_row(self, pending: PendingAnswer | None) -> dict[str, Any]:
        if pending is None or pending.answer is None:
            return dict.fromkeys(("client_id", "route", "key", "fingerprint", "status", "headers", "body", "at"))
        return {
            "client_id": self.actor.client_id,
            "route": pending.route,
            "key": pending.key,
            "fingerprint": pending.fingerprint,
            "status": pending.answer.status,
            "headers": orjson.dumps(pending.answer.headers).decode(),
            "body": pending.answer.body,
            "at": self.now,
        }


_FEW = 50
# The planner knows nothing of the sizes inside the statement below and joins by nested loops: quadratic for a batch.
_HASH_JOINS = text("SELECT set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true)")
# One statement for all infrastructure rows: a round trip costs more than the rows. `counted` moves both counters
# (subject '' counts the aggregate's versions) and takes their row locks, so numbers follow the order of commits.
_WRITE = Statement("""
WITH event AS (
    SELECT * FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS event (
        ord int, id uuid, subject text, aggregate text, aggregate_id text, version bigint, sequence bigint,
        occurred_at timestamptz, causation_id uuid, request_id text, traceparent text, data jsonb)
), step AS (
    SELECT aggregate, aggregate_id, '' AS subject, max(version) AS steps FROM event GROUP BY 1, 2
    UNION ALL
    SELECT aggregate, aggregate_id, subject, max(sequence) FROM event GROUP BY 1, 2, 3
), counted AS (
    INSERT INTO event_counter AS counter (aggregate, aggregate_id, subject, value)
    SELECT aggregate, aggregate_id, subject, steps FROM step ORDER BY 1, 2, 3
    ON CONFLICT (aggregate, aggregate_id, subject) DO UPDATE SET value = counter.value + excluded.value
    RETURNING aggregate, aggregate_id, subject, value
), base AS (
    SELECT aggregate, aggregate_id, subject, counted.value - step.steps AS base
    FROM counted JOIN step USING (aggregate, aggregate_id, subject)
), outbox AS (
    INSERT INTO outbox_event (id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id,
                              request_id, traceparent, data)
    SELECT event.id, event.subject, event.aggregate, event.aggregate_id, event.version + whole.base,
           event.sequence + part.base, event.occurred_at, event.causation_id, event.request_id, event.traceparent,
           event.data
    FROM event
    JOIN base AS whole ON (whole.aggregate, whole.aggregate_id, whole.subject)
                        = (event.aggregate, event.aggregate_id, '')
    JOIN base AS part ON (part.aggregate, part.aggregate_id, part.subject)
                       = (event.aggregate, event.aggregate_id, event.subject)
    ORDER BY event.ord
    RETURNING position, occurred_at
), waiting AS (
    INSERT INTO outbox_waiting (position, occurred_at) SELECT position, occurred_at FROM outbox
), audit AS (
    INSERT INTO audit_entry (at, client_id, role, party, action, subject, uscc, purpose, consent_id, fields, outcome,
                             detail, request_id, causation_id)
    SELECT at, client_id, role, party, action, subject, uscc, purpose, consent_id, fields, outcome, detail, request_id,
           causation_id
    FROM jsonb_to_recordset(CAST(:audits AS jsonb)) AS audit (
        at timestamptz, client_id text, role text, party text, action text, subject text, uscc text, purpose text,
        consent_id uuid, fields jsonb, outcome text, detail jsonb, request_id text, causation_id uuid)
)
INSERT INTO idempotency_key (client_id, route, key, fingerprint, status, headers, body, created_at)
SELECT CAST(:client_id AS text), CAST(:route AS text), CAST(:key AS text), CAST(:fingerprint AS bytea),
       CAST(:status AS smallint), CAST(:headers AS jsonb), CAST(:body AS bytea), CAST(:at AS timestamptz)
WHERE CAST(:key AS text) IS NOT NULL
""")


def _sizes(data: bytes) -> dict[str, int]:
    """Return the bytes of each field of an event's data as JSON, its name included."""
    return {name: len(orjson.dumps({name: value})) - 2 for name, value in orjson.loads(data).items()}

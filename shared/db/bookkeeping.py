"""What every change leaves beside its own rows: events in the outbox, the audit record, the answer under its key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from shared.db.statement import Statement
from shared.events.event import Event
from shared.kernel.actor import Actor
from shared.kernel.ids import new_id


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
class Emitted:
    """One event, its data as JSON, and what caused it."""

    event: Event
    data: bytes
    causation_id: UUID
    request_id: str | None
    traceparent: str | None


@dataclass(slots=True)
class Bookkeeping:
    """What is gathered while a change is made and written with it in one statement."""

    events: list[Emitted] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    answer: PendingAnswer | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not (self.events or self.audits or (self.answer is not None and self.answer.answer is not None))

    def values(self, actor: Actor, now: datetime) -> dict[str, Any]:
        """Return the values that the statements below need."""
        return {
            "kept_events": orjson.dumps(self._event_rows(now)).decode(),
            "kept_audits": orjson.dumps(self.audits).decode(),
            **self._answer_row(actor, now),
        }

    def _event_rows(self, now: datetime) -> list[dict[str, Any]]:
        """Number the events of this transaction per aggregate, and per aggregate and subject."""
        versions: dict[tuple[str, str], int] = {}
        sequences: dict[tuple[str, str, str], int] = {}
        rows = []
        for ord_, emitted in enumerate(self.events):
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
                    "occurred_at": now.isoformat(),
                    "causation_id": str(emitted.causation_id),
                    "request_id": emitted.request_id,
                    "traceparent": emitted.traceparent,
                    "data": orjson.Fragment(emitted.data),
                }
            )
        return rows

    def _answer_row(self, actor: Actor, now: datetime) -> dict[str, Any]:
        pending = self.answer
        if pending is None or pending.answer is None:
            return dict.fromkeys(_ANSWER_NAMES)
        given = pending.answer
        headers = orjson.dumps(given.headers).decode()
        key = (actor.client_id, pending.route, pending.key, pending.fingerprint)
        return dict(zip(_ANSWER_NAMES, (*key, given.status, headers, given.body, now), strict=True))


# One statement for all these rows: a round trip costs more than the rows. `counted` moves both counters
# (subject '' counts the aggregate's versions) and takes their row locks, so numbers follow the order of commits.
_PARTS = """
event AS (
    SELECT * FROM jsonb_to_recordset(CAST(:kept_events AS jsonb)) AS event (
        ord int, id uuid, subject text, aggregate text, aggregate_id text, version bigint, sequence bigint,
        occurred_at timestamptz, causation_id uuid, request_id text, traceparent text, data jsonb)
    WHERE {if_held}
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
    FROM jsonb_to_recordset(CAST(:kept_audits AS jsonb)) AS audit (
        at timestamptz, client_id text, role text, party text, action text, subject text, uscc text, purpose text,
        consent_id uuid, fields jsonb, outcome text, detail jsonb, request_id text, causation_id uuid)
    WHERE {if_held}
)
"""
_ANSWER_NAMES = tuple(
    f"answer_{name}" for name in ("client", "route", "key", "fingerprint", "status", "headers", "body", "at")
)
KEPT_ANSWER = """
SELECT fingerprint, status, headers, body FROM idempotency_key
WHERE client_id = :key_client AND route = :key_route AND key = :key_word
"""
"""What was answered under a key of a client on a route."""
_ANSWER = """
INSERT INTO idempotency_key (client_id, route, key, fingerprint, status, headers, body, created_at)
SELECT CAST(:answer_client AS text), CAST(:answer_route AS text), CAST(:answer_key AS text),
       CAST(:answer_fingerprint AS bytea), CAST(:answer_status AS smallint), CAST(:answer_headers AS jsonb),
       CAST(:answer_body AS bytea), CAST(:answer_at AS timestamptz)
"""


def parts(*, after: str | None = None) -> str:
    """Return parts of a WITH statement that write events and audit rows, if part `after` gave a row."""
    return _PARTS.replace("{if_held}", "TRUE" if after is None else f"EXISTS (SELECT FROM {after})")


def answer(*, after: str | None = None) -> str:
    """Return what writes the answer under its key: once part `after` gave a row, else where there is one to store."""
    return _ANSWER + ("WHERE CAST(:answer_key AS text) IS NOT NULL" if after is None else f"FROM {after}")


WRITE = Statement(f"WITH {parts()}\n{answer()}")
"""All these rows in the transaction of the change."""

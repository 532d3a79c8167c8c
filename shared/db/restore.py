"""After a restored backup: what the stream tells is taken into the record again, and no number is used twice.

The lost events become rows of the outbox, published long ago: the record is whole, the counters go on above them. The
facts themselves are not made again here; whoever owns them enters them anew from the list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.db import outbox
from shared.db.case_no import raise_above
from shared.db.history import HistoryBreak
from shared.db.transaction import Transaction
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import Recorded
from shared.events.event import Event, EventKind

_CHUNK = 2_000
Aggregate = tuple[str, str]
Sequenced = tuple[str, str, str]
"""Subject, aggregate and its id."""


class AcceptedAlready(Exception):  # noqa: N818  # says what happened
    """Another operator was quicker."""


@dataclass(slots=True)
class Accepted:
    """What was done.

    Attributes:
        renumbered: changes made after the restoration that got numbers above the lost ones.
        told_again: states that are published again, so that others hold what the restored database holds.
        ownerless: what others hold and the restored database has never heard of.
        set_aside: events whose numbers the record gave to others.
        discarded: events that the operator named as none of the service's own.
    """

    renumbered: int = 0
    told_again: int = 0
    ownerless: list[Sequenced] = field(default_factory=list)
    set_aside: int = 0
    discarded: int = 0


class NotAmongThem(Exception):  # noqa: N818  # says what is the case
    """The operator discards events that are not among those in question; the message names them."""


# Whoever emits events waits here until the numbers are right.
_LOCK = text("LOCK TABLE event_counter IN EXCLUSIVE MODE")
_CLAIM = text("SELECT 1 FROM history_break WHERE id = :id AND accepted_at IS NULL FOR UPDATE")
_CLOSE = text("UPDATE history_break SET accepted_at = now(), reason = :reason, lost = :lost WHERE id = :id")
# Above it nothing is counted on: a made-up number near the end of the type would leave none for what follows.
_FAR = 2**62
_TOUCHED = """
    (aggregate, aggregate_id) IN (
        SELECT aggregate, aggregate_id FROM jsonb_to_recordset(CAST(:touched AS jsonb))
            AS touched (aggregate text, aggregate_id text))
"""
# What was written between the restoration and its notice: never published, under numbers that others know already.
_TAKE_OUT = text(f"""
WITH gone AS (
    DELETE FROM outbox_event
    WHERE position IN (SELECT position FROM outbox_waiting) AND id <> ALL(CAST(:held AS uuid[])) AND {_TOUCHED}
    RETURNING position, id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, request_id,
              traceparent, CAST(data AS text) AS data
), unsaid AS (
    DELETE FROM outbox_waiting WHERE position IN (SELECT position FROM gone)
)
SELECT * FROM gone
""")  # noqa: S608  # constant text
_PUT_IN = text("""
WITH put AS (
    INSERT INTO outbox_event (id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id,
                              request_id, traceparent, data)
    SELECT id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, request_id, traceparent,
           data
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh (
        ord int, id uuid, subject text, aggregate text, aggregate_id text, version bigint, sequence bigint,
        occurred_at timestamptz, causation_id uuid, request_id text, traceparent text, data jsonb)
    ORDER BY ord ON CONFLICT DO NOTHING
    RETURNING position, occurred_at
)
INSERT INTO outbox_waiting (position, occurred_at) SELECT position, occurred_at FROM put
""")
_DISCARD = text("""
INSERT INTO discarded_event (event_id, break_id, stream_sequence, subject, aggregate, aggregate_id, version, sequence,
                             occurred_at, data, is_named, reason)
SELECT id, CAST(:break_id AS bigint), stream_sequence, subject, aggregate, aggregate_id, version, sequence,
       occurred_at, data, is_named, CAST(:reason AS text)
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
    id uuid, stream_sequence bigint, subject text, aggregate text, aggregate_id text, version bigint, sequence bigint,
    occurred_at timestamptz, data jsonb, is_named boolean)
ON CONFLICT DO NOTHING
""")
_POSITIONS = text("SELECT id, position FROM outbox_event WHERE id = ANY(CAST(:ids AS uuid[]))")
# A discarded state that others took stands under a version that must not be given again; a happening that they refused
# leaves no hole in their sequence.
_COUNT_ANEW = text(f"""
INSERT INTO event_counter AS counter (aggregate, aggregate_id, subject, value)
SELECT aggregate, aggregate_id, '', max(version) FROM (
    SELECT aggregate, aggregate_id, version FROM outbox_event WHERE {_TOUCHED}
    UNION ALL SELECT aggregate, aggregate_id, version FROM discarded_event WHERE {_TOUCHED} AND version < {_FAR}
) AS taken GROUP BY 1, 2
UNION ALL
SELECT aggregate, aggregate_id, subject, max(sequence) FROM outbox_event WHERE {_TOUCHED} GROUP BY 1, 2, 3
ON CONFLICT (aggregate, aggregate_id, subject) DO UPDATE SET value = excluded.value
RETURNING aggregate, aggregate_id, subject, value
""")  # noqa: S608  # constant text
_LAST_OWN = text(f"""
SELECT DISTINCT ON (subject, aggregate, aggregate_id) subject, aggregate, aggregate_id, CAST(data AS text) AS data
FROM outbox_event
WHERE {_TOUCHED} AND subject = ANY(CAST(:subjects AS text[])) AND id <> ALL(CAST(:lost AS uuid[]))
ORDER BY subject, aggregate, aggregate_id, sequence DESC
""")  # noqa: S608  # constant text


@dataclass(frozen=True, slots=True)
class Decided:
    """What an operator decided about a break.

    Attributes:
        reason: why, for the audit.
        discard: ids of events that the service never told; the others are taken into the record.
    """

    reason: str
    discard: frozenset[UUID] = frozenset()


async def adopt(
    tx: Transaction, service: str, found: HistoryBreak, held: Mapping[int, Recorded], decided: Decided
) -> Accepted:
    """Close the break: take the lost events into the record, number on above them, tell their last states again.

    Afterwards the database knows of every event of `held` what it is: one that cannot be taken in, since the record
    gave its number to another, is set aside by its id, as is what the operator discards.

    Args:
        tx: the transaction of all this.
        service: whose database and stream it is.
        found: the break that is accepted.
        held: what the stream holds above what the database knew, by sequence.
        decided: the operator's decision.

    Raises:
        AcceptedAlready: the break is closed.
        NotAmongThem: an event to be discarded is not in question.
        Busy: somebody else changes something just now; try again.
    """
    session, connection = tx.session, await tx.session.connection()
    await session.execute(_LOCK)
    if (await session.execute(_CLAIM, {"id": found.id})).one_or_none() is None:
        raise AcceptedAlready
    ids = [one.id for one in held.values()]
    judged = await outbox.judged(connection, ids)
    unknown = {number: one for number, one in sorted(held.items()) if one.id not in judged}
    named = {number: one for number, one in unknown.items() if one.id in decided.discard}
    absent = decided.discard - {one.id for one in named.values()}
    if absent:
        raise NotAmongThem(", ".join(sorted(map(str, absent))))
    lost = [one for number, one in unknown.items() if number not in named]
    touched = _as_json({(one.aggregate, one.aggregate_id) for one in unknown.values()})
    rows = await session.execute(_TAKE_OUT, {"held": [str(one) for one in ids], "touched": touched})
    since = sorted((Recorded(*row) for row in rows), key=lambda one: one.position)
    await _put_in(tx, [one for one in lost if max(one.version, one.sequence) < _FAR])
    taken = await outbox.known(connection, [one.id for one in lost])
    unfit = {number: one for number, one in unknown.items() if number not in named and one.id not in taken}
    await _discard(tx, found, named, decided.reason, is_named=True)
    await _discard(tx, found, unfit, decided.reason, is_named=False)
    numbers = await _count_anew(tx, touched)
    await _put_in(tx, [_numbered(one, numbers) for one in since])
    await _count_anew(tx, touched)
    await raise_above(tx, _case_numbers(lost))
    positions = {row.id: row.position for row in await session.execute(_POSITIONS, {"ids": [*map(str, ids)]})}
    marks = {positions[one.id]: sequence for sequence, one in held.items() if one.id in positions}
    if marks:
        await outbox.mark(connection, service, marks)
    accepted = Accepted(renumbered=len(since), set_aside=len(unfit), discarded=len(named))
    await _tell_again(tx, touched, [*unknown.values()], {_sequenced(one) for one in since}, accepted)
    await session.execute(_CLOSE, {"id": found.id, "reason": decided.reason, "lost": len(taken)})
    last = max(held, default=found.last_sequence)
    _audit(tx, found, accepted, {"reason": decided.reason, "last_sequence": last, "lost": len(taken)})
    return accepted


def _case_numbers(lost: Iterable[Recorded]) -> set[str]:
    """Return the case numbers that lost events told."""
    told = (orjson.loads(one.data).get("case_no") for one in lost)
    return {number for number in told if isinstance(number, str)}


def _audit(tx: Transaction, found: HistoryBreak, accepted: Accepted, detail: dict[str, Any]) -> None:
    counts = {
        "known_sequence": found.known_sequence,
        "renumbered": accepted.renumbered,
        "told_again": accepted.told_again,
        "ownerless": len(accepted.ownerless),
        "set_aside": accepted.set_aside,
        "discarded": accepted.discarded,
    }
    tx.audit("history.accept_restore", subject=f"history_break/{found.id}", detail={**detail, **counts})


async def _discard(
    tx: Transaction, found: HistoryBreak, events: Mapping[int, Recorded], reason: str, *, is_named: bool
) -> None:
    """Note that these events of the stream are none of the record; no look at the stream stops at them again."""
    if events:
        rows = [{**_row(0, one), "stream_sequence": number, "is_named": is_named} for number, one in events.items()]
        words = {"rows": orjson.dumps(rows).decode(), "break_id": found.id, "reason": reason}
        await tx.session.execute(_DISCARD, words)


async def _put_in(tx: Transaction, events: list[Recorded]) -> None:
    for start in range(0, len(events), _CHUNK):
        rows = [_row(ord_, one) for ord_, one in enumerate(events[start : start + _CHUNK])]
        await tx.session.execute(_PUT_IN, {"rows": orjson.dumps(rows).decode()})


def _row(ord_: int, one: Recorded) -> dict[str, Any]:
    names = ("subject", "aggregate", "aggregate_id", "version", "sequence", "request_id", "traceparent")
    return {
        "ord": ord_,
        "id": str(one.id),
        "occurred_at": one.occurred_at.isoformat(),
        "causation_id": str(one.causation_id),
        "data": orjson.Fragment(one.data),
        **{name: getattr(one, name) for name in names},
    }


async def _count_anew(tx: Transaction, touched: str) -> dict[Sequenced, int]:
    """Set the counters of the touched aggregates to what the record holds; return them."""
    found = await tx.session.execute(_COUNT_ANEW, {"touched": touched})
    return {(row.subject, row.aggregate, row.aggregate_id): row.value for row in found}


def _numbered(one: Recorded, numbers: dict[Sequenced, int]) -> Recorded:
    """Return `one` under the next numbers of its aggregate and count them."""
    version, sequence = ("", one.aggregate, one.aggregate_id), _sequenced(one)
    numbers[version] = numbers.get(version, 0) + 1
    numbers[sequence] = numbers.get(sequence, 0) + 1
    return one._replace(version=numbers[version], sequence=numbers[sequence])


async def _tell_again(
    tx: Transaction, touched: str, lost: list[Recorded], newer: set[Sequenced], accepted: Accepted
) -> None:
    """Emit the last state that this database has of each place whose lost states others hold."""
    places = {_sequenced(one) for one in lost if _is_state(one.subject)} - newer
    words = {
        "touched": touched,
        "subjects": sorted({subject for subject, _, _ in places}),
        "lost": [str(one.id) for one in lost],
    }
    for row in await tx.session.execute(_LAST_OWN, words):
        place = (row.subject, row.aggregate, row.aggregate_id)
        if place in places:
            places.discard(place)
            event: Event = CATALOGUE[row.subject].model_validate_json(row.data)
            tx.emit(event)
            accepted.told_again += 1
    accepted.ownerless = sorted(places)


def _is_state(subject: str) -> bool:
    return subject in CATALOGUE and CATALOGUE[subject].ordering is EventKind.STATE


def _sequenced(one: Recorded) -> Sequenced:
    return (one.subject, one.aggregate, one.aggregate_id)


def _as_json(aggregates: Iterable[Aggregate]) -> str:
    return orjson.dumps([{"aggregate": noun, "aggregate_id": id_} for noun, id_ in sorted(aggregates)]).decode()

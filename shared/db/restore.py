"""After a restored backup: what the stream tells is taken into the record again, and no number is used twice.

The lost events become rows of the outbox, published long ago: the record is whole, the counters go on above them. The
facts themselves are not made again here; whoever owns them enters them anew from the list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import text

from shared.db import outbox
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
    """

    renumbered: int = 0
    told_again: int = 0
    ownerless: list[Sequenced] = field(default_factory=list)


# Whoever emits events waits here until the numbers are right.
_LOCK = text("LOCK TABLE event_counter IN EXCLUSIVE MODE")
_CLAIM = text("SELECT 1 FROM history_break WHERE id = :id AND accepted_at IS NULL FOR UPDATE")
_CLOSE = text("UPDATE history_break SET accepted_at = now(), reason = :reason, lost = :lost WHERE id = :id")
_TOUCHED = """
    (aggregate, aggregate_id) IN (
        SELECT aggregate, aggregate_id FROM jsonb_to_recordset(CAST(:touched AS jsonb))
            AS touched (aggregate text, aggregate_id text))
"""
# What was written between the restoration and its notice: never published, under numbers that others know already.
_TAKE_OUT = text(f"""
DELETE FROM outbox_event WHERE published_at IS NULL AND id <> ALL(CAST(:held AS uuid[])) AND {_TOUCHED}
RETURNING position, id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, request_id,
          traceparent, CAST(data AS text)
""")  # noqa: S608  # constant text
_PUT_IN = text("""
INSERT INTO outbox_event (id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id,
                          request_id, traceparent, data)
SELECT id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, request_id, traceparent, data
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh (
    ord int, id uuid, subject text, aggregate text, aggregate_id text, version bigint, sequence bigint,
    occurred_at timestamptz, causation_id uuid, request_id text, traceparent text, data jsonb)
ORDER BY ord ON CONFLICT DO NOTHING
""")
_POSITIONS = text("SELECT id, position FROM outbox_event WHERE id = ANY(CAST(:ids AS uuid[]))")
_COUNT_ANEW = text(f"""
INSERT INTO event_counter AS counter (aggregate, aggregate_id, subject, value)
SELECT aggregate, aggregate_id, '', max(version) FROM outbox_event WHERE {_TOUCHED} GROUP BY 1, 2
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


async def adopt(
    tx: Transaction, service: str, found: HistoryBreak, held: Mapping[int, Recorded], reason: str
) -> Accepted:
    """Close the break: take the lost events into the record, number on above them, tell their last states again.

    Args:
        tx: the transaction of all this.
        service: whose database and stream it is.
        found: the break that is accepted.
        held: what the stream holds above what the database knew, by sequence.
        reason: the operator's, for the audit.

    Raises:
        AcceptedAlready: the break is closed.
        Busy: somebody else changes something just now; try again.
    """
    session, connection = tx.session, await tx.session.connection()
    await session.execute(_LOCK)
    if (await session.execute(_CLAIM, {"id": found.id})).one_or_none() is None:
        raise AcceptedAlready
    ids = [one.id for one in held.values()]
    known = await outbox.known(connection, ids)
    lost = [one for _, one in sorted(held.items()) if one.id not in known]
    touched = _as_json({(one.aggregate, one.aggregate_id) for one in lost})
    rows = await session.execute(_TAKE_OUT, {"held": [str(one) for one in ids], "touched": touched})
    since = sorted((Recorded(*row) for row in rows), key=lambda one: one.position)
    await _put_in(tx, lost)
    numbers = await _count_anew(tx, touched)
    await _put_in(tx, [_numbered(one, numbers) for one in since])
    await _count_anew(tx, touched)
    positions = {row.id: row.position for row in await session.execute(_POSITIONS, {"ids": [*map(str, ids)]})}
    marks = {positions[one.id]: sequence for sequence, one in held.items() if one.id in positions}
    if marks:
        await outbox.mark(connection, service, marks)
    accepted = Accepted(renumbered=len(since))
    await _tell_again(tx, touched, lost, {_sequenced(one) for one in since}, accepted)
    await session.execute(_CLOSE, {"id": found.id, "reason": reason, "lost": len(lost)})
    tx.audit(
        "history.accept_restore",
        subject=f"history_break/{found.id}",
        detail={
            "reason": reason,
            "known_sequence": found.known_sequence,
            "last_sequence": max(held, default=found.last_sequence),
            "lost": len(lost),
            "renumbered": accepted.renumbered,
            "told_again": accepted.told_again,
            "ownerless": len(accepted.ownerless),
        },
    )
    return accepted


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

"""The inbox: an event takes effect once per handler, in order where order matters."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.db.transaction import Transaction
from shared.events.envelope import Envelope

_TAKE = text("""
INSERT INTO inbox_entry (handler, event_id)
SELECT :handler, event_id FROM unnest(CAST(:ids AS uuid[])) AS event_id ORDER BY event_id
ON CONFLICT DO NOTHING RETURNING event_id
""")
# Cursor and entry in one statement. The cursor's row lock makes a second worker wait for the first; an upsert whose
# WHERE is false changes nothing, and then no entry is written.
_NEXT = """
WITH moved AS (
    INSERT INTO inbox_cursor AS held (handler, subject, aggregate_id, value)
    SELECT CAST(:handler AS text), CAST(:subject AS text), CAST(:aggregate_id AS text), CAST(:value AS bigint)
    {first}
    ON CONFLICT (handler, subject, aggregate_id) DO UPDATE SET value = excluded.value WHERE {follows}
    RETURNING 1
), taken AS (
    INSERT INTO inbox_entry (handler, event_id) SELECT CAST(:handler AS text), CAST(:event_id AS uuid) FROM moved
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT FROM moved) AS moved, EXISTS (SELECT FROM taken) AS taken
"""
_NEXT_STATE = text(_NEXT.format(first="", follows="held.value < excluded.value"))
_NEXT_HAPPENING = text(
    _NEXT.format(
        first="""WHERE CAST(:value AS bigint) = 1 OR EXISTS (
        SELECT FROM inbox_cursor
        WHERE (handler, subject, aggregate_id) = (:handler, :subject, :aggregate_id))""",
        follows="held.value = excluded.value - 1",
    )
)
_CURSOR = text("""
SELECT value FROM inbox_cursor WHERE handler = :handler AND subject = :subject AND aggregate_id = :aggregate_id
""")
# Touching the rows locks them, also those that are new.
_LOCK = text("""
INSERT INTO inbox_cursor AS held (handler, subject, aggregate_id, value)
SELECT :handler, :subject, aggregate_id, 0 FROM unnest(CAST(:ids AS text[])) AS aggregate_id ORDER BY aggregate_id
ON CONFLICT (handler, subject, aggregate_id) DO UPDATE SET value = held.value
RETURNING aggregate_id, value
""")
_MOVE = text("""
INSERT INTO inbox_cursor AS held (handler, subject, aggregate_id, value)
SELECT :handler, :subject, aggregate_id, value
FROM unnest(CAST(:ids AS text[]), CAST(:values AS bigint[])) AS fresh (aggregate_id, value) ORDER BY aggregate_id
ON CONFLICT (handler, subject, aggregate_id) DO UPDATE SET value = excluded.value WHERE excluded.value > held.value
""")


async def take(tx: Transaction, handler: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Record `event_ids` for `handler` and return those that are new; the others took effect before.

    A second worker that holds the same event waits here until the first commits, and then sees it as taken.
    """
    found = await tx.session.execute(_TAKE, {"handler": handler, "ids": [str(one) for one in event_ids]})
    return {row.event_id for row in found}


class Turn(StrEnum):
    """Whether it is an event's turn."""

    NOW = "now"
    STALE = "stale"
    """Older than what was applied."""
    DUPLICATE = "duplicate"
    """Took effect before."""
    GAP = "gap"
    """One before it has not come."""


async def take_next(tx: Transaction, handler: str, event: Envelope[Any], *, happening: bool) -> tuple[Turn, int]:
    """Record one event if it is its turn: a state if it is newer, a happening if it is exactly the next.

    A second worker that holds an event of the same aggregate waits here until the first commits.

    Returns:
        The turn, and for a gap the last sequence that was applied.
    """
    words = {"handler": handler, "subject": event.subject, "aggregate_id": event.aggregate_id}
    value = event.sequence if happening else event.version
    statement = _NEXT_HAPPENING if happening else _NEXT_STATE
    found = (await tx.session.execute(statement, {**words, "value": value, "event_id": event.id})).one()
    if found.moved:
        return (Turn.NOW if found.taken else Turn.DUPLICATE), value
    last = int((await tx.session.execute(_CURSOR, words)).scalar_one_or_none() or 0)
    return (Turn.GAP if happening and value > last + 1 else Turn.STALE), last


async def lock_cursors(tx: Transaction, handler: str, subject: str, aggregate_ids: Sequence[str]) -> dict[str, int]:
    """Lock the cursors of aggregates and return per aggregate the last sequence that was applied, 0 if none."""
    found = await tx.session.execute(_LOCK, {"handler": handler, "subject": subject, "ids": list(aggregate_ids)})
    return {row.aggregate_id: row.value for row in found}


async def move(tx: Transaction, handler: str, subject: str, values: dict[str, int]) -> None:
    """Move the cursors of aggregates forward; never back."""
    if values:
        await tx.session.execute(
            _MOVE,
            {"handler": handler, "subject": subject, "ids": list(values), "values": list(values.values())},
        )

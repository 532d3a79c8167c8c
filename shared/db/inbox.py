"""The inbox: an event takes effect once per handler, in order where order matters."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from shared.db.transaction import Transaction

_TAKE = text("""
INSERT INTO inbox_entry (handler, event_id)
SELECT :handler, event_id FROM unnest(CAST(:ids AS uuid[])) AS event_id ORDER BY event_id
ON CONFLICT DO NOTHING RETURNING event_id
""")
_HELD = text("""
SELECT aggregate_id, value FROM inbox_cursor
WHERE handler = :handler AND subject = :subject AND aggregate_id = ANY(CAST(:ids AS text[]))
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


async def held(tx: Transaction, handler: str, subject: str, aggregate_ids: Sequence[str]) -> dict[str, int]:
    """Return per aggregate the newest version (state) or last sequence (happening) that was applied."""
    found = await tx.session.execute(_HELD, {"handler": handler, "subject": subject, "ids": list(aggregate_ids)})
    return {row.aggregate_id: row.value for row in found}


async def move(tx: Transaction, handler: str, subject: str, values: dict[str, int]) -> None:
    """Move the cursors of aggregates forward; never back."""
    if values:
        await tx.session.execute(
            _MOVE,
            {"handler": handler, "subject": subject, "ids": list(values), "values": list(values.values())},
        )

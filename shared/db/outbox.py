"""The outbox as its relay sees it: what waits, what was acknowledged, what a lost stream owes again.

An event is written once and never touched again. That it waits is a row in `outbox_waiting`, deleted by the statement
that notes in `outbox_published` under which number the stream took it: the narrow rows cost a third of a mark on the
event itself, which would move it and give each of its indexes a new entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.lease import GUARD, Fence, LeaseLost
from shared.events.envelope import Recorded

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: how many, and the age of the oldest in seconds."""

    waiting: int
    oldest_seconds: float


# `position > last seen` would lose rows: a transaction that commits late holds a low position.
# Row by row through the key: what the planner knows of a table that fills and empties all day is never true.
_PENDING = text("""
SELECT event.* FROM (
    SELECT position FROM outbox_waiting WHERE position <> ALL(CAST(:besides AS bigint[]))
    ORDER BY position LIMIT :limit
) AS waiting CROSS JOIN LATERAL (
    SELECT position, id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, request_id,
           traceparent, CAST(data AS text) AS data
    FROM outbox_event AS told WHERE told.position = waiting.position LIMIT 1
) AS event ORDER BY event.position
""")
_MARK = text(f"""
WITH held AS ({GUARD}), acked AS (
    SELECT * FROM unnest(CAST(:positions AS bigint[]), CAST(:sequences AS bigint[])) AS acked (position, sequence)
    WHERE CAST(:lease AS text) IS NULL OR EXISTS (SELECT FROM held)
), gone AS (
    DELETE FROM outbox_waiting USING acked WHERE outbox_waiting.position = acked.position
), told AS (
    INSERT INTO outbox_published AS held (position, stream_sequence, published_at)
    SELECT position, sequence, now() FROM acked
    ON CONFLICT (position) DO UPDATE
    SET stream_sequence = excluded.stream_sequence, published_at = excluded.published_at
)
INSERT INTO relay_mark AS known (service, stream_sequence)
SELECT CAST(:service AS text), max(sequence) FROM acked HAVING count(*) > 0
ON CONFLICT (service) DO UPDATE SET stream_sequence = greatest(known.stream_sequence, excluded.stream_sequence)
RETURNING 1
""")  # noqa: S608  # constant text
_HIGHEST = text("SELECT stream_sequence FROM relay_mark WHERE service = :service")
_FORGET = text(f"""
WITH held AS ({GUARD})
UPDATE relay_mark SET stream_sequence = :kept
WHERE service = :service AND (CAST(:lease AS text) IS NULL OR EXISTS (SELECT FROM held))
""")  # noqa: S608  # constant text
# In chunks, each its own statement: a long outbox would outlast the limit on statements.
_PUT_BACK = """
, back AS (
    UPDATE outbox_published SET published_at = NULL, stream_sequence = NULL
    WHERE position IN (SELECT position FROM those) RETURNING position
), again AS (
    INSERT INTO outbox_waiting (position, occurred_at)
    SELECT position, occurred_at FROM outbox_event WHERE position IN (SELECT position FROM back)
    ON CONFLICT DO NOTHING
)
SELECT position FROM back
"""
_LOST = text(f"""
WITH held AS ({GUARD}), those AS (
    SELECT position FROM outbox_published
    WHERE position > :after AND published_at IS NOT NULL AND coalesce(stream_sequence, 0) > :kept
      AND (CAST(:lease AS text) IS NULL OR EXISTS (SELECT FROM held))
    ORDER BY position LIMIT :chunk
){_PUT_BACK}""")  # noqa: S608  # constant text
_THESE = text(f"""
WITH those AS (
    SELECT position FROM outbox_published
    WHERE published_at IS NOT NULL AND stream_sequence = ANY(CAST(:sequences AS bigint[]))
){_PUT_BACK}""")  # noqa: S608  # constant text
_SINCE = text(f"""
WITH those AS (
    SELECT position FROM outbox_event JOIN outbox_published USING (position)
    WHERE position > :after AND published_at IS NOT NULL AND occurred_at >= :since
    ORDER BY position LIMIT :chunk
){_PUT_BACK}""")  # noqa: S608  # constant text
# The newest rows: what a server that did not sync loses is the end of its stream.
_CLAIMS = text("""
SELECT stream_sequence, array_agg(id) AS ids FROM (
    SELECT position, stream_sequence FROM outbox_published
    WHERE stream_sequence BETWEEN :first AND :last ORDER BY position DESC LIMIT :limit
) AS newest JOIN outbox_event USING (position) GROUP BY stream_sequence ORDER BY stream_sequence DESC
""")
_KNOWN = text("SELECT id FROM outbox_event WHERE id = ANY(CAST(:ids AS uuid[]))")
_JUDGED = text("""
SELECT id FROM outbox_event WHERE id = ANY(CAST(:ids AS uuid[]))
UNION SELECT event_id FROM discarded_event WHERE event_id = ANY(CAST(:ids AS uuid[]))
""")
_BACKLOG = text("""
SELECT count(*) AS waiting,
       CAST(greatest(coalesce(extract(epoch FROM now() - min(occurred_at)), 0), 0) AS float8) AS age
FROM outbox_waiting
""")


async def pending(connection: AsyncConnection, *, limit: int, besides: Sequence[int] = ()) -> list[Recorded]:
    """Return up to `limit` rows that wait, in the order of positions, without the positions `besides`."""
    return [Recorded(*row) for row in await connection.execute(_PENDING, {"limit": limit, "besides": list(besides)})]


async def mark(connection: AsyncConnection, service: str, acked: dict[int, int], fence: Fence | None = None) -> None:
    """Note that positions were acknowledged under these sequences of the stream.

    Args:
        connection: to the service's database.
        service: whose outbox it is.
        acked: sequence by position; at least one.
        fence: of the relay's lease; None where nobody else can be at work.

    Raises:
        LeaseLost: another relay has taken over; nothing was marked.
    """
    words = {"service": service, "positions": list(acked), "sequences": list(acked.values()), **_guarded(fence)}
    if (await connection.execute(_MARK, words)).scalar_one_or_none() is None:
        raise LeaseLost


async def highest(connection: AsyncConnection, service: str) -> int:
    """Return the highest sequence that the stream of `service` ever acknowledged, 0 if none."""
    return int((await connection.execute(_HIGHEST, {"service": service})).scalar_one_or_none() or 0)


async def unpublish_above(connection: AsyncConnection, service: str, kept: int, fence: Fence | None = None) -> int:
    """Put every event above sequence `kept` of the stream back to be published; return how many.

    The mark falls last: if this is cut off, the loss is noticed again.

    Raises:
        LeaseLost: another relay has taken over.
    """
    count = await _in_chunks(connection, _LOST, kept=kept, **_guarded(fence))
    await connection.execute(_FORGET, {"service": service, "kept": kept, **_guarded(fence)})
    if fence is not None:
        await fence.check(connection)
    return count


async def unpublish_these(connection: AsyncConnection, sequences: Sequence[int]) -> int:
    """Put the events that were acknowledged under these sequences back to be published; return how many."""
    return len((await connection.execute(_THESE, {"sequences": list(sequences)})).all())


async def unpublish_since(connection: AsyncConnection, since: datetime) -> int:
    """Put every event whose cause happened at or after `since` back to be published; return how many."""
    return await _in_chunks(connection, _SINCE, since=since)


async def claims(connection: AsyncConnection, *, first: int, last: int, limit: int) -> list[tuple[int, set[UUID]]]:
    """Return sequences from `first` to `last` under which the newest `limit` events were acknowledged, highest first.

    One sequence is claimed by two events where the stream lost the first and gave its number to the second.
    """
    found = await connection.execute(_CLAIMS, {"first": first, "last": last, "limit": limit})
    return [(row.stream_sequence, set(row.ids)) for row in found]


async def known(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of `ids` that the outbox holds, published or not."""
    return set((await connection.execute(_KNOWN, {"ids": [str(one) for one in ids]})).scalars())


async def judged(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of `ids` of which this database knows what they are: its own, or discarded by an operator."""
    return set((await connection.execute(_JUDGED, {"ids": [str(one) for one in ids]})).scalars())


async def backlog(connection: AsyncConnection) -> Backlog:
    """Return how much waits."""
    row = (await connection.execute(_BACKLOG)).one()
    return Backlog(row.waiting, row.age)


def _guarded(fence: Fence | None) -> dict[str, object]:
    return dict.fromkeys(("lease", "holder", "fence")) if fence is None else fence.words()


async def _in_chunks(connection: AsyncConnection, statement: TextClause, **words: object) -> int:
    count, after = 0, 0
    while True:
        found = await connection.execute(statement, {**words, "after": after, "chunk": CHUNK})
        positions: Sequence[int] = found.scalars().all()
        if not positions:
            return count
        count += len(positions)
        after = max(positions)

"""What of a publisher's stream this database has certainly handled: written behind the effects, never above them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in a stream, as one durable consumer counts it.

    Attributes:
        durable_made_at: which durable consumer: a later one of the same name counts anew.
        sequence: everything up to here took effect in this database, or stands among its dead letters.
    """

    durable_made_at: datetime
    sequence: int


_READ = text("SELECT durable_made_at, stream_sequence FROM consumer_mark WHERE publisher = :publisher")
_SET = text("""
INSERT INTO consumer_mark (publisher, durable_made_at, stream_sequence) VALUES (:publisher, :made_at, :sequence)
ON CONFLICT (publisher) DO UPDATE
SET durable_made_at = excluded.durable_made_at, stream_sequence = excluded.stream_sequence
""")
# Moved on only from where this process knows it to be, or from where another process moved it: a database that was set
# back meanwhile stands below, and must not be lifted over what it has lost.
_MOVE = text("""
WITH moved AS (
    UPDATE consumer_mark SET stream_sequence = :floor
    WHERE publisher = :publisher AND durable_made_at = :made_at AND stream_sequence >= :known
    AND stream_sequence < :floor
    RETURNING stream_sequence
)
SELECT coalesce((SELECT stream_sequence FROM moved), stream_sequence) AS sequence FROM consumer_mark
WHERE publisher = :publisher AND durable_made_at = :made_at
""")


async def read(connection: AsyncConnection, publisher: str) -> Mark | None:
    """Return the mark of `publisher`'s stream, or None if nothing of it was handled yet."""
    found = (await connection.execute(_READ, {"publisher": publisher})).one_or_none()
    return Mark(*found) if found is not None else None


async def put(connection: AsyncConnection, publisher: str, mark: Mark) -> None:
    """Set the mark of `publisher`'s stream, also back."""
    words = {"publisher": publisher, "made_at": mark.durable_made_at, "sequence": mark.sequence}
    await connection.execute(_SET, words)


async def move(connection: AsyncConnection, publisher: str, known: Mark, floor: int) -> int | None:
    """Move the mark up to `floor` unless it stands below `known`; return where it stands, None if it is another's."""
    words = {
        "publisher": publisher,
        "made_at": known.durable_made_at,
        "known": known.sequence,
        "floor": max(floor, known.sequence),
    }
    found = (await connection.execute(_MOVE, words)).scalar_one_or_none()
    return int(found) if found is not None else None

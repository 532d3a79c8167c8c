"""Whether this database is older than what its service has told others: noted once, seen by every process."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.engine import Database


@dataclass(frozen=True, slots=True)
class HistoryBreak:
    """The stream holds events that the database does not know.

    Attributes:
        id: of the row.
        noticed_at: since when changes are refused.
        known_sequence: highest sequence of the stream that the database knew then.
        last_sequence: last sequence of the stream then.
    """

    id: int
    noticed_at: datetime
    known_sequence: int
    last_sequence: int


_OPEN = text("""
SELECT id, noticed_at, known_sequence, last_sequence FROM history_break
WHERE accepted_at IS NULL ORDER BY id LIMIT 1
""")
_NOTE = text("""
INSERT INTO history_break (known_sequence, last_sequence, event_id)
SELECT CAST(:known AS bigint), CAST(:last AS bigint), CAST(:event_id AS uuid)
WHERE NOT EXISTS (SELECT FROM history_break WHERE accepted_at IS NULL)
""")


async def open_break(connection: AsyncConnection) -> HistoryBreak | None:
    """Return the break that waits for an operator, or None."""
    found = (await connection.execute(_OPEN)).one_or_none()
    return HistoryBreak(*found) if found is not None else None


async def note_break(connection: AsyncConnection, *, known: int, last: int, event_id: UUID) -> None:
    """Note that the stream holds `event_id` and the database does not; one open break is enough."""
    await connection.execute(_NOTE, {"known": known, "last": last, "event_id": event_id})


class HistoryWatch:
    """What one process knows of the break, so that a call need not ask the database."""

    def __init__(self, database: Database) -> None:
        """Name the database; nothing is asked yet."""
        self._database = database
        self.found: HistoryBreak | None = None
        """The open break as it was last seen."""

    async def refresh(self) -> None:
        """Look again.

        Raises:
            DatabaseUnavailable: it does not answer; what was seen before still holds.
        """
        with self._database.guard():
            async with self._database.engine.connect() as connection:
                self.found = await open_break(connection)

"""The inbox: an event takes effect once per handler, in order where order matters."""

from collections.abc import Sequence
from dataclasses import dataclass
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
_LOCK_EACH = text("""
INSERT INTO inbox_cursor AS held (handler, subject, aggregate_id, value)
SELECT handler, subject, aggregate_id, 0
FROM unnest(CAST(:handlers AS text[]), CAST(:subjects AS text[]), CAST(:aggregate_ids AS text[]))
     AS wanted (handler, subject, aggregate_id) ORDER BY 1, 2, 3
ON CONFLICT (handler, subject, aggregate_id) DO UPDATE SET value = held.value
RETURNING handler, subject, aggregate_id, value
""")
_RECORD = text("""
WITH moved AS (
    UPDATE inbox_cursor AS held SET value = fresh.value
    FROM unnest(CAST(:handlers AS text[]), CAST(:subjects AS text[]), CAST(:aggregate_ids AS text[]),
                CAST(:values AS bigint[])) AS fresh (handler, subject, aggregate_id, value)
    WHERE (held.handler, held.subject, held.aggregate_id) = (fresh.handler, fresh.subject, fresh.aggregate_id)
)
INSERT INTO inbox_entry (handler, event_id)
SELECT handler, event_id FROM unnest(CAST(:by AS text[]), CAST(:ids AS uuid[])) AS entry (handler, event_id)
ON CONFLICT DO NOTHING RETURNING handler, event_id
""")


_KNOWN = text("""
SELECT handler, event_id FROM inbox_entry
WHERE (handler, event_id) IN (SELECT * FROM unnest(CAST(:handlers AS text[]), CAST(:ids AS uuid[])))
""")


class NumberReused(Exception):  # noqa: N818  # says what the publisher did
    """A publisher gave a number again that another event of it has: its database was set back, or somebody forges."""


async def take(tx: Transaction, handler: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Record `event_ids` for `handler` and return those that are new; the others took effect before.

    A second worker that holds the same event waits here until the first commits, and then sees it as taken.
    """
    found = await tx.session.execute(_TAKE, {"handler": handler, "ids": list(event_ids)})
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

    Raises:
        NumberReused: the event has the number of another.
    """
    words = {"handler": handler, "subject": event.subject, "aggregate_id": event.aggregate_id}
    value = event.sequence if happening else event.version
    statement = _NEXT_HAPPENING if happening else _NEXT_STATE
    while True:
        found = (await tx.session.execute(statement, {**words, "value": value, "event_id": event.id})).one()
        if found.moved:
            return (Turn.NOW if found.taken else Turn.DUPLICATE), value
        last = int((await tx.session.execute(_CURSOR, words)).scalar_one_or_none() or 0)
        if happening and value > last + 1:
            return Turn.GAP, last
        if value <= last:
            await refuse_reused(tx, [(Claim(handler, event, happening=happening), last)])
            return Turn.STALE, last
        # Another worker committed the event before this one between the two statements: now it is this one's turn.


@dataclass(frozen=True, slots=True)
class Claim:
    """One event for one handler; `happening` as its kind says."""

    handler: str
    event: Envelope[Any]
    happening: bool

    @property
    def cursor(self) -> tuple[str, str, str]:
        """Key of the cursor on which its order is judged."""
        return self.handler, self.event.subject, self.event.aggregate_id

    @property
    def value(self) -> int:
        """What the cursor is moved to."""
        return self.event.sequence if self.happening else self.event.version


async def take_turns(tx: Transaction, claims: Sequence[Claim]) -> list[tuple[Turn, int]]:
    """Do for several events, in their order, what `take_next` does for one; two statements whatever their number.

    Raises:
        NumberReused: one of them has the number of another event.
    """
    held = await _lock_each(tx, sorted({claim.cursor for claim in claims}))
    turns: list[tuple[Turn, int]] = []
    moved: dict[tuple[str, str, str], int] = {}
    for claim in claims:
        last = held[claim.cursor]
        if claim.value <= last:
            turns.append((Turn.STALE, last))
        elif claim.happening and claim.value > last + 1:
            turns.append((Turn.GAP, last))
        else:
            turns.append((Turn.NOW, claim.value))
            held[claim.cursor] = moved[claim.cursor] = claim.value
    stale = [(claim, last) for claim, (turn, last) in zip(claims, turns, strict=True) if turn is Turn.STALE]
    if not moved:
        await refuse_reused(tx, stale)
        return turns
    now = [claim for claim, (turn, _) in zip(claims, turns, strict=True) if turn is Turn.NOW]
    fresh = await _record(tx, moved, [(claim.handler, claim.event.id) for claim in now])
    await refuse_reused(tx, stale)
    return [
        (Turn.DUPLICATE, last) if turn is Turn.NOW and (claim.handler, claim.event.id) not in fresh else (turn, last)
        for claim, (turn, last) in zip(claims, turns, strict=True)
    ]


async def refuse_reused(tx: Transaction, stale: Sequence[tuple[Claim, int]]) -> None:
    """Look whether events that are not newer than the last one are known; a number belongs to one event for ever.

    Of a happening every number up to the last was taken, each by an event that the inbox knows. Of a state older ones
    may have been skipped unseen: there only the last number itself tells.

    Args:
        tx: the transaction, in which what is taken now stands in the inbox already.
        stale: claims with the number that their cursor held before them.

    Raises:
        NumberReused: an event that nobody knows has a number that was taken.
    """
    doubtful = [claim for claim, last in stale if claim.happening or claim.value == last]
    if not doubtful:
        return
    words = {"handlers": [one.handler for one in doubtful], "ids": [str(one.event.id) for one in doubtful]}
    known = {(handler, event_id) for handler, event_id in await tx.session.execute(_KNOWN, words)}
    for one in doubtful:
        if (one.handler, one.event.id) not in known:
            number = f"{'sequence' if one.happening else 'version'} {one.value}"
            raise NumberReused(f"{number} of {one.event.subject} {one.event.aggregate_id} belongs to another event")


async def _lock_each(tx: Transaction, cursors: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    handlers, subjects, aggregate_ids = map(list, zip(*cursors, strict=True))
    found = await tx.session.execute(
        _LOCK_EACH, {"handlers": handlers, "subjects": subjects, "aggregate_ids": aggregate_ids}
    )
    return {(handler, subject, aggregate_id): value for handler, subject, aggregate_id, value in found}


async def _record(
    tx: Transaction, moved: dict[tuple[str, str, str], int], entries: Sequence[tuple[str, UUID]]
) -> set[tuple[str, UUID]]:
    handlers, subjects, aggregate_ids = map(list, zip(*moved, strict=True))
    by, ids = map(list, zip(*entries, strict=True))
    found = await tx.session.execute(
        _RECORD,
        {
            "handlers": handlers,
            "subjects": subjects,
            "aggregate_ids": aggregate_ids,
            "values": list(moved.values()),
            "by": by,
            "ids": ids,
        },
    )
    return {(handler, event_id) for handler, event_id in found}


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

"""Dead letters: messages that no retry will mend, kept with their reason until somebody replays them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, Row, Select, case, false, select, text, type_coerce
from sqlalchemy.orm import column_property, registry

from shared.db.base import text_enum
from shared.db.selection import Selection, by_time, exactly
from shared.db.tables import attach_infrastructure
from shared.db.transaction import Transaction
from shared.events.signature import Proof
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import DEAD_LETTER_SETTLED, NOT_FOUND

NOUN = "dead_letter"
OPERATORS = frozenset({Role.OPERATOR})
"""Who looks after events that could not be handled: no body that an event speaks of."""


class DeadLetterStatus(StrEnum):
    """What became of a letter."""

    WAITING = "WAITING"
    REPLAYED = "REPLAYED"
    DISCARDED = "DISCARDED"


class LetterRow:
    """A letter as lists show it, without the message itself."""

    id: Any
    handler: Any
    subject: Any
    event_id: Any
    reason: Any
    deliveries: Any
    parked_at: Any
    replayed_at: Any
    discarded_at: Any
    discard_reason: Any
    status: Any


def _map() -> None:
    """Map the table once for all services: each has it, and a session finds that of its own database."""
    metadata = MetaData()
    attach_infrastructure(metadata)
    table = metadata.tables["dead_letter"]
    status = case(
        (table.c.discarded_at.is_not(None), DeadLetterStatus.DISCARDED.value),
        (table.c.replayed_at.is_not(None), DeadLetterStatus.REPLAYED.value),
        else_=DeadLetterStatus.WAITING.value,
    )
    registry(metadata=metadata).map_imperatively(
        LetterRow,
        table,
        properties={"status": column_property(type_coerce(status, text_enum(DeadLetterStatus)))},
        exclude_properties=["payload", "signature", "stored_at", "stream_sequence"],
    )


_map()


def _visible(tx: Transaction) -> Select[Any]:
    every = select(LetterRow)
    return every if tx.actor.role in OPERATORS else every.where(false())


LIST = Selection(
    rows=_visible,
    sorts=by_time(LetterRow.parked_at, LetterRow.id),
    asked={"handler": exactly(LetterRow.handler), "subject": exactly(LetterRow.subject)},
    among={"status": LetterRow.status},
    days={"parked": LetterRow.parked_at},
)
"""What dead letters may be narrowed and sorted by."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was given up on.

    Attributes:
        proof: by what it is checked when it is replayed; None for one that was parked before events were signed.
    """

    id: int
    handler: str
    subject: str
    event_id: UUID | None
    payload: bytes
    reason: str
    deliveries: int
    parked_at: datetime
    proof: Proof | None


_PARK = text("""
INSERT INTO dead_letter
       (handler, subject, event_id, payload, reason, deliveries, signature, stored_at, stream_sequence)
SELECT CAST(:handler AS text), CAST(:subject AS text), CAST(:event_id AS uuid), CAST(:payload AS bytea),
       CAST(:reason AS text), CAST(:deliveries AS int), CAST(:signature AS text), CAST(:stored_at AS timestamptz),
       CAST(:stream_sequence AS bigint)
WHERE NOT EXISTS (
    SELECT FROM dead_letter WHERE handler = :handler AND replayed_at IS NULL
    AND (event_id, payload) IS NOT DISTINCT FROM (CAST(:event_id AS uuid), CAST(:payload AS bytea)))
""")
_WAITING = text("""
SELECT id, handler, subject, event_id, payload, reason, deliveries, parked_at, signature, stored_at, stream_sequence
FROM dead_letter
WHERE replayed_at IS NULL AND discarded_at IS NULL AND starts_with(reason, CAST(:reason AS text)) ORDER BY id
""")


_TAKE = text("SELECT * FROM dead_letter WHERE id = :id FOR UPDATE")
_COUNT = text("SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL AND discarded_at IS NULL")
_DISCARD = text("UPDATE dead_letter SET discarded_at = :now, discard_reason = :reason WHERE id = :id")


async def park(  # each is one column
    tx: Transaction,
    *,
    handler: str,
    subject: str,
    event_id: UUID | None,
    payload: bytes,
    reason: str,
    deliveries: int,
    proof: Proof | None = None,
) -> None:
    """Keep a message with the reason it could not be handled; one that waits or was discarded is not kept twice."""
    await tx.session.execute(
        _PARK,
        {
            "handler": handler,
            "subject": subject,
            "event_id": event_id,
            "payload": payload,
            "reason": reason.replace("\x00", "")[:4000],
            "deliveries": deliveries,
            "signature": proof.signature if proof else None,
            "stored_at": proof.stored_at if proof else None,
            "stream_sequence": proof.stream_sequence if proof else None,
        },
    )


async def waiting(tx: Transaction, *, reason: str = "") -> list[DeadLetter]:
    """Return what waits to be replayed, oldest first; only those whose reason begins with `reason`."""
    return [_letter(row) for row in await tx.session.execute(_WAITING, {"reason": reason})]


async def take(tx: Transaction, letter_id: int) -> DeadLetter:
    """Return a letter that waits, and hold it: nobody else replays or discards it meanwhile.

    Raises:
        Refusal: `not_found`; `dead_letter_settled`.
    """
    row = (await tx.session.execute(_TAKE, {"id": letter_id})).one_or_none()
    if row is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    if row.replayed_at is not None or row.discarded_at is not None:
        raise Refusal(DEAD_LETTER_SETTLED)
    return _letter(row)


async def read(tx: Transaction, letter_id: int) -> tuple["LetterRow", bytes]:
    """Return a letter, settled or not, with the message as it came.

    Raises:
        Refusal: `not_found`.
    """
    row = (await tx.session.execute(select(LetterRow).where(LetterRow.id == letter_id))).scalar_one_or_none()
    if row is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    await tx.session.refresh(row)
    payload = await tx.session.execute(text("SELECT payload FROM dead_letter WHERE id = :id"), {"id": letter_id})
    return row, bytes(payload.scalar_one())


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        handler=row.handler,
        subject=row.subject,
        event_id=row.event_id,
        payload=bytes(row.payload),
        reason=row.reason,
        deliveries=row.deliveries,
        parked_at=row.parked_at,
        proof=None if row.stored_at is None else Proof(row.signature, row.stored_at, row.stream_sequence),
    )


async def mark_replayed(tx: Transaction, letter_id: int) -> None:
    """Note that a letter took effect."""
    await tx.session.execute(
        text("UPDATE dead_letter SET replayed_at = :now WHERE id = :id"), {"now": tx.now, "id": letter_id}
    )


async def mark_discarded(tx: Transaction, letter_id: int, reason: str) -> None:
    """Note that nobody will handle a letter, and why."""
    await tx.session.execute(_DISCARD, {"now": tx.now, "id": letter_id, "reason": reason})


async def count_waiting(tx: Transaction) -> int:
    """Return how many letters wait, for the metric."""
    return int((await tx.session.execute(_COUNT)).scalar_one())

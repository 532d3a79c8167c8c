"""Dead letters: messages that no retry will mend, kept with their reason until somebody replays them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared.db.transaction import Transaction
from shared.events.signature import Proof


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
    rows = await tx.session.execute(_WAITING, {"reason": reason})
    return [
        DeadLetter(
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
        for row in rows
    ]


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

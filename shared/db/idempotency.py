"""Idempotency keys: one effect per client, route and key; the row is written with the effect."""

from datetime import timedelta

from sqlalchemy import text

from shared.db.lock import try_lock_transaction
from shared.db.statement import Statement
from shared.db.transaction import PendingAnswer, StoredAnswer, Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_RUNNING

_FIND = Statement("""
SELECT fingerprint, status, headers, body FROM idempotency_key
WHERE client_id = :client_id AND route = :route AND key = :key
""")


async def claim(tx: Transaction, *, route: str, key: str, fingerprint: bytes) -> StoredAnswer | None:
    """Claim `key` for the actor's client on `route` until this transaction ends.

    The claim dies with the transaction: a request that was refused or whose process died leaves nothing behind, and the
    same key is then evaluated anew.

    Args:
        tx: the transaction of the effect.
        route: method and path template.
        key: the client's `Idempotency-Key`.
        fingerprint: digest of the request's path, query and body.

    Returns:
        The stored answer if this key was answered before, else None.

    Raises:
        Refusal: `idempotency_key_reused` (the key came with another body), `idempotency_key_running`.
    """
    words = {"client_id": tx.actor.client_id, "route": route, "key": key}
    if not await try_lock_transaction(tx.session, "idempotency", *words.values()):
        raise Refusal(IDEMPOTENCY_KEY_RUNNING)
    found = (await _FIND.execute(tx.session, words)).one_or_none()
    if found is None:
        tx.expect_answer(PendingAnswer(route, key, fingerprint))
        return None
    if bytes(found.fingerprint) != fingerprint:
        raise Refusal(IDEMPOTENCY_KEY_REUSED)
    return StoredAnswer(found.status, dict(found.headers), bytes(found.body))


async def forget_before(tx: Transaction, *, days: int) -> int:
    """Delete keys older than `days`; the permanent unique (bank, bank reference) goes on guarding money."""
    done = await tx.session.execute(
        text("DELETE FROM idempotency_key WHERE created_at < :before RETURNING 1"),
        {"before": tx.now - timedelta(days=days)},
    )
    return len(done.all())

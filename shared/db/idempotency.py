"""Idempotency keys: one effect per client, route and key; the row is written with the effect."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.db.bookkeeping import KEPT_ANSWER, PendingAnswer, StoredAnswer
from shared.db.lock import try_lock_transaction
from shared.db.statement import Statement
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_RUNNING

KEPT = Statement(KEPT_ANSWER)
"""Looks a key up; see `key_values` and `stored`."""


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
    if not await try_lock_transaction(tx.session, *lock_words(tx.actor.client_id, route, key)):
        raise Refusal(IDEMPOTENCY_KEY_RUNNING)
    found = (await KEPT.execute(tx.session, key_values(tx.actor.client_id, route, key))).one_or_none()
    if found is None:
        tx.expect_answer(PendingAnswer(route, key, fingerprint))
        return None
    return stored(tuple(found), fingerprint)


def lock_words(client_id: str, route: str, key: str) -> tuple[str, ...]:
    """Return the words of the lock that a request holds while it runs under its key."""
    return "idempotency", client_id, route, key


def key_values(client_id: str, route: str, key: str) -> dict[str, str]:
    """Return the values by which `KEPT_ANSWER` looks a key up."""
    return {"key_client": client_id, "key_route": route, "key_word": key}


def stored(kept: Sequence[Any], fingerprint: bytes) -> StoredAnswer:
    """Return the answer that was found under a key.

    Args:
        kept: the columns of `KEPT_ANSWER`.
        fingerprint: that of the request that asks.

    Raises:
        Refusal: `idempotency_key_reused`: the key came with another request.
    """
    was, status, headers, body = kept
    if bytes(was) != fingerprint:
        raise Refusal(IDEMPOTENCY_KEY_REUSED)
    return StoredAnswer(status, dict(headers), bytes(body))


async def forget_before(tx: Transaction, *, days: int) -> int:
    """Delete keys older than `days`; the permanent unique (bank, bank reference) goes on guarding money."""
    done = await tx.session.execute(
        text("DELETE FROM idempotency_key WHERE created_at < :before RETURNING 1"),
        {"before": tx.now - timedelta(days=days)},
    )
    return len(done.all())

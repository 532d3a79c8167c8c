"""A call without a transaction around it: one read, the rule, one statement that is its own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.db.bookkeeping import PendingAnswer, StoredAnswer
from shared.db.driver import DriverConnection
from shared.db.idempotency import KEPT, key_values, lock_words, stored
from shared.db.lock import lock_number
from shared.db.transaction import Reactions, Transaction
from shared.db.versioned import Overtaken, VersionedRead
from shared.kernel.actor import Actor
from shared.kernel.errors import Refusal
from shared.kernel.refusals import IDEMPOTENCY_KEY_RUNNING

_ANSWER_COLUMNS = 4


class Replayed(Exception):  # noqa: N818  # no fault: the answer is known
    """The key of this request was answered before."""

    def __init__(self, answer: StoredAnswer) -> None:
        """Carry the answer."""
        super().__init__()
        self.answer = answer


class NeedsTransaction(Overtaken):
    """Something hangs on an event of this change, and that needs a whole transaction."""


class SingleWrite(Transaction):
    """The hands of a call that is one read and one statement; nothing is held between the two.

    Args:
        connection: sends both; given back by who lent it.
        pending: the key of the request, looked up by the read and stored by the statement.
        actor: who acts.
        now: the instant of the call, UTC.
        request_id: id of the request.
        causation_id: id of the first cause.
        reactions: what follows from an event; a change that calls for one needs a whole transaction.
    """

    def __init__(
        self,
        connection: DriverConnection,
        pending: PendingAnswer,
        *,
        actor: Actor,
        now: datetime,
        request_id: str | None,
        causation_id: UUID,
        reactions: Reactions | None,
    ) -> None:
        """Read nothing yet."""
        super().__init__(
            None, actor=actor, now=now, request_id=request_id, causation_id=causation_id, reactions=reactions
        )
        self._connection = connection
        self._pending = pending
        self._key = (actor.client_id, pending.route, pending.key)
        self._has_looked = False
        self.expect_answer(pending)

    async def read_versions(self, read: VersionedRead, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the row that a rule decides on and its versions, or None; nothing is held.

        Raises:
            Replayed: the key was answered before.
            Refusal: `idempotency_key_reused`.
        """
        found = await self._connection.fetch_one(read.keyed, {**values, **key_values(*self._key)})
        if found is None:
            raise RuntimeError("a read with its key has one row in any case")
        self._has_looked = True
        _end_if_answered(found, self._pending)
        row = tuple(found)[_ANSWER_COLUMNS:]
        return None if row[0] is None else row

    async def look_up(self) -> None:
        """Look the key up if nothing was read yet: a request that was answered before is not refused anew.

        Raises:
            Replayed: the key was answered before.
            Refusal: `idempotency_key_reused`.
        """
        if not self._has_looked:
            found = await self._connection.fetch_one(KEPT, key_values(*self._key))
            if found is not None:
                _end_if_answered(found, self._pending)

    async def flush(self) -> None:
        """Send the one statement: the change with its events, audit rows and answer.

        Raises:
            Overtaken: what was read has changed since; nothing was written.
            NeedsTransaction: nothing was sent.
            Refusal: `idempotency_key_running`.
        """
        if self._change is None:
            raise RuntimeError("a call of this form makes a change")
        if any(type(emitted.event) in self._reactions for emitted in self._kept.events):
            raise NeedsTransaction
        write, values = self._change
        number = lock_number(*lock_words(*self._key))
        try:
            done = await self._connection.fetch_one(
                write.whole, {**values, **self._kept.values(self.actor, self.now), "turn_number": number}
            )
        except asyncpg.UniqueViolationError as fault:
            raise Overtaken from fault
        if done is not None and done["is_made"]:
            return
        if done is not None and not done["is_free"]:
            raise Refusal(IDEMPOTENCY_KEY_RUNNING)
        raise Overtaken


def _end_if_answered(found: asyncpg.Record, pending: PendingAnswer) -> None:
    """End the call where an answer stands under its key."""
    kept = tuple(found)[:_ANSWER_COLUMNS]
    if kept[0] is not None:
        raise Replayed(stored(kept, pending.fingerprint))

"""Blemish a right by an accepted case, and clear it when the case is closed."""

from uuid import UUID

from services.ipr.right.models.blemish import Blemish
from services.ipr.right.models.right import Right
from services.ipr.right.rules import blemish as rules
from services.ipr.right.rules.blemish import BlemishClearance, BlemishMark, OpenBlemish
from services.ipr.right.rules.right_status import POLICY
from services.ipr.right.store import blemish as blemishes
from services.ipr.right.usecases.right import settle, stored, take
from shared.db.transaction import Transaction
from shared.policy.book import RuleBook


async def mark_blemish(
    tx: Transaction, right_id: UUID, draft: BlemishMark, book: RuleBook, *, blemish_id: UUID
) -> Right:
    """Record an accepted case against a right: it leaves the classes of its owners' summaries.

    Raises:
        Refusal: `forbidden_role`; `not_found`, and what `rules.mark` refuses.
    """
    right, before = await take(tx, right_id)
    held = await blemishes.lock_open(tx, right_id, draft.kind)
    opened = rules.mark(
        _open(held), draft, status=right.legal_status, rules=book.pick(POLICY, tx.today), today=tx.today
    )
    tx.session.add(
        Blemish(
            id=blemish_id,
            right_id=right_id,
            kind=opened.kind,
            opened_on=opened.opened_on,
            opened_evidence=stored(draft.evidence),
            entered_by=tx.actor.client_id,
            recorded_at=tx.now,
        )
    )
    return await settle(tx, right, before, book, action="mark_blemish")


async def clear_blemish(tx: Transaction, right_id: UUID, draft: BlemishClearance, book: RuleBook) -> Right:
    """Record that the case is closed: the right counts again.

    Raises:
        Refusal: `forbidden_role`; `not_found`, and what `rules.clear` refuses.
    """
    right, before = await take(tx, right_id)
    held = await blemishes.lock_open(tx, right_id, draft.kind)
    cleared_on = rules.clear(_open(held), draft, rules=book.pick(POLICY, tx.today), today=tx.today)
    if held is not None:
        held.cleared_on = cleared_on
        # Who clears it need not be who opened it.
        held.cleared_evidence = {**stored(draft.evidence), "entered_by": tx.actor.client_id}
    return await settle(tx, right, before, book, action="clear_blemish")


def _open(held: Blemish | None) -> OpenBlemish | None:
    return None if held is None else OpenBlemish(held.kind, held.opened_on)

"""Move the legal status of a right on evidence, correct a move, and let rights expire by their term."""

from collections.abc import Callable, Sequence
from uuid import UUID

from services.ipr.right.models.right import Right, RightMove
from services.ipr.right.rules import right_status as rules
from services.ipr.right.rules import right_term as term_rules
from services.ipr.right.rules.right import term_facts
from services.ipr.right.rules.right_status import (
    LegalStatus,
    MoveCorrection,
    MoveState,
    RecordedMove,
    StatusMove,
    Timeline,
)
from services.ipr.right.store import right as rights
from services.ipr.right.usecases import portfolio
from services.ipr.right.usecases.right import move_row, settle, stored, take, tell
from shared.db.transaction import Transaction
from shared.kernel.evidence import Evidence
from shared.policy.book import RuleBook


async def move_right(tx: Transaction, right_id: UUID, draft: StatusMove, book: RuleBook, *, move_id: UUID) -> Right:
    """Record a move of the legal status; one that says what is known changes nothing.

    Raises:
        Refusal: `forbidden_role`; `not_found`, and what `rules.move` refuses.
    """
    right, before = await take(tx, right_id)
    rows = (await rights.moves(tx, [right_id]))[right_id]
    if not apply_move(tx, right, rows, draft, book, move_id=move_id):
        return right
    return await settle(tx, right, before, book, action="move")


def apply_move(
    tx: Transaction, right: Right, rows: Sequence[RightMove], draft: StatusMove, book: RuleBook, *, move_id: UUID
) -> bool:
    """Apply a move to a locked right with the history `rows`; return whether it said something new.

    Raises:
        Refusal: what `rules.move` refuses.
    """
    history = [rights.recorded(row) for row in rows]
    new = _recorded(draft, move_id, max(one.recorded_no for one in history) + 1)
    movement = rules.move(history, new, kind=right.kind, rules=book.pick(rules.POLICY, tx.today), today=tx.today)
    if not movement.changed:
        return False
    row = move_row(tx, right.id, new, draft.evidence)
    tx.session.add(row)
    _apply(right, movement.timeline)
    for one in (*rows, row):
        one.status = movement.timeline.states[one.id]
    return True


async def correct_move(
    tx: Transaction, right_id: UUID, draft: MoveCorrection, book: RuleBook, *, new_move_id: UUID
) -> Right:
    """Correct a move that was wrong at its source; what was told before stays in the history beside it.

    Raises:
        Refusal: `forbidden_role`; `not_found`, and what `rules.correct` refuses.
    """
    right, before = await take(tx, right_id)
    rows = (await rights.moves(tx, [right_id]))[right_id]
    replacement = None if draft.replacement is None else _recorded(draft.replacement, new_move_id, 0)
    timeline = rules.correct(
        [rights.recorded(row) for row in rows],
        draft.move_id,
        level=draft.evidence.level,
        replacement=replacement,
        kind=right.kind,
        rules=book.pick(rules.POLICY, tx.today),
        today=tx.today,
    )
    wrong = next(row for row in rows if row.id == draft.move_id)
    wrong.correction = {
        **stored(draft.evidence),
        "corrected_at": tx.now.isoformat(),
        "corrected_by": tx.actor.client_id,
        "replaced_by": str(new_move_id) if replacement else None,
    }
    wrong.status = MoveState.CORRECTED
    if draft.replacement is not None and replacement is not None:
        row = move_row(tx, right_id, replacement, draft.replacement.evidence)
        row.recorded_no = wrong.recorded_no
        row.status = timeline.states[row.id]
        tx.session.add(row)
    for one in rows:
        one.status = timeline.states[one.id]
    _apply(right, timeline)
    return await settle(tx, right, before, book, action="correct")


async def expire_rights(
    tx: Transaction, book: RuleBook, *, new_id: Callable[[], UUID], limit: int, after: UUID | None
) -> tuple[int, UUID | None]:
    """Move rights in force past their end to EXPIRED, at most `limit`, and sum their owners up.

    The move is ours, not the registering body's: it names the rule set that computed it, and its evidence is that of
    the right, since the end follows from the right's dates.

    Returns:
        How many rights expired, and the id to go on behind; None when there are no more.
    """
    ended = await rights.lock_ended(tx, tx.today, limit, after)
    before = await rights.views(tx, ended)
    histories = await rights.moves(tx, before)
    expired: list[Right] = []
    for right in ended:
        facts = term_facts(before[right.id].terms, right.extended_until_on)
        if right.ends_on is None or tx.today < term_rules.over_on(book, facts, right.ends_on):
            continue
        _expire(tx, right, histories[right.id], book, facts, move_id=new_id())
        expired.append(right)
    after_views = await tell(tx, expired, book, before=before)
    await portfolio.retell(tx, {owner.uscc for view in after_views.values() for owner in view.owners}, book)
    return len(expired), ended[-1].id if len(ended) == limit else None


def _expire(
    tx: Transaction,
    right: Right,
    rows: Sequence[RightMove],
    book: RuleBook,
    facts: term_rules.TermFacts,
    *,
    move_id: UUID,
) -> None:
    history = [rights.recorded(row) for row in rows]
    start = term_rules.start_of_term(facts)
    rule_set = book.pick(term_rules.POLICY, start or tx.today)
    computed_by = f"{rule_set.policy} {rule_set.version} {rule_set.sha256[:12]}"
    ends_on = right.ends_on or tx.today
    new = RecordedMove(
        move_id=move_id,
        recorded_no=max(one.recorded_no for one in history) + 1,
        to_status=LegalStatus.EXPIRED,
        effective_on=max(term_rules.over_on(book, facts, ends_on), right.status_since_on),
        notice_on=tx.today,
        level=right.evidence_level,
    )
    evidence = Evidence(level=right.evidence_level, issued_on=tx.today, official_no=computed_by)
    row = move_row(tx, right.id, new, evidence, computed_by=computed_by)
    timeline = rules.fold([*history, new], book.pick(rules.POLICY, tx.today))
    tx.session.add(row)
    for one in (*rows, row):
        one.status = timeline.states[one.id]
    _apply(right, timeline)
    right.version += 1
    right.updated_at = tx.now


def _recorded(draft: StatusMove, move_id: UUID, recorded_no: int) -> RecordedMove:
    return RecordedMove(
        move_id=move_id,
        recorded_no=recorded_no,
        to_status=draft.to_status,
        effective_on=draft.effective_on,
        notice_on=draft.evidence.issued_on,
        requested_on=draft.requested_on,
        level=draft.evidence.level,
    )


def _apply(right: Right, timeline: Timeline) -> None:
    right.legal_status = timeline.status
    right.status_since_on = timeline.since_on

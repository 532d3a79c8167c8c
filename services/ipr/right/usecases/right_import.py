"""Write lists of rights: rights are added or moved, and their owners are marked to be summed up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.ipr.right.models.right import Right, RightMove
from services.ipr.right.rules import right as right_rules
from services.ipr.right.rules import right_import as rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules.right import RightDraft, RightTerms, RightView
from services.ipr.right.rules.right_import import RightLine
from services.ipr.right.rules.right_status import StatusMove
from services.ipr.right.store import right as rights
from services.ipr.right.store.right import NewRight
from services.ipr.right.usecases import portfolio
from services.ipr.right.usecases.right import new_right, tell, tell_new
from services.ipr.right.usecases.right_status import apply_move
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.table.row import CREATED, UNCHANGED, UPDATED, ReadRow, Written, refused


@dataclass(slots=True)
class _Batch:
    """What one batch of lines comes to."""

    added: list[tuple[NewRight, RightView]] = field(default_factory=list)
    changed: list[Right] = field(default_factory=list)
    before: dict[UUID, RightView] = field(default_factory=dict)
    histories: dict[UUID, list[RightMove]] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)


async def write_rows(tx: Transaction, rows: Sequence[ReadRow[RightLine]], book: RuleBook) -> list[Written]:
    """Write one batch of rights in this transaction: they are added or moved, and their owners left to be summed up.

    Args:
        tx: the transaction, acting for who uploaded the list.
        rows: the lines.
        book: the rule sets.
    """
    batch = _Batch()
    numbers = {(row.value.terms.kind, row.value.number) for row in rows}
    held = await rights.lock_by_numbers(tx, numbers)
    batch.before = await rights.views(tx, list(held.values()))
    batch.histories = await rights.moves(tx, batch.before)
    written: list[Written] = []
    async for row in in_turns(rows):
        right = held.get((row.value.terms.kind, row.value.number))
        try:
            written.append(_add(tx, batch, row, book) if right is None else _move(tx, batch, row, right, book))
        except Refusal as refusal:
            written.append(refused(rules.refused_by(refusal, row.cells)))
    await rights.add(tx, [new for new, _ in batch.added])
    tell_new(tx, [view for _, view in batch.added], book)
    await tell(tx, batch.changed, book, before=batch.before)
    await portfolio.mark_stale(tx, batch.owners, book)
    return written


def _add(tx: Transaction, batch: _Batch, row: ReadRow[RightLine], book: RuleBook) -> Written:
    """Add the right of a line.

    Raises:
        Refusal: `owner_not_caller`, and what `rules.register` refuses.
    """
    draft = row.value.draft
    right_rules.may_declare(tx.actor, row.value.owners)
    if draft is None:
        return refused(*rules.evidence_missing(row.cells))
    registration = right_rules.register(
        draft, book=book, status_rules=book.pick(status_rules.POLICY, tx.today), today=tx.today
    )
    batch.added.append(new_right(tx, draft, registration, right_id=new_id(), move_id=new_id()))
    batch.owners |= {owner.uscc for owner in draft.owners}
    return CREATED


def _move(tx: Transaction, batch: _Batch, row: ReadRow[RightLine], held: Right, book: RuleBook) -> Written:
    """Move the right that is recorded, or leave what the line says already.

    Raises:
        Refusal: `owner_not_caller`; `forbidden_role` where an enterprise's list says another status than is recorded;
            and what `right_status.move` refuses.
    """
    line = row.value
    right_rules.may_declare(tx.actor, line.owners)
    view = batch.before[held.id]
    recorded = {name: getattr(view.terms, name) for name in RightTerms.model_fields}
    differs = rules.differing(recorded, line.terms)
    if {one.uscc: one.share_ppm for one in view.owners} != {one.uscc: one.share_ppm for one in line.owners}:
        differs.append("owners")
    if differs:
        return refused(rules.facts_differ(differs, row.cells))
    is_known = rules.is_said(held.legal_status, line.legal_status)
    if not is_known:
        tx.actor.must_be(right_rules.REGISTRARS, pointer="/to_status")
    elif tx.actor.role not in right_rules.REGISTRARS:
        return UNCHANGED
    if line.draft is None:
        return UNCHANGED if is_known else refused(*rules.evidence_missing(row.cells))
    if not apply_move(tx, held, batch.histories[held.id], _status_move(line.draft), book, move_id=new_id()):
        return UNCHANGED
    held.version += 1
    held.updated_at = tx.now
    batch.changed.append(held)
    batch.owners |= {owner.uscc for owner in view.owners}
    return UPDATED


def _status_move(draft: RightDraft) -> StatusMove:
    return StatusMove(
        to_status=draft.legal_status,
        effective_on=draft.status_effective_on or draft.granted_on or draft.filed_on or draft.evidence.issued_on,
        evidence=draft.evidence,
    )

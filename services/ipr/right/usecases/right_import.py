"""Import lists of rights: good lines are kept in batches, each finding names line, column and way out."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.ipr.right.models.right import Right, RightMove
from services.ipr.right.rules import right as right_rules
from services.ipr.right.rules import right_import as rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules.right import RightDraft, RightTerms, RightView
from services.ipr.right.rules.right_import import LineFinding, finding
from services.ipr.right.rules.right_kind import RightKind, normalise_number
from services.ipr.right.rules.right_status import StatusMove
from services.ipr.right.store import right as rights
from services.ipr.right.store import right_import as imports
from services.ipr.right.store.right import NewRight
from services.ipr.right.usecases import portfolio
from services.ipr.right.usecases.right import new_right, tell, tell_new
from services.ipr.right.usecases.right_status import apply_move
from shared.db.operation import Operation, start_operation
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.files.tabular import Line
from shared.kernel.errors import Refusal
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.policy.book import RuleBook

KIND = "import_ip_rights"
Number = tuple[RightKind, str]


@dataclass(slots=True)
class Tally:
    """How the lines of an import fared so far."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return the tally as the result of the operation."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "findings": dict(sorted(self.codes.items())),
        }

    @classmethod
    def resume(cls, result: dict[str, Any] | None) -> "Tally":
        """Return the tally at which an interrupted import goes on."""
        if result is None:
            return cls()
        kept = {name: result[name] for name in ("read", "created", "updated", "unchanged", "refused")}
        return cls(**kept, codes=dict(result["findings"]))


@dataclass(slots=True)
class _Batch:
    """What one batch of lines comes to."""

    operation_id: UUID
    tally: Tally
    seen: dict[Number, int]
    found: list[dict[str, Any]] = field(default_factory=list)
    added: list[tuple[NewRight, RightView]] = field(default_factory=list)
    changed: list[Right] = field(default_factory=list)
    before: dict[UUID, RightView] = field(default_factory=dict)
    histories: dict[UUID, list[RightMove]] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)
    noted: dict[int, int] = field(default_factory=dict)

    def note(self, line: int, findings: Sequence[LineFinding]) -> None:
        """Keep the findings of a line; one that refuses it counts the line as refused."""
        place = self.noted.get(line, 0)
        self.noted[line] = place + len(findings)
        for position, one in enumerate(findings, start=place):
            self.tally.codes[one.code.code] = self.tally.codes.get(one.code.code, 0) + 1
            self.found.append(
                {
                    "operation_id": self.operation_id,
                    "line": line,
                    "position": position,
                    "refused": one.refused,
                    "code": one.code.code,
                    "column_name": one.column,
                    "value": one.value,
                    **one.texts(),
                }
            )
        self.tally.refused += any(one.refused for one in findings)


async def start_import(tx: Transaction, *, operation_id: UUID, file_sha256: str, media_type: str) -> Operation:
    """Queue the import of an uploaded list: of a registrar's, or of an enterprise's own rights as it declares them.

    Raises:
        Refusal: `forbidden_role`.
    """
    right_rules.may_import(tx.actor)
    operation = await start_operation(
        tx, operation_id=operation_id, kind=KIND, file_sha256=file_sha256, given={"media_type": media_type}
    )
    tx.audit("ip_right.import", subject=f"operation/{operation_id}", detail={"file_sha256": file_sha256})
    return operation


async def import_lines(
    tx: Transaction,
    lines: Sequence[Line],
    book: RuleBook,
    *,
    operation_id: UUID,
    tally: Tally,
    seen: dict[Number, int],
    new_id: Callable[[], UUID],
) -> None:
    """Import one batch of lines in one transaction: rights are added or moved, then their owners summed up once.

    Args:
        tx: the transaction, acting for who uploaded the list.
        lines: the batch.
        book: the rule sets.
        operation_id: the import.
        tally: counts so far; changed in place.
        seen: kind and number of each right of the file → its line; changed in place.
        new_id: gives ids.
    """
    batch = _Batch(operation_id, tally, seen)
    read = [(line, *found) async for line in in_turns(lines) if (found := _read(batch, line)) is not None]
    held = await rights.lock_by_numbers(tx, {number for _, _, number in read})
    batch.before = await rights.views(tx, list(held.values()))
    batch.histories = await rights.moves(tx, batch.before)
    async for line, draft, number in in_turns(read):
        try:
            _take(tx, batch, line, draft, held.get(number), book, new_id)
        except Refusal as refusal:
            batch.note(line.number, [_refused(refusal, line)])
    await rights.add(tx, [rows for rows, _ in batch.added])
    tell_new(tx, [view for _, view in batch.added], book)
    await tell(tx, batch.changed, book, before=batch.before)
    await portfolio.retell(tx, batch.owners, book)
    await imports.add_findings(tx, batch.found)


def remember(lines: Sequence[Line], seen: dict[Number, int]) -> None:
    """Note the numbers of lines that were imported before, so that a repeated line is known behind an interruption."""
    for line in lines:
        draft = None if line.problems else rules.read_line(line.cells).draft
        if draft is not None:
            with suppress(Refusal):
                seen.setdefault(_number(draft), line.number)


def _read(batch: _Batch, line: Line) -> tuple[RightDraft, Number] | None:
    """Read a line as far as it stands alone, and its number; what is wrong with it is noted."""
    batch.tally.read += 1
    if line.problems:
        batch.note(line.number, [finding(one.code, one.column or "", "", **dict(one.details)) for one in line.problems])
        return None
    read = rules.read_line(line.cells)
    findings, number = list(read.findings), None
    if read.draft is not None:
        try:
            number = _number(read.draft)
        except Refusal as refusal:
            findings.append(_refused(refusal, line))
        else:
            first = batch.seen.setdefault(number, line.number)
            if first != line.number:
                findings.append(finding(rules.IMPORT_LINE_REPEATED, *rules.cell_of(line.cells, "right_no"), line=first))
    batch.note(line.number, findings)
    refused = any(one.refused for one in findings)
    return None if refused or read.draft is None or number is None else (read.draft, number)


def _take(
    tx: Transaction,
    batch: _Batch,
    line: Line,
    draft: RightDraft,
    held: Right | None,
    book: RuleBook,
    new_id: Callable[[], UUID],
) -> None:
    """Add the right of a line, move the one that is recorded, or leave what it says already.

    Raises:
        Refusal: `owner_not_caller`; `forbidden_role` where an enterprise's list says another status than is recorded;
            and what `rules.register` and `right_status.move` refuse.
    """
    right_rules.may_declare(tx.actor, draft.owners)
    if held is None:
        registration = right_rules.register(
            draft, book=book, status_rules=book.pick(status_rules.POLICY, tx.today), today=tx.today
        )
        batch.added.append(new_right(tx, draft, registration, right_id=new_id(), move_id=new_id()))
        batch.owners |= {owner.uscc for owner in draft.owners}
        batch.tally.created += 1
        return
    view = batch.before[held.id]
    recorded = {name: getattr(view.terms, name) for name in RightTerms.model_fields}
    differs = rules.differing(recorded, draft)
    if {one.uscc: one.share_ppm for one in view.owners} != {one.uscc: one.share_ppm for one in draft.owners}:
        differs.append("owners")
    if differs:
        column, value = rules.cell_of(line.cells, differs[0])
        batch.note(line.number, [finding(rules.IMPORT_FACTS_DIFFER, column, value, fields=", ".join(differs))])
        return
    if tx.actor.role not in right_rules.REGISTRARS:
        if draft.legal_status is not held.legal_status:
            raise Refusal(FORBIDDEN_ROLE, pointer="/to_status")
        batch.tally.unchanged += 1
        return
    move = StatusMove(
        to_status=draft.legal_status,
        effective_on=draft.status_effective_on or draft.granted_on or draft.filed_on or draft.evidence.issued_on,
        evidence=draft.evidence,
    )
    if not apply_move(tx, held, batch.histories[held.id], move, book, move_id=new_id()):
        batch.tally.unchanged += 1
        return
    held.version += 1
    held.updated_at = tx.now
    batch.changed.append(held)
    batch.owners |= {owner.uscc for owner in view.owners}
    batch.tally.updated += 1


def _number(draft: RightDraft) -> Number:
    return draft.kind, normalise_number(draft.kind, draft.right_no)


def _refused(refusal: Refusal, line: Line) -> LineFinding:
    """Return the refusal of a rule as a finding on the column that its pointer names."""
    parts = (refusal.pointer or "/right_no").split("/")[1:]
    column, value = rules.cell_of(line.cells, parts[-1] if parts[0] == "evidence" else parts[0])
    return finding(refusal.code, column, value, **refusal.details)

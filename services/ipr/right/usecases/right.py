"""Record rights and change them on evidence; every change tells the right and sums its owners up anew."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.ipr.right.models.right import Right, RightEvidence, RightGround, RightMove, RightOwner, RightTransfer
from services.ipr.right.rules import right as rules
from services.ipr.right.rules import right_owner as owner_rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules import right_term as term_rules
from services.ipr.right.rules.portfolio import POLICY as PORTFOLIO_POLICY
from services.ipr.right.rules.portfolio import HeldRight, is_high_value
from services.ipr.right.rules.right import Attestation, HighValueMark, RightDraft, RightTerms, RightView, TermExtension
from services.ipr.right.rules.right_owner import WHOLE_PPM, OwnerPart, Transfer
from services.ipr.right.rules.right_status import MoveState, RecordedMove
from services.ipr.right.store import right as rights
from services.ipr.right.store.right import NewRight
from services.ipr.right.usecases import portfolio
from shared.db.transaction import Transaction
from shared.events.ipr import RightChanged
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.fold import search_key
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet


async def register_right(tx: Transaction, draft: RightDraft, book: RuleBook, *, right_id: UUID, move_id: UUID) -> Right:
    """Record a right: by the IP centre on evidence, by an enterprise as its own declaration.

    Raises:
        Refusal: `forbidden_role`; `owner_not_caller`; `right_already_recorded`, and what `rules.register` refuses.
    """
    rules.may_declare(tx.actor, draft.owners)
    registration = rules.register(
        draft, book=book, status_rules=book.pick(status_rules.POLICY, tx.today), today=tx.today
    )
    if await rights.find_by_number(tx, draft.kind, registration.right_no) is not None:
        raise Refusal(rules.RIGHT_ALREADY_RECORDED, pointer="/right_no", right_no=registration.right_no)
    new, view = new_right(tx, draft, registration, right_id=right_id, move_id=move_id)
    await rights.add(tx, [new])
    tell_new(tx, [view], book)
    await portfolio.retell(tx, {owner.uscc for owner in draft.owners}, book)
    tx.audit("ip_right.register", subject=f"ip_right/{right_id}", fields=[registration.right_no])
    (right,) = await rights.of_ids(tx, [right_id])
    return right


def new_right(
    tx: Transaction, draft: RightDraft, registration: rules.Registration, *, right_id: UUID, move_id: UUID
) -> tuple[NewRight, RightView]:
    """Return the rows of a right that passed `rules.register`, and its public state."""
    level = rules.level_entered(tx.actor, draft.evidence)
    terms = {name: getattr(draft, name) for name in RightTerms.model_fields} | {"right_no": registration.right_no}
    grounds = frozenset(draft.high_value_grounds)
    kept = {"evidence": stored(draft.evidence, level), "entered_by": tx.actor.client_id}
    first = RecordedMove(
        move_id=move_id,
        recorded_no=1,
        to_status=draft.legal_status,
        effective_on=registration.status_on,
        notice_on=draft.evidence.issued_on,
        level=level,
    )
    rows = NewRight(
        right={
            **terms,
            **kept,
            "id": right_id,
            "title_key": search_key(draft.title),
            "legal_status": draft.legal_status,
            "status_since_on": registration.status_on,
            "ends_on": registration.ends_on,
            "evidence_level": level,
            "version": 1,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
        owners=[{"right_id": right_id, "uscc": one.uscc, "share_ppm": one.share_ppm} for one in draft.owners],
        move=_move_columns(tx, right_id, first, draft.evidence),
        grounds=[{**kept, "right_id": right_id, "ground": one, "recorded_at": tx.now} for one in sorted(grounds)],
    )
    view = RightView(
        right_id=right_id,
        terms=RightTerms.model_construct(**terms),
        legal_status=draft.legal_status,
        ends_on=registration.ends_on,
        owners=tuple(sorted(draft.owners, key=lambda one: (-one.share_ppm, one.uscc))),
        level=level,
        grounds=grounds,
        blemished=False,
    )
    return rows, view


async def transfer_right(
    tx: Transaction, right_id: UUID, draft: Transfer, book: RuleBook, *, transfer_id: UUID
) -> Right:
    """Record that a right passed to other owners or shares; both sides are summed up in this transaction.

    Raises:
        Refusal: `forbidden_role`; `not_found`, and what `right_owner.transfer` refuses.
    """
    right, before = await take(tx, right_id)
    owner_rules.transfer(
        before.owners,
        draft,
        status=right.legal_status,
        last_on=await rights.last_transfer_on(tx, right_id),
        rules=book.pick(status_rules.POLICY, tx.today),
        today=tx.today,
    )
    tx.session.add(
        RightTransfer(
            id=transfer_id,
            right_id=right_id,
            effective_on=draft.effective_on,
            owners_before=_told_owners(before.owners),
            owners_after=_told_owners(draft.owners),
            evidence=stored(draft.evidence),
            entered_by=tx.actor.client_id,
            recorded_at=tx.now,
        )
    )
    await rights.remove_owners(tx, right_id)
    tx.session.add_all(_owner_rows(right_id, draft.owners))
    return await settle(tx, right, before, book, action="transfer")


async def attest_right(tx: Transaction, right_id: UUID, draft: Attestation, book: RuleBook, *, row_id: UUID) -> Right:
    """Raise the evidence of a declared right, so that it counts.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `attest_not_stronger`.
    """
    right, before = await take(tx, right_id)
    right.evidence_level = rules.attest(right.evidence_level, draft.evidence)
    _add_evidence(tx, right_id, row_id, "ATTESTED", draft.evidence, {"level_before": before.level.value})
    return await settle(tx, right, before, book, action="attest")


async def extend_term(tx: Transaction, right_id: UUID, draft: TermExtension, book: RuleBook, *, row_id: UUID) -> Right:
    """Record the renewal of a trademark or the compensation of an invention's term.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `status_evidence_too_weak`, and what `right_term.extend` refuses.
    """
    right, before = await take(tx, right_id)
    status_rules.check_evidence(draft.evidence.level, book.pick(status_rules.POLICY, tx.today))
    until = term_rules.extend(book, rules.term_facts(before.terms, right.extended_until_on), draft.until_on)
    detail = {"ends_on_before": before.ends_on.isoformat() if before.ends_on else None, "until": until.isoformat()}
    _add_evidence(tx, right_id, row_id, "EXTENDED", draft.evidence, detail)
    right.extended_until_on = right.ends_on = until
    return await settle(tx, right, before, book, action="extend")


async def mark_high_value(tx: Transaction, right_id: UUID, draft: HighValueMark, book: RuleBook) -> Right:
    """Record one ground of high value; a ground that stands already changes nothing.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `high_value_kind`; `status_evidence_too_weak`.
    """
    right, before = await take(tx, right_id)
    rules.mark_high_value(right.kind, draft.evidence.level, book.pick(status_rules.POLICY, tx.today))
    if draft.ground in before.grounds:
        return right
    tx.session.add(
        RightGround(
            right_id=right_id,
            ground=draft.ground,
            evidence=stored(draft.evidence),
            entered_by=tx.actor.client_id,
            recorded_at=tx.now,
        )
    )
    return await settle(tx, right, before, book, action="mark_high_value")


async def take(tx: Transaction, right_id: UUID) -> tuple[Right, RightView]:
    """Lock a right for a registrar and return it with its public state.

    Raises:
        Refusal: `not_found`; `forbidden_role`.
    """
    right = await rights.lock(tx, right_id)
    if right is None:
        raise Refusal(NOT_FOUND, noun="ip_right")
    rules.must_be_registrar(tx.actor)
    return right, (await rights.views(tx, [right]))[right_id]


async def settle(tx: Transaction, right: Right, before: RightView, book: RuleBook, *, action: str) -> Right:
    """Tell a changed right and sum up the owners it had and has."""
    right.version += 1
    right.updated_at = tx.now
    after = await tell(tx, [right], book, before={right.id: before})
    owners = {owner.uscc for owner in (*before.owners, *after[right.id].owners)}
    await portfolio.retell(tx, owners, book)
    tx.audit(f"ip_right.{action}", subject=f"ip_right/{right.id}", fields=[right.right_no])
    return right


async def tell(
    tx: Transaction, changed: list[Right], book: RuleBook, *, before: dict[UUID, RightView]
) -> dict[UUID, RightView]:
    """Emit `ipr.right.changed` for each right whose public state differs from the one before."""
    await tx.session.flush()
    rule_set = book.pick(PORTFOLIO_POLICY, tx.today)
    after = await rights.views(tx, changed)
    for right in changed:
        event = _event(after[right.id], rule_set, tx)
        if _event(before[right.id], rule_set, tx) != event:
            tx.emit(event)
    return after


def tell_new(tx: Transaction, views: Sequence[RightView], book: RuleBook) -> None:
    """Emit `ipr.right.changed` for rights that are new."""
    rule_set = book.pick(PORTFOLIO_POLICY, tx.today)
    tx.emit(*(_event(view, rule_set, tx) for view in views))


def high_value(view: RightView, rule_set: RuleSet, tx: Transaction) -> bool:
    """Tell whether a right is of high value today."""
    held = HeldRight(
        kind=view.terms.kind,
        status=view.legal_status,
        level=view.level,
        share_ppm=WHOLE_PPM,
        filed_on=view.terms.filed_on,
        granted_on=view.terms.granted_on,
        ends_on=view.ends_on,
        grounds=view.grounds,
        blemished=view.blemished,
    )
    return is_high_value(held, rule_set, tx.today)


def stored(evidence: Evidence, level: EvidenceLevel | None = None) -> dict[str, Any]:
    """Return evidence as it is kept; `level` is the one at which it counts."""
    return {**evidence.model_dump(mode="json"), "level": (level or evidence.level).value}


def move_row(
    tx: Transaction, right_id: UUID, move: RecordedMove, evidence: Evidence, *, computed_by: str | None = None
) -> RightMove:
    """Return the row of a move."""
    return RightMove(**_move_columns(tx, right_id, move, evidence), computed_by=computed_by)


def _move_columns(tx: Transaction, right_id: UUID, move: RecordedMove, evidence: Evidence) -> dict[str, Any]:
    return {
        "id": move.move_id,
        "right_id": right_id,
        "recorded_no": move.recorded_no,
        "to_status": move.to_status,
        "effective_on": move.effective_on,
        "requested_on": move.requested_on,
        "evidence_level": move.level,
        "evidence": stored(evidence, move.level),
        "status": MoveState.APPLIED,
        "entered_by": tx.actor.client_id,
        "recorded_at": tx.now,
    }


def _event(view: RightView, rule_set: RuleSet, tx: Transaction) -> RightChanged:
    return rules.told(view, high_value=high_value(view, rule_set, tx))


def _owner_rows(right_id: UUID, owners: Iterable[OwnerPart]) -> list[RightOwner]:
    return [RightOwner(right_id=right_id, uscc=owner.uscc, share_ppm=owner.share_ppm) for owner in owners]


def _told_owners(owners: Iterable[OwnerPart]) -> list[dict[str, Any]]:
    return [{"uscc": owner.uscc, "share_ppm": owner.share_ppm} for owner in owners]


def _add_evidence(
    tx: Transaction, right_id: UUID, row_id: UUID, action: str, evidence: Evidence, detail: dict[str, Any]
) -> None:
    tx.session.add(
        RightEvidence(
            id=row_id,
            right_id=right_id,
            action=action,
            evidence=stored(evidence),
            detail=detail,
            entered_by=tx.actor.client_id,
            recorded_at=tx.now,
        )
    )

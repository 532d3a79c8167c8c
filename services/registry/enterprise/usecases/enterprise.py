"""Registering and changing enterprises, their integrity marks and their reporting units."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise, IntegrityMark, UnitStay
from services.registry.enterprise.rules import enterprise as rules
from services.registry.enterprise.rules.enterprise import (
    EnterpriseStatus,
    EnterpriseTerms,
    IntegrityMarkTerms,
    OpenMark,
)
from services.registry.enterprise.rules.filing import FilingTerms
from services.registry.enterprise.rules.size_class import size_class
from services.registry.enterprise.store import enterprise as store
from services.registry.enterprise.store import filing as filing_store
from services.registry.enterprise.store.enterprise import NewEnterprise
from shared.db.lock import lock_transaction_each
from shared.db.transaction import Transaction
from shared.events.registry import EnterpriseChanged
from shared.kernel.actor import Role, left_to
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence
from shared.kernel.fold import search_key
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.version import SeenVersion
from shared.policy.rule_set import RuleSet

NOUN = "enterprise"
SIZE_POLICY = "size_class"


async def read_enterprise(tx: Transaction, uscc: str) -> Enterprise:
    """Return an enterprise that the actor may see.

    Raises:
        Refusal: `not_found`, also for another's.
    """
    enterprise = await store.find(tx, uscc)
    if enterprise is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    return enterprise


async def lock_enterprise(tx: Transaction, uscc: str) -> Enterprise:
    """Return an enterprise that the actor may see, under its lock.

    Raises:
        Refusal: `not_found`, also for another's.
    """
    enterprise = await store.lock(tx, uscc)
    if enterprise is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    return enterprise


async def lock_registration(tx: Transaction, usccs: Iterable[str]) -> None:
    """Hold the registration of these codes until this transaction ends: two of one, by form and by list, become one.

    One lock per code: those who register other firms do not wait, and keep no connection while they would.
    """
    await lock_transaction_each(tx.session, "registry/register_enterprise", usccs)


async def register_enterprise(tx: Transaction, terms: EnterpriseTerms, *, enterprise_id: UUID) -> Enterprise:
    """Register an enterprise; a district registers for its own unit.

    Raises:
        Refusal: `forbidden_role`, `enterprise_exists`, and what `rules.enterprise.register` refuses.
    """
    rules.check_role(tx.actor.role, rules.AUTHORITIES)
    if tx.actor.role is Role.DISTRICT and tx.actor.unit_id != terms.unit_id:
        raise left_to(*rules.AUTHORITIES, pointer="/unit_id")
    decision = rules.register(terms, today=tx.today)
    await lock_registration(tx, (terms.uscc,))
    if await store.exists(tx, terms.uscc):
        raise Refusal(rules.ENTERPRISE_EXISTS, pointer="/uscc", uscc=terms.uscc)
    enterprise = add_enterprise(
        tx, terms, enterprise_id=enterprise_id, code_needs_review=decision.code_needs_review, source_row_sha256=None
    )
    tx.audit("enterprise.register", subject=f"enterprise/{terms.uscc}", uscc=terms.uscc)
    return enterprise


def add_enterprise(
    tx: Transaction,
    terms: EnterpriseTerms,
    *,
    enterprise_id: UUID,
    code_needs_review: bool,
    source_row_sha256: str | None,
) -> Enterprise:
    """Add an enterprise that was judged, its stay in its unit and its first state."""
    new = new_enterprise(
        tx,
        terms,
        enterprise_id=enterprise_id,
        code_needs_review=code_needs_review,
        source_row_sha256=source_row_sha256,
    )
    enterprise = Enterprise.model_validate(new.enterprise)
    tx.session.add(enterprise)
    tx.session.add(UnitStay.model_validate(new.stay))
    return enterprise


def new_enterprise(
    tx: Transaction,
    terms: EnterpriseTerms,
    *,
    enterprise_id: UUID,
    code_needs_review: bool,
    source_row_sha256: str | None,
) -> NewEnterprise:
    """Emit the first state of an enterprise that was judged, and return its rows: to be inserted with it."""
    status = EnterpriseStatus.ACTIVE
    tx.emit(rules.public_state(terms, size_class=None, status=status, marks=()))
    return NewEnterprise(
        enterprise={
            **{name: getattr(terms, name) for name in EnterpriseTerms.model_fields},
            "id": enterprise_id,
            "status": status,
            "name_key": search_key(terms.name),
            "code_needs_review": code_needs_review,
            "source_row_sha256": source_row_sha256,
            "version": 1,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
        stay={
            "id": new_id(),
            "uscc": terms.uscc,
            "unit_id": terms.unit_id,
            "from_on": tx.today,
            "entered_by": tx.actor.client_id,
        },
    )


async def change_enterprise(
    tx: Transaction, uscc: str, changes: Mapping[str, Any], *, seen: SeenVersion, size_rules: RuleSet
) -> Enterprise:
    """Change what is known of an enterprise; a new reporting unit must be in force.

    Raises:
        Refusal: `not_found`, `forbidden_role`, `precondition_failed`, and what `rules.enterprise.register` refuses.
    """
    enterprise = await lock_enterprise(tx, uscc)
    await change_held(tx, enterprise, changes, seen=seen, size_rules=size_rules)
    tx.audit("enterprise.change", subject=f"enterprise/{uscc}", uscc=uscc, fields=sorted(changes))
    return enterprise


async def change_held(
    tx: Transaction,
    enterprise: Enterprise,
    changes: Mapping[str, Any],
    *,
    size_rules: RuleSet,
    seen: SeenVersion | None = None,
    marks: Sequence[OpenMark] | None = None,
) -> None:
    """Change a locked enterprise by the word of the actor, on a form or in a list: both pass here.

    A new name is kept in the audit beside the old one, whoever gives it and by which door.

    Args:
        tx: the transaction, for the actor.
        enterprise: the enterprise, locked.
        changes: field → new value.
        size_rules: by which its size class follows.
        seen: the version that the actor read; a list has read none.
        marks: its integrity marks, if they are known.

    Raises:
        Refusal: `forbidden_role`, `precondition_failed`, and what `rules.enterprise.register` refuses.
    """
    rules.check_own_changes(tx.actor.role, sorted(changes))
    if seen is not None:
        seen.check(enterprise.version)
    before = enterprise.name
    await apply_changes(tx, enterprise, changes, size_rules=size_rules, marks=marks)
    if enterprise.name != before:
        tx.audit(
            "enterprise.rename",
            subject=f"enterprise/{enterprise.uscc}",
            uscc=enterprise.uscc,
            detail={"from": before, "to": enterprise.name},
        )


async def apply_changes(
    tx: Transaction,
    enterprise: Enterprise,
    changes: Mapping[str, Any],
    *,
    size_rules: RuleSet,
    marks: Sequence[OpenMark] | None = None,
) -> None:
    """Apply changes to a locked enterprise and tell its new state; `marks` are its integrity marks, if they are known.

    Raises:
        Refusal: what `rules.enterprise.register` refuses.
    """
    held = terms_of(enterprise)
    terms = EnterpriseTerms.model_validate({**held.model_dump(), **changes})
    if terms.unit_id != held.unit_id or terms.founded_on != held.founded_on:
        rules.register(terms, today=tx.today)
    for name in EnterpriseTerms.model_fields:
        if (value := getattr(terms, name)) != getattr(held, name):
            setattr(enterprise, name, value)
    if terms.name != held.name:
        enterprise.name_key = search_key(terms.name)
    if terms.unit_id != held.unit_id:
        stay = await store.open_stay(tx, enterprise.uscc)
        stay.until_on = tx.today
        await tx.session.flush()  # the open stay is closed before the next is opened: one open stay per firm
        tx.session.add(_stay(tx, enterprise))
    if terms.industry_code != held.industry_code:
        await resize(tx, enterprise, size_rules)
    await touch(tx, enterprise, marks)


async def move_from_ended_units(tx: Transaction, *, limit: int, size_rules: RuleSet) -> int:
    """Move enterprises whose unit has ended to the unit that took over, at most `limit` of them; return how many.

    A firm in a part that went elsewhere is moved on by hand: the unit alone does not tell its town.
    """
    heirs = rules.ended_units(tx.today)
    moved = await store.lock_in_units(tx, list(heirs), limit=limit)
    for enterprise in moved:
        before = enterprise.unit_id
        await apply_changes(tx, enterprise, {"unit_id": heirs[before]}, size_rules=size_rules)
        tx.audit(
            "enterprise.move",
            subject=f"enterprise/{enterprise.uscc}",
            uscc=enterprise.uscc,
            detail={"from": before, "to": enterprise.unit_id},
        )
    return len(moved)


async def touch(tx: Transaction, enterprise: Enterprise, marks: Sequence[OpenMark] | None = None) -> None:
    """Count a change of a locked enterprise and tell its state; its marks are read unless they are known."""
    tell_change(tx, enterprise, marks if marks is not None else await marks_of(tx, enterprise.uscc))


def tell_change(tx: Transaction, enterprise: Enterprise, marks: Sequence[OpenMark]) -> None:
    """Count a change of a locked enterprise, whose integrity marks are known, and tell its state."""
    enterprise.version += 1
    enterprise.updated_at = tx.now
    tx.emit(_state(enterprise, marks))


async def resize(tx: Transaction, enterprise: Enterprise, size_rules: RuleSet) -> bool:
    """Compute the size class of a locked enterprise from its newest accepted filing, by the rules of today.

    Returns:
        Whether the class, or the filing or the version that it rests on, has changed.
    """
    filing = await filing_store.newest_accepted(tx, enterprise.uscc)
    return filing is not None and resize_by(tx, enterprise, filing.year, filing, size_rules)


def resize_by(tx: Transaction, enterprise: Enterprise, year: int, terms: FilingTerms, size_rules: RuleSet) -> bool:
    """Compute the size class of a locked enterprise from its newest accepted filing, that of `year`; see `resize`."""
    before = _size_of(enterprise)
    enterprise.size_class = size_class(
        size_rules,
        industry_code=enterprise.industry_code,
        staff=terms.staff,
        revenue_fen=terms.revenue_fen,
        assets_fen=terms.assets_fen,
    )
    enterprise.size_class_filing_year, enterprise.size_class_on = year, tx.today
    enterprise.size_class_version = size_rules.version
    return _size_of(enterprise) != before


def _size_of(enterprise: Enterprise) -> tuple[Any, ...]:
    one = enterprise
    return (one.size_class, one.size_class_filing_year, one.size_class_on, one.size_class_version)


async def resize_by_newer_rules(tx: Transaction, *, limit: int, size_rules: RuleSet) -> int:
    """Compute the size classes anew that rest on another version than `size_rules`, at most `limit`; return how many.

    Source: R-SIZE-03 (docs/decisions/37-a-size-class-follows-its-rules.md).
    """
    stale = await store.lock_sized_otherwise(tx, size_rules.version, limit=limit)
    for enterprise in stale:
        before = enterprise.size_class, enterprise.size_class_version
        if await resize(tx, enterprise, size_rules):
            await touch(tx, enterprise)
        tx.audit(
            "enterprise.resize",
            subject=f"enterprise/{enterprise.uscc}",
            uscc=enterprise.uscc,
            detail={"from": before, "to": (enterprise.size_class, enterprise.size_class_version)},
        )
    return len(stale)


async def mark_integrity(tx: Transaction, uscc: str, terms: IntegrityMarkTerms, *, mark_id: UUID) -> IntegrityMark:
    """Open or clear one integrity mark and tell both that it happened and the new state.

    Raises:
        Refusal: `not_found` and what `rules.enterprise.mark` refuses.
    """
    enterprise = await lock_enterprise(tx, uscc)
    rules.check_role(tx.actor.role, rules.AUTHORITIES)
    happening = rules.mark(terms, await marks_of(tx, uscc), uscc=uscc, today=tx.today)
    evidence = terms.evidence.model_dump(mode="json")
    held = await store.open_mark(tx, uscc, terms.kind)
    if held is None:
        held = IntegrityMark(
            id=mark_id,
            uscc=uscc,
            kind=terms.kind,
            opened_on=terms.effective_on,
            opened_evidence=evidence,
            entered_by=tx.actor.client_id,
            created_at=tx.now,
        )
        tx.session.add(held)
    else:
        held.cleared_on = max(terms.effective_on, held.opened_on)
        # Who clears it need not be who opened it.
        held.cleared_evidence = {**evidence, "entered_by": tx.actor.client_id}
    await tx.session.flush()
    tx.emit(happening)
    await touch(tx, enterprise)
    tx.audit("integrity.mark", subject=f"enterprise/{uscc}", uscc=uscc, detail={"kind": terms.kind.value})
    return held


async def confirm_code(tx: Transaction, uscc: str, evidence: Evidence) -> Enterprise:
    """Settle the review of a code whose check character does not agree: the licence does show it.

    Raises:
        Refusal: `not_found`, `evidence_too_weak`.
    """
    enterprise = await lock_enterprise(tx, uscc)
    rules.check_role(tx.actor.role, rules.AUTHORITIES)
    rules.check_evidence(evidence, pointer="/level")
    if enterprise.code_needs_review:
        enterprise.code_needs_review = False
        await touch(tx, enterprise)
        tx.audit(
            "enterprise.confirm_code",
            subject=f"enterprise/{uscc}",
            uscc=uscc,
            detail={"evidence": evidence.model_dump(mode="json")},
        )
    return enterprise


async def marks_of(tx: Transaction, uscc: str) -> Sequence[OpenMark]:
    """Return the integrity marks of an enterprise as rules see them."""
    return [OpenMark(mark.kind, mark.opened_on, mark.cleared_on) for mark in await store.marks(tx, uscc)]


async def marks_of_many(tx: Transaction, usccs: Sequence[str]) -> dict[str, list[OpenMark]]:
    """Return the integrity marks of several enterprises as rules see them, by code."""
    found = await store.marks_of_many(tx, usccs)
    return {
        uscc: [OpenMark(mark.kind, mark.opened_on, mark.cleared_on) for mark in marks] for uscc, marks in found.items()
    }


def terms_of(enterprise: Enterprise) -> EnterpriseTerms:
    """Return what is known of an enterprise without its state."""
    return EnterpriseTerms.of_row(enterprise)


def _stay(tx: Transaction, enterprise: Enterprise) -> UnitStay:
    return UnitStay(
        id=new_id(),
        uscc=enterprise.uscc,
        unit_id=enterprise.unit_id,
        from_on=tx.today,
        entered_by=tx.actor.client_id,
    )


def _state(enterprise: Enterprise, marks: Sequence[OpenMark]) -> EnterpriseChanged:
    return rules.public_state(
        terms_of(enterprise), size_class=enterprise.size_class, status=enterprise.status, marks=marks
    )

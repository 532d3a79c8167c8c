"""Titles: entering and revoking mirrored ones, granting our own, telling when they end."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.qualification import Qualification
from services.registry.enterprise.rules import enterprise as enterprise_rules
from services.registry.enterprise.rules import qualification as rules
from services.registry.enterprise.rules.qualification import (
    HeldTitle,
    QualificationDraft,
    QualificationKind,
    QualificationStatus,
)
from services.registry.enterprise.store import qualification as store
from services.registry.enterprise.usecases import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.refusals import NOT_FOUND
from shared.policy.rule_set import RuleSet

POLICY = "title_validity"


async def enter_qualification(
    tx: Transaction, uscc: str, draft: QualificationDraft, *, qualification_id: UUID, rule_set: RuleSet
) -> Qualification:
    """Enter a mirrored title on evidence.

    Raises:
        Refusal: `not_found` and what `rules.qualification.enter` refuses.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.AUTHORITIES)
    held = await titles_of(tx, uscc)
    title = rules.enter(draft, held, today=tx.today, rule_set=rule_set)
    row = add_title(tx, enterprise, title, evidence=draft.evidence, qualification_id=qualification_id)
    await tell(tx, uscc, title.kind)
    tx.audit("qualification.enter", subject=f"qualification/{row.id}", uscc=uscc)
    return row


def add_title(
    tx: Transaction, enterprise: Enterprise, title: HeldTitle, *, evidence: Evidence, qualification_id: UUID
) -> Qualification:
    """Add a title that was judged to a locked enterprise; `tell` follows."""
    row = Qualification(
        id=qualification_id,
        uscc=enterprise.uscc,
        kind=title.kind,
        number=title.number,
        valid_from_on=title.valid_from_on,
        valid_until_on=title.valid_until_on,
        award_rank=title.award_rank,
        drafting_rank=title.drafting_rank,
        status=rules.status_on(title, tx.today),
        evidence=evidence.model_dump(mode="json"),
        entered_by=tx.actor.client_id,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.session.add(row)
    return row


async def revoke_qualification(
    tx: Transaction, qualification_id: UUID, *, on: date, evidence: Evidence
) -> Qualification:
    """Revoke a title on evidence.

    Raises:
        Refusal: `not_found`, `evidence_too_weak`, and what `rules.qualification.revoke` refuses.
    """
    seen = await store.find(tx, qualification_id)
    if seen is None:
        raise Refusal(NOT_FOUND, noun="qualification")
    await enterprises.lock_enterprise(tx, seen.uscc)
    await tx.session.refresh(seen)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.AUTHORITIES)
    enterprise_rules.check_evidence(evidence, pointer="/evidence/level")
    seen.revoked_on = rules.revoke(held_title(seen), on=on, today=tx.today)
    seen.revocation_evidence = revoked_on_evidence(tx, evidence)
    seen.status = rules.status_on(held_title(seen), tx.today)
    seen.updated_at = tx.now
    await tell(tx, seen.uscc, seen.kind)
    tx.audit("qualification.revoke", subject=f"qualification/{seen.id}", uscc=seen.uscc)
    return seen


def revoked_on_evidence(tx: Transaction, evidence: Evidence) -> dict[str, Any]:
    """Return the evidence of a revocation as it is kept: who revokes a title need not be who entered it."""
    return {**evidence.model_dump(mode="json"), "entered_by": tx.actor.client_id}


async def deregister_enterprise(tx: Transaction, uscc: str, *, on: date, evidence: Evidence) -> Enterprise:
    """Strike an enterprise off: its state is told, and our own title of it ends with it.

    Raises:
        Refusal: `not_found` and what `rules.enterprise.deregister` refuses.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.AUTHORITIES)
    enterprise.status = enterprise_rules.deregister(enterprise.status, evidence, on=on, today=tx.today)
    for row in await store.of_enterprise(tx, uscc, QualificationKind.TECH_ENTERPRISE):
        if rules.status_on(held_title(row), tx.today) is QualificationStatus.VALID:
            row.revoked_on, row.updated_at = rules.revoke(held_title(row), on=on, today=tx.today), tx.now
            row.revocation_evidence = revoked_on_evidence(tx, evidence)
            row.status = QualificationStatus.REVOKED
    await tell(tx, uscc, QualificationKind.TECH_ENTERPRISE)
    await enterprises.touch(tx, enterprise)
    detail = {"evidence": evidence.model_dump(mode="json")}
    tx.audit("enterprise.deregister", subject=f"enterprise/{uscc}", uscc=uscc, detail=detail)
    return enterprise


async def tell(tx: Transaction, uscc: str, kind: QualificationKind) -> None:
    """Bring the stored states of one kind up to the day and tell the state of the firm; the caller holds its lock."""
    await tx.session.flush()
    rows = await store.of_enterprise(tx, uscc, kind)
    for row in rows:
        row.status = rules.status_on(held_title(row), tx.today)
    state = rules.public_state([held_title(row) for row in rows], uscc=uscc, on=tx.today)
    if state is not None:
        tx.emit(state)


async def expire_titles(tx: Transaction, *, limit: int) -> int:
    """Tell the titles whose last day is over, at most `limit` of them; return how many."""
    ended = await store.ended_before(tx, tx.today, limit=limit)
    for uscc, kind in ended:
        await enterprises.lock_enterprise(tx, uscc)
        await tell(tx, uscc, kind)
    return len(ended)


async def list_qualifications(tx: Transaction, uscc: str) -> Sequence[Qualification]:
    """Return the titles of an enterprise that the actor may see.

    Raises:
        Refusal: `not_found`.
    """
    await enterprises.read_enterprise(tx, uscc)
    return await store.of_enterprise(tx, uscc)


async def titles_of(tx: Transaction, uscc: str) -> list[HeldTitle]:
    """Return the titles of an enterprise as rules see them."""
    return [held_title(row) for row in await store.of_enterprise(tx, uscc)]


def held_title(row: Qualification) -> HeldTitle:
    """Return a title as rules see it."""
    return HeldTitle(
        kind=row.kind,
        number=row.number,
        valid_from_on=row.valid_from_on,
        valid_until_on=row.valid_until_on,
        revoked_on=row.revoked_on,
        evidence_level=EvidenceLevel(row.evidence["level"]),
        award_rank=row.award_rank,
        drafting_rank=row.drafting_rank,
    )

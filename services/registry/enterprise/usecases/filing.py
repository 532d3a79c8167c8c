"""Annual filings: saving a draft, submitting it, reading what stands."""

from collections.abc import Sequence
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.enterprise import OWN_AFFAIRS, check_role
from services.registry.enterprise.rules.filing import FilingFinding, FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.store import filing as store
from services.registry.enterprise.usecases import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.policy.book import RuleBook

POLICY = "annual_filing"


async def save_draft(
    tx: Transaction, uscc: str, year: int, terms: FilingTerms, *, filing_id: UUID, book: RuleBook
) -> tuple[Filing, tuple[FilingFinding, ...]]:
    """Save the draft of a year, with everything its checks find; an accepted filing stands until the draft replaces it.

    Raises:
        Refusal: `not_found`, `filing_year_not_open`, `filing_before_founding`.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    check_role(tx.actor.role, OWN_AFFAIRS)
    findings = await check_filing(tx, enterprise, year, terms, book=book)
    draft = await store.of_status(tx, uscc, year, FilingStatus.DRAFT)
    if draft is None:
        draft = Filing.model_validate(
            {
                **terms.model_dump(),
                "id": filing_id,
                "uscc": uscc,
                "year": year,
                "version": await store.last_version(tx, uscc, year) + 1,
                "status": FilingStatus.DRAFT,
                "entered_by": tx.actor.client_id,
                "created_at": tx.now,
                "updated_at": tx.now,
            }
        )
        tx.session.add(draft)
    else:
        for name in FilingTerms.model_fields:
            setattr(draft, name, getattr(terms, name))
        draft.entered_by, draft.updated_at = tx.actor.client_id, tx.now
    return draft, findings


async def submit_filing(
    tx: Transaction, uscc: str, year: int, *, book: RuleBook, unit_confirmed: bool = False
) -> tuple[Filing, tuple[FilingFinding, ...]]:
    """Submit the draft of a year; it is accepted when its formal checks refuse nothing and leave no question open.

    Raises:
        Refusal: `not_found`, `filing_draft_missing`, `filing_inconsistent`, `filing_unit_unconfirmed`, and what
            `save_draft` refuses.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    check_role(tx.actor.role, OWN_AFFAIRS)
    draft = await store.of_status(tx, uscc, year, FilingStatus.DRAFT)
    if draft is None:
        raise Refusal(rules.FILING_DRAFT_MISSING, year=year)
    terms = terms_of(draft)
    findings = await check_filing(tx, enterprise, year, terms, book=book)
    await accept(tx, enterprise, draft, terms, findings, book=book, unit_confirmed=unit_confirmed)
    return draft, findings


async def check_filing(
    tx: Transaction, enterprise: Enterprise, year: int, terms: FilingTerms, *, book: RuleBook
) -> tuple[FilingFinding, ...]:
    """Return what the formal checks of today find in a filing.

    Raises:
        Refusal: `filing_year_not_open`, `filing_before_founding`.
    """
    rule_set = book.pick(POLICY, tx.today)
    rules.check_year(year, today=tx.today, founded_on=enterprise.founded_on, rule_set=rule_set)
    before = await store.accepted(tx, enterprise.uscc, year - 1)
    return rules.check(
        terms,
        year=year,
        previous=None if before is None else terms_of(before),
        founded_on=enterprise.founded_on,
        rule_set=rule_set,
    )


async def accept(
    tx: Transaction,
    enterprise: Enterprise,
    draft: Filing,
    terms: FilingTerms,
    findings: tuple[FilingFinding, ...],
    *,
    book: RuleBook,
    unit_confirmed: bool,
) -> None:
    """Accept a draft of a locked enterprise: the older version is superseded, the size class computed anew.

    Raises:
        Refusal: `filing_inconsistent`, `filing_unit_unconfirmed`.
    """
    event = rules.submit(terms, findings, uscc=enterprise.uscc, year=draft.year, unit_confirmed=unit_confirmed)
    held = await store.accepted(tx, enterprise.uscc, draft.year)
    if held is not None:
        held.status, held.updated_at = FilingStatus.SUPERSEDED, tx.now
        await tx.session.flush()  # before the next is accepted: one accepted version per year
    draft.status, draft.accepted_at, draft.updated_at = FilingStatus.ACCEPTED, tx.now, tx.now
    tx.session.add(draft)
    await tx.session.flush()
    tx.emit(event)
    if await enterprises.resize(tx, enterprise, book.pick(enterprises.SIZE_POLICY, tx.today)):
        await enterprises.touch(tx, enterprise)
    asked = [f"{one.code}{one.pointer}" for one in findings if one.gravity is Gravity.ASKS]
    tx.audit(
        "filing.accept",
        subject=f"filing/{enterprise.uscc}/{draft.year}",
        uscc=enterprise.uscc,
        detail={"unit_confirmed_for": asked} if asked else None,
    )


async def list_filings(tx: Transaction, uscc: str, year: int | None) -> Sequence[Filing]:
    """Return all versions of the filings of an enterprise that the actor may see.

    Raises:
        Refusal: `not_found`.
    """
    await enterprises.read_enterprise(tx, uscc)
    return await store.history(tx, uscc, year)


def terms_of(filing: Filing) -> FilingTerms:
    """Return what a filing declares."""
    return FilingTerms.model_validate({name: getattr(filing, name) for name in FilingTerms.model_fields})

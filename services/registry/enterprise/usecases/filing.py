"""Annual filings: saving a draft, submitting it, reading what stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.enterprise import OWN_AFFAIRS, OpenMark, check_role
from services.registry.enterprise.rules.filing import FilingFinding, FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.store import filing as store
from services.registry.enterprise.usecases import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.policy.book import RuleBook

POLICY = "annual_filing"


@dataclass(slots=True)
class Standing:
    """What stands of some locked enterprises; it is kept current while filings of theirs are accepted.

    Attributes:
        accepted: accepted filings by code and year.
        versions: highest version by code and year.
        marks: integrity marks by code; those without any are left out.
        waiting: accepted drafts that `keep_accepted` is still to write.
    """

    accepted: dict[str, dict[int, Filing]]
    versions: dict[tuple[str, int], int]
    marks: dict[str, list[OpenMark]]
    waiting: list[Filing] = field(default_factory=list)

    def filing(self, uscc: str, year: int) -> Filing | None:
        """Return the accepted filing of a year."""
        return self.accepted.get(uscc, {}).get(year)

    def next_version(self, uscc: str, year: int) -> int:
        """Count a new version of a year."""
        self.versions[uscc, year] = self.versions.get((uscc, year), 0) + 1
        return self.versions[uscc, year]

    def newest(self, uscc: str) -> Filing:
        """Return the accepted filing of the newest year; there is one."""
        years = self.accepted[uscc]
        return years[max(years)]

    def accept(self, draft: Filing) -> None:
        """Put a draft in the place of what stood."""
        self.accepted.setdefault(draft.uscc, {})[draft.year] = draft
        self.waiting.append(draft)


async def standing_of(tx: Transaction, usccs: Sequence[str]) -> Standing:
    """Return what stands of enterprises whose locks are held."""
    accepted: dict[str, dict[int, Filing]] = {}
    for filing in await store.accepted_of(tx, usccs):
        accepted.setdefault(filing.uscc, {})[filing.year] = filing
    versions = await store.last_versions(tx, usccs)
    return Standing(accepted, versions, await enterprises.marks_of_many(tx, usccs))


async def save_draft(
    tx: Transaction, uscc: str, year: int, terms: FilingTerms, *, filing_id: UUID, book: RuleBook
) -> tuple[Filing, tuple[FilingFinding, ...]]:
    """Save the draft of a year, with everything its checks find; an accepted filing stands until the draft replaces it.

    Raises:
        Refusal: `not_found`, `filing_year_not_open`, `filing_before_founding`.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    check_role(tx.actor.role, OWN_AFFAIRS)
    standing = await standing_of(tx, [uscc])
    findings = check_filing(tx, enterprise, year, terms, standing=standing, book=book)
    draft = await store.of_status(tx, uscc, year, FilingStatus.DRAFT)
    if draft is None:
        draft = Filing.model_validate(
            {
                **terms.model_dump(),
                "id": filing_id,
                "uscc": uscc,
                "year": year,
                "version": standing.next_version(uscc, year),
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
    standing = await standing_of(tx, [uscc])
    findings = check_filing(tx, enterprise, year, terms, standing=standing, book=book)
    accept(tx, enterprise, draft, (terms, findings), standing=standing, book=book, unit_confirmed=unit_confirmed)
    await keep_accepted(tx, standing)
    return draft, findings


def check_filing(
    tx: Transaction, enterprise: Enterprise, year: int, terms: FilingTerms, *, standing: Standing, book: RuleBook
) -> tuple[FilingFinding, ...]:
    """Return what the formal checks of today find in a filing.

    Raises:
        Refusal: `filing_year_not_open`, `filing_before_founding`.
    """
    rule_set = book.pick(POLICY, tx.today)
    rules.check_year(year, today=tx.today, founded_on=enterprise.founded_on, rule_set=rule_set)
    before = standing.filing(enterprise.uscc, year - 1)
    return rules.check(
        terms,
        year=year,
        previous=None if before is None else terms_of(before),
        founded_on=enterprise.founded_on,
        rule_set=rule_set,
    )


def accept(
    tx: Transaction,
    enterprise: Enterprise,
    draft: Filing,
    checked: tuple[FilingTerms, tuple[FilingFinding, ...]],
    *,
    standing: Standing,
    book: RuleBook,
    unit_confirmed: bool,
) -> None:
    """Accept a draft of a locked enterprise: the older version is superseded, the size class computed anew.

    Args:
        tx: the transaction.
        enterprise: locked.
        draft: of a year.
        checked: what it declares, and what `check_filing` found in it.
        standing: of the enterprise; `keep_accepted` writes what is accepted, of one filing or of many.
        book: rule sets.
        unit_confirmed: whether the declarant confirmed the unit of amounts that look like another one.

    Raises:
        Refusal: `filing_inconsistent`, `filing_unit_unconfirmed`.
    """
    terms, findings = checked
    event = rules.submit(terms, findings, uscc=enterprise.uscc, year=draft.year, unit_confirmed=unit_confirmed)
    held = standing.filing(enterprise.uscc, draft.year)
    if held is not None:
        held.status, held.updated_at = FilingStatus.SUPERSEDED, tx.now
    standing.accept(draft)
    tx.emit(event)
    size_rules = book.pick(enterprises.SIZE_POLICY, tx.today)
    if enterprises.resize_by(tx, enterprise, standing.newest(enterprise.uscc), size_rules):
        enterprises.tell_change(tx, enterprise, standing.marks.get(enterprise.uscc, ()))
    asked = [f"{one.code}{one.pointer}" for one in findings if one.gravity is Gravity.ASKS]
    tx.audit(
        "filing.accept",
        subject=f"filing/{enterprise.uscc}/{draft.year}",
        uscc=enterprise.uscc,
        detail={"unit_confirmed_for": asked} if asked else None,
    )


async def keep_accepted(tx: Transaction, standing: Standing) -> None:
    """Write what was accepted: first what no longer stands, since each year has one accepted version."""
    await tx.session.flush()
    for draft in standing.waiting:
        draft.status, draft.accepted_at, draft.updated_at = FilingStatus.ACCEPTED, tx.now, tx.now
    tx.session.add_all(standing.waiting)
    await tx.session.flush()
    standing.waiting.clear()


async def list_filings(tx: Transaction, uscc: str, year: int | None) -> Sequence[Filing]:
    """Return all versions of the filings of an enterprise that the actor may see.

    Raises:
        Refusal: `not_found`.
    """
    await enterprises.read_enterprise(tx, uscc)
    return await store.history(tx, uscc, year)


def terms_of(filing: Filing) -> FilingTerms:
    """Return what a filing declares."""
    return FilingTerms.of_row(filing)

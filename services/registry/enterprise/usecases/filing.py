"""Annual filings: saving a draft, submitting it, reading what stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.enterprise import OWN_AFFAIRS, OpenMark, check_role
from services.registry.enterprise.rules.filing import FilingFinding, FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.store import filing as store
from services.registry.enterprise.usecases import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet

POLICY = rules.POLICY


@dataclass(frozen=True, slots=True)
class AcceptedFiling:
    """An accepted filing, or a draft that is to be one: its id, its year and what it declares."""

    filing_id: UUID
    year: int
    terms: FilingTerms


@dataclass(frozen=True, slots=True)
class CheckedFiling:
    """One version of a filing, its firm, and what the formal checks of today find in it.

    Attributes:
        enterprise: whose it is.
        filing: the version.
        findings: none for what is no draft, and for a draft of a year that is not open any more.
    """

    enterprise: Enterprise
    filing: Filing
    findings: tuple[FilingFinding, ...] = ()


@dataclass(slots=True)
class Standing:
    """What stands of some locked enterprises; it is kept current while filings of theirs are accepted.

    Attributes:
        accepted: accepted filings by code and year.
        versions: highest version by code and year.
        marks: integrity marks by code; those without any are left out.
        superseded: filings that stood and do not any more; `keep_accepted` is still to write it.
        added: rows of accepted filings that were no draft, by column; `keep_accepted` is still to insert them.
    """

    accepted: dict[str, dict[int, AcceptedFiling]]
    versions: dict[tuple[str, int], int]
    marks: dict[str, list[OpenMark]]
    superseded: list[UUID] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)

    def filing(self, uscc: str, year: int) -> AcceptedFiling | None:
        """Return the accepted filing of a year."""
        return self.accepted.get(uscc, {}).get(year)

    def next_version(self, uscc: str, year: int) -> int:
        """Count a new version of a year."""
        self.versions[uscc, year] = self.versions.get((uscc, year), 0) + 1
        return self.versions[uscc, year]

    def newest(self, uscc: str) -> AcceptedFiling:
        """Return the accepted filing of the newest year; there is one."""
        years = self.accepted[uscc]
        return years[max(years)]

    def accept(self, uscc: str, draft: AcceptedFiling) -> None:
        """Put a draft in the place of what stood."""
        years = self.accepted.setdefault(uscc, {})
        if draft.year in years:
            self.superseded.append(years[draft.year].filing_id)
        years[draft.year] = draft


async def standing_of(tx: Transaction, usccs: Sequence[str]) -> Standing:
    """Return what stands of enterprises whose locks are held."""
    accepted: dict[str, dict[int, AcceptedFiling]] = {}
    for row in await store.accepted_rows(tx, usccs):
        accepted.setdefault(row.uscc, {})[row.year] = AcceptedFiling(row.id, row.year, FilingTerms.of_row(row))
    versions = await store.last_versions(tx, usccs)
    return Standing(accepted, versions, await enterprises.marks_of_many(tx, usccs))


async def save_draft(
    tx: Transaction, uscc: str, year: int, terms: FilingTerms, *, filing_id: UUID, book: RuleBook
) -> CheckedFiling:
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
        added, version = AcceptedFiling(filing_id, year, terms), standing.next_version(uscc, year)
        draft = Filing.model_validate(new_row(tx, uscc, added, version=version, status=FilingStatus.DRAFT))
        tx.session.add(draft)
    else:
        for name in FilingTerms.model_fields:
            setattr(draft, name, getattr(terms, name))
        draft.entered_by, draft.updated_at = tx.actor.client_id, tx.now
    return CheckedFiling(enterprise, draft, findings)


async def submit_filing(
    tx: Transaction, uscc: str, year: int, *, book: RuleBook, unit_confirmed: bool = False
) -> CheckedFiling:
    """Submit the draft of a year; it is accepted when its formal checks refuse nothing and leave no question open.

    Raises:
        Refusal: `not_found`, `filing_draft_missing`, `filing_inconsistent`, `filing_unit_unconfirmed`, and what
            `save_draft` refuses.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    check_role(tx.actor.role, OWN_AFFAIRS)
    draft = rules.submittable(await store.of_status(tx, uscc, year, FilingStatus.DRAFT), year)
    terms = terms_of(draft)
    standing = await standing_of(tx, [uscc])
    findings = check_filing(tx, enterprise, year, terms, standing=standing, book=book)
    taken = AcceptedFiling(draft.id, year, terms)
    accept(tx, enterprise, taken, findings, standing=standing, book=book, unit_confirmed=unit_confirmed)
    await keep_accepted(tx, standing)
    draft.status, draft.accepted_at, draft.updated_at = FilingStatus.ACCEPTED, tx.now, tx.now
    await tx.session.flush()
    return CheckedFiling(enterprise, draft, findings)


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
        previous=None if before is None else before.terms,
        founded_on=enterprise.founded_on,
        rule_set=rule_set,
    )


def accept(
    tx: Transaction,
    enterprise: Enterprise,
    draft: AcceptedFiling,
    findings: tuple[FilingFinding, ...],
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
        findings: what `check_filing` found in it.
        standing: of the enterprise; `keep_accepted` writes what is accepted, of one filing or of many.
        book: rule sets.
        unit_confirmed: whether the declarant confirmed the unit of amounts that look like another one.

    Raises:
        Refusal: `filing_inconsistent`, `filing_unit_unconfirmed`.
    """
    event = rules.submit(draft.terms, findings, uscc=enterprise.uscc, year=draft.year, unit_confirmed=unit_confirmed)
    standing.accept(enterprise.uscc, draft)
    tx.emit(event)
    size_rules = book.pick(enterprises.SIZE_POLICY, tx.today)
    newest = standing.newest(enterprise.uscc)
    if enterprises.resize_by(tx, enterprise, newest.year, newest.terms, size_rules):
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
    await store.supersede(tx, standing.superseded)
    await store.add_many(tx, standing.added)
    standing.superseded.clear()
    standing.added.clear()


def new_row(tx: Transaction, uscc: str, draft: AcceptedFiling, *, version: int, status: FilingStatus) -> dict[str, Any]:
    """Return the row of a new version of a year by column: a draft, or accepted at once."""
    return {
        **{name: getattr(draft.terms, name) for name in FilingTerms.model_fields},
        "id": draft.filing_id,
        "uscc": uscc,
        "year": draft.year,
        "version": version,
        "status": status,
        "entered_by": tx.actor.client_id,
        "created_at": tx.now,
        "updated_at": tx.now,
        "accepted_at": tx.now if status is FilingStatus.ACCEPTED else None,
    }


async def list_filings(
    tx: Transaction, uscc: str, year: int | None, *, rule_set: RuleSet | None
) -> tuple[Enterprise, list[CheckedFiling]]:
    """Return an enterprise that the actor may see and all versions of its filings; drafts are checked as of today.

    Args:
        tx: the transaction.
        uscc: of the enterprise.
        year: None for every year.
        rule_set: of the checks, in force today; None where there is none.

    Raises:
        Refusal: `not_found`.
    """
    enterprise = await enterprises.read_enterprise(tx, uscc)
    rows = await store.history(tx, uscc, year)
    open_years = rules.open_years(today=tx.today, founded_on=enterprise.founded_on, rule_set=rule_set)
    drafts = [row for row in rows if row.status is FilingStatus.DRAFT and row.year in open_years]
    accepted = {row.year: FilingTerms.of_row(row) for row in await store.accepted_rows(tx, [uscc])} if drafts else {}
    found = {
        row.id: rules.check(
            terms_of(row),
            year=row.year,
            previous=accepted.get(row.year - 1),
            founded_on=enterprise.founded_on,
            rule_set=rule_set,
        )
        for row in drafts
        if rule_set is not None
    }
    return enterprise, [CheckedFiling(enterprise, row, found.get(row.id, ())) for row in rows]


def terms_of(filing: Filing) -> FilingTerms:
    """Return what a filing declares."""
    return FilingTerms.of_row(filing)

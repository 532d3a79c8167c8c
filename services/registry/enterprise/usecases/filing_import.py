"""Applying the lines of a list of annual filings, under the same checks as the form."""

from collections.abc import Sequence
from datetime import date

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules.filing import FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.rules.filing_import import FilingRow, as_row_findings, read_row
from services.registry.enterprise.rules.import_report import (
    CODE_REPEATED,
    ENTERPRISE_UNKNOWN,
    FILING_REFUSED,
    RowOutcome,
    finding,
)
from services.registry.enterprise.store import enterprise as enterprise_store
from services.registry.enterprise.store import filing as store
from services.registry.enterprise.usecases import filing as filings
from services.registry.enterprise.usecases.import_report import NumberedRow, RowResult
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook


async def apply_rows(
    tx: Transaction, rows: Sequence[NumberedRow], *, seen: dict[str, int], book: RuleBook
) -> list[RowResult]:
    """Judge and accept a batch of filings in this transaction; (code, year) is the key.

    A line that says what the accepted filing says changes nothing; other figures make a new version.

    Args:
        tx: the transaction, for the actor who uploaded.
        rows: the lines.
        seen: keys of earlier lines of the same file with their line; added to here.
        book: rule sets.
    """
    judged = [(row.line, read_row(row.cells, broken=row.broken)) for row in rows]
    usccs = sorted({one.uscc for _, one in judged if one.terms is not None})
    held = await enterprise_store.lock_many(tx, usccs)
    years = sorted({one.year for _, one in judged if one.year is not None})
    accepted = await store.accepted_of(tx, usccs, years)
    results = []
    for line, row in judged:
        if row.terms is None or row.year is None:
            results.append(RowResult(line, RowOutcome.REFUSED, row.findings))
            continue
        enterprise = held.get(row.uscc)
        if enterprise is None:
            unknown = finding(ENTERPRISE_UNKNOWN, "uscc", row.uscc)
            results.append(RowResult(line, RowOutcome.REFUSED, (*row.findings, unknown)))
            continue
        first = seen.setdefault(f"{row.uscc}/{row.year}", line)
        if first != line:
            again = finding(CODE_REPEATED, "uscc", f"{row.uscc}/{row.year} ({first})")
            results.append(RowResult(line, RowOutcome.REFUSED, (*row.findings, again)))
            continue
        results.append(await _keep(tx, line, row, row.terms, enterprise, accepted.get((row.uscc, row.year)), book=book))
    return results


def remember(rows: Sequence[NumberedRow], seen: dict[str, int], *, today: date) -> None:
    """Add the keys of lines that were applied before, so that a later line of the file with one of them is refused."""
    del today
    for row in rows:
        judged = read_row(row.cells, broken=row.broken)
        if judged.terms is not None:
            seen.setdefault(f"{judged.uscc}/{judged.year}", row.line)


async def _keep(
    tx: Transaction,
    line: int,
    row: FilingRow,
    terms: FilingTerms,
    enterprise: Enterprise,
    accepted: Filing | None,
    *,
    book: RuleBook,
) -> RowResult:
    year = row.year or 0
    if accepted is not None and filings.terms_of(accepted) == terms:
        return RowResult(line, RowOutcome.UNCHANGED, row.findings)
    try:
        found = await filings.check_filing(tx, enterprise, year, terms, book=book)
    except Refusal as refusal:  # the year is not open: a finding of this line, not the end of the list
        closed = finding(FILING_REFUSED, "year", year, group=refusal.code.code)
        return RowResult(line, RowOutcome.REFUSED, (*row.findings, closed))
    if any(one.gravity is Gravity.REFUSES for one in found):
        return RowResult(line, RowOutcome.REFUSED, (*row.findings, *as_row_findings(found, row)))
    draft = Filing.model_validate(
        {
            **terms.model_dump(),
            "id": new_id(),
            "uscc": row.uscc,
            "year": year,
            "version": await store.last_version(tx, row.uscc, year) + 1,
            "status": FilingStatus.DRAFT,
            "entered_by": tx.actor.client_id,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
    )
    await filings.accept(tx, enterprise, draft, terms, found, book=book)
    return RowResult(line, RowOutcome.CREATED if accepted is None else RowOutcome.UPDATED, row.findings)

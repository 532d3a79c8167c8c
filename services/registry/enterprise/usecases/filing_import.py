"""Writing the lines of a list of annual filings, under the same checks as the form."""

from collections.abc import Sequence

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.rules.filing import FilingStatus
from services.registry.enterprise.rules.filing_import import FilingLine, as_row_findings
from services.registry.enterprise.rules.import_findings import ENTERPRISE_UNKNOWN
from services.registry.enterprise.store import enterprise as enterprise_store
from services.registry.enterprise.usecases import filing as filings
from services.registry.enterprise.usecases.filing import AcceptedFiling, Standing
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.table.finding import finding, from_refusal
from shared.table.row import CREATED, UNCHANGED, UPDATED, ReadRow, Written, refused


async def write_rows(tx: Transaction, rows: Sequence[ReadRow[FilingLine]], book: RuleBook) -> list[Written]:
    """Accept a batch of filings in this transaction; (code, year) is the key.

    A line that says what the accepted filing says changes nothing; other figures make a new version.

    Args:
        tx: the transaction, for the actor who uploaded.
        rows: the lines.
        book: rule sets.
    """
    usccs = sorted({row.value.uscc for row in rows})
    held = await enterprise_store.lock_many(tx, usccs)
    standing = await filings.standing_of(tx, usccs)
    written = []
    async for row in in_turns(rows):
        line = row.value
        enterprise = held.get(line.uscc)
        if enterprise is None:
            written.append(refused(finding(ENTERPRISE_UNKNOWN, row.cells.column("uscc"), line.uscc)))
        else:
            written.append(_accept(tx, row, enterprise, standing, book=book))
    await filings.keep_accepted(tx, standing)
    return written


def _accept(
    tx: Transaction, row: ReadRow[FilingLine], enterprise: Enterprise, standing: Standing, *, book: RuleBook
) -> Written:
    line = row.value
    accepted = standing.filing(line.uscc, line.year)
    if accepted is not None and accepted.terms == line.terms:
        return UNCHANGED
    try:
        found = filings.check_filing(tx, enterprise, line.year, line.terms, standing=standing, book=book)
    except Refusal as refusal:  # the year is not open: a finding of this line, not the end of the list
        return refused(from_refusal(refusal, row.cells.column("year"), line.year))
    stopping = as_row_findings(found, row.cells, unit_confirmed=line.unit_confirmed)
    if stopping:
        return refused(*stopping)
    draft = AcceptedFiling(new_id(), line.year, line.terms)
    version = standing.next_version(line.uscc, line.year)
    standing.added.append(filings.new_row(tx, line.uscc, draft, version=version, status=FilingStatus.ACCEPTED))
    filings.accept(tx, enterprise, draft, found, standing=standing, book=book, unit_confirmed=line.unit_confirmed)
    return CREATED if accepted is None else UPDATED

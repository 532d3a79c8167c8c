"""Applying the lines of an enterprise list: good rows are kept, the same list again changes nothing."""

from collections.abc import Sequence
from datetime import date

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.rules.enterprise import EnterpriseTerms
from services.registry.enterprise.rules.enterprise_import import EnterpriseRow, read_row
from services.registry.enterprise.rules.import_report import CODE_REPEATED, UNIT_NOT_YOURS, RowOutcome, finding
from services.registry.enterprise.store import enterprise as store
from services.registry.enterprise.store.enterprise import NewEnterprise
from services.registry.enterprise.usecases import enterprise as enterprises
from services.registry.enterprise.usecases.import_report import NumberedRow, RowResult
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel import uscc as codes
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook


async def apply_rows(
    tx: Transaction, rows: Sequence[NumberedRow], *, seen: dict[str, int], book: RuleBook
) -> list[RowResult]:
    """Judge and apply a batch of lines in this transaction.

    A code is the key. A line whose content was imported before changes nothing, also where the enterprise was edited
    since; other content updates what the line tells and leaves what it does not.

    Args:
        tx: the transaction, for the actor who uploaded.
        rows: the lines.
        seen: codes of earlier lines of the same file with their line; added to here.
        book: rule sets.
    """
    judged = [(row.line, read_row(row.cells, broken=row.broken, today=tx.today)) async for row in in_turns(rows)]
    await enterprises.lock_registration(tx)
    usccs = sorted({one.uscc for _, one in judged if one.terms is not None})
    held = await store.lock_many(tx, usccs)
    hidden = await store.existing(tx, usccs) - set(held)
    results: list[RowResult] = []
    new: list[NewEnterprise] = []
    async for line, row in in_turns(judged):
        if row.terms is None:
            results.append(RowResult(line, RowOutcome.REFUSED, row.findings))
            continue
        first = seen.setdefault(row.uscc, line)
        if first != line:
            again = finding(CODE_REPEATED, "uscc", f"{row.uscc} ({first})")
            results.append(RowResult(line, RowOutcome.REFUSED, (*row.findings, again)))
            continue
        if _not_theirs(tx, row.terms) or row.uscc in hidden:
            other = finding(UNIT_NOT_YOURS, "unit", row.terms.unit_id)
            results.append(RowResult(line, RowOutcome.REFUSED, (*row.findings, other)))
            continue
        before = held.get(row.uscc)
        if before is None:
            new.append(_new(tx, row, row.terms))
            results.append(RowResult(line, RowOutcome.CREATED, row.findings))
        else:
            results.append(RowResult(line, await _change(tx, row, row.terms, before, book), row.findings))
    await store.add_many(tx, new)
    await tx.session.flush()
    return results


def remember(rows: Sequence[NumberedRow], seen: dict[str, int], *, today: date) -> None:
    """Add the keys of lines that were applied before, so that a later line of the file with one of them is refused."""
    for row in rows:
        judged = read_row(row.cells, broken=row.broken, today=today)
        if judged.terms is not None:
            seen.setdefault(judged.uscc, row.line)


def _new(tx: Transaction, row: EnterpriseRow, terms: EnterpriseTerms) -> NewEnterprise:
    return enterprises.new_enterprise(
        tx,
        terms,
        enterprise_id=new_id(),
        code_needs_review=not codes.is_valid(terms.uscc),
        source_row_sha256=row.sha256,
    )


async def _change(
    tx: Transaction, row: EnterpriseRow, terms: EnterpriseTerms, held: Enterprise, book: RuleBook
) -> RowOutcome:
    if held.source_row_sha256 == row.sha256:
        return RowOutcome.UNCHANGED
    told = {
        name: value
        for name in type(terms).model_fields
        if (value := getattr(terms, name)) not in (None, type(terms).model_fields[name].default)
    }
    before = enterprises.terms_of(held)
    held.source_row_sha256 = row.sha256
    if all(getattr(before, name) == value for name, value in told.items()):
        return RowOutcome.UNCHANGED
    await enterprises.apply_changes(tx, held, told, size_rules=book.pick(enterprises.SIZE_POLICY, tx.today))
    return RowOutcome.UPDATED


def _not_theirs(tx: Transaction, terms: EnterpriseTerms) -> bool:
    return tx.actor.role is Role.DISTRICT and terms.unit_id != tx.actor.unit_id

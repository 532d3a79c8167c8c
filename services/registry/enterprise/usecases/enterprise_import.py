"""Writing the lines of an enterprise list: good rows are kept, the same list again changes nothing."""

from collections.abc import Sequence

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.rules.enterprise import EnterpriseTerms, OpenMark
from services.registry.enterprise.rules.enterprise_import import EnterpriseLine
from services.registry.enterprise.rules.import_findings import NAME_CHANGED, UNIT_NOT_YOURS
from services.registry.enterprise.store import enterprise as store
from services.registry.enterprise.store.enterprise import NewEnterprise
from services.registry.enterprise.usecases import enterprise as enterprises
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel import uscc as codes
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.table.finding import RowOutcome, finding
from shared.table.row import CREATED, UNCHANGED, ReadRow, Written, refused


async def write_rows(tx: Transaction, rows: Sequence[ReadRow[EnterpriseLine]], book: RuleBook) -> list[Written]:
    """Write a batch of enterprises in this transaction.

    A code is the key. A line whose content was imported before changes nothing, also where the enterprise was edited
    since; other content updates what the line tells and leaves what it does not.

    Args:
        tx: the transaction, for the actor who uploaded.
        rows: the lines.
        book: rule sets.
    """
    usccs = sorted({row.value.terms.uscc for row in rows})
    await enterprises.lock_registration(tx, usccs)
    held = await store.lock_many(tx, usccs)
    absent = [uscc for uscc in usccs if uscc not in held]
    hidden = await store.existing(tx, absent) if absent else set()
    marks = await enterprises.marks_of_many(tx, list(held))
    written: list[Written] = []
    new: list[NewEnterprise] = []
    # One statement for all changes of the batch, at its end, instead of one before each read.
    with tx.session.no_autoflush:
        async for row in in_turns(rows):
            terms = row.value.terms
            before = held.get(terms.uscc)
            if _not_theirs(tx, terms) or terms.uscc in hidden:
                written.append(refused(finding(UNIT_NOT_YOURS, row.cells.column("unit_id"), terms.unit_id)))
            elif before is None:
                new.append(_new(tx, row.value))
                written.append(CREATED)
            else:
                written.append(await _change(tx, row, before, marks.get(terms.uscc, ()), book))
    await store.add_many(tx, new)
    await tx.session.flush()
    return written


def _new(tx: Transaction, line: EnterpriseLine) -> NewEnterprise:
    return enterprises.new_enterprise(
        tx,
        line.terms,
        enterprise_id=new_id(),
        code_needs_review=not codes.is_valid(line.terms.uscc),
        source_row_sha256=line.sha256,
    )


async def _change(
    tx: Transaction, row: ReadRow[EnterpriseLine], held: Enterprise, marks: Sequence[OpenMark], book: RuleBook
) -> Written:
    terms, sha256 = row.value.terms, row.value.sha256
    if held.source_row_sha256 == sha256:
        return UNCHANGED
    told = {
        name: value
        for name in type(terms).model_fields
        if (value := getattr(terms, name)) not in (None, type(terms).model_fields[name].default)
    }
    before = enterprises.terms_of(held)
    held.source_row_sha256 = sha256
    if all(getattr(before, name) == value for name, value in told.items()):
        return UNCHANGED
    renamed = (
        ()
        if before.name == terms.name
        else (finding(NAME_CHANGED, row.cells.column("name"), terms.name, before=before.name),)
    )
    size_rules = book.pick(enterprises.SIZE_POLICY, tx.today)
    await enterprises.change_held(tx, held, told, size_rules=size_rules, marks=marks)
    return Written(RowOutcome.UPDATED, renamed)


def _not_theirs(tx: Transaction, terms: EnterpriseTerms) -> bool:
    return tx.actor.role is Role.DISTRICT and terms.unit_id != tx.actor.unit_id

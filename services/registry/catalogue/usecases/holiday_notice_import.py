"""Writing the lines of a list of holiday notices, under the same checks as the form."""

from collections.abc import Iterable, Sequence
from datetime import date

from services.registry.catalogue.rules.holiday_notice import FIRST_YEAR, HolidayNoticeTerms
from services.registry.catalogue.rules.holiday_notice_import import (
    FORM,
    NOTICE_CORRECTED_SINCE,
    NOTICE_RECORDED,
    HolidayLine,
    terms_of,
)
from services.registry.catalogue.usecases.holiday_notice import record_notice
from shared.db.holiday_notice import RecordedNotice, every_notice
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.workday import PUBLISHED, HolidayNotice
from shared.policy.book import RuleBook
from shared.table.finding import RowOutcome, finding, from_refusal
from shared.table.read import missing_or_invalid
from shared.table.row import CREATED, UNCHANGED, UPDATED, ReadRow, Written, refused


async def write_rows(tx: Transaction, rows: Sequence[ReadRow[HolidayLine]], book: RuleBook) -> list[Written]:
    """Record the notices of a batch; what is recorded already changes nothing, a correction says that it is one."""
    del book
    return [await _write(tx, row) for row in rows]


async def _write(tx: Transaction, row: ReadRow[HolidayLine]) -> Written:
    line = row.value
    recorded = [one for one in await every_notice(tx) if one.year == line.year]
    held = next((one for one in recorded if one.replaced_at is None), None)
    shipped = next((one for one in PUBLISHED.notices if one.year == line.year), None)
    standing = shipped if held is None else held.notice()
    if line.says() == _says(standing):
        return UNCHANGED
    if not line.corrects and any(line.says() == _says(one) for one in _earlier(recorded, shipped)):
        return Written(RowOutcome.UNCHANGED, (finding(NOTICE_CORRECTED_SINCE, row.cells.column(FORM.key), line.year),))
    if line.year < FIRST_YEAR:
        return refused(missing_or_invalid(row.cells, FORM.key, FORM))
    if standing is not None and not line.corrects:
        column = row.cells.column(FORM.key)
        return refused(finding(NOTICE_RECORDED, column, line.year, year=line.year, number=standing.number))
    replaces_id = None if held is None else held.id
    terms = HolidayNoticeTerms.model_validate({**terms_of(line), "replaces_id": replaces_id})
    try:
        await record_notice(tx, terms, notice_id=new_id())
    except Refusal as refusal:
        field = (refusal.pointer or "").lstrip("/")
        if field not in {column.field for column in FORM.columns}:
            raise
        return refused(from_refusal(refusal, row.cells.column(field), row.cells.raw(field)))
    return CREATED if standing is None else UPDATED


def _says(notice: HolidayNotice | None) -> tuple[object, ...] | None:
    """Return a notice as a line of a list would say it."""
    if notice is None:
        return None
    off, work = _sorted(notice.off), _sorted(notice.work)
    return HolidayLine(notice.year, notice.number, notice.issued_on, notice.source, off, work).says()


def _earlier(recorded: Sequence[RecordedNotice], shipped: HolidayNotice | None) -> list[HolidayNotice]:
    """Return what was in force of the year before the present record."""
    corrected = [one.notice() for one in recorded if one.replaced_at is not None]
    return corrected if shipped is None else [*corrected, shipped]


def _sorted(days: Iterable[date]) -> tuple[date, ...]:
    return tuple(sorted(days))

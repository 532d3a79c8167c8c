"""Holiday notices: those that come with the product and those that officers recorded since."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from services.registry.catalogue.rules import holiday_notice as rules
from services.registry.catalogue.rules.holiday_notice import HolidayNoticeTerms
from services.registry.catalogue.rules.holiday_notice_import import FORM, days_in_words
from services.registry.catalogue.usecases.holiday_notice import record_notice
from shared.db.holiday_notice import RecordedNotice, every_notice
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read
from shared.kernel.workday import PUBLISHED, HolidayNotice
from shared.policy.header import Confidence
from shared.policy.primary_source import confidence_of
from shared.web.answer import answered
from shared.web.counts import ListCounts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export

router = edge_router(tags=["holiday-notices"])
COLUMNS = columns_as_imported(
    FORM,
    "year",
    "number",
    "issued_on",
    "source",
    "off_days",
    "work_days",
    "corrects",
    "recorded_at",
    "replaced_at",
)


class HolidayNoticeRead(Read):
    """A notice; one that comes with the product has no id. `replaced_at` is set once another record corrected it."""

    id: UUID | None
    year: int
    number: str | None
    issued_on: date | None
    source: str
    confidence: Confidence
    off_days: list[date]
    work_days: list[date]
    replaces_id: UUID | None
    recorded_by: str | None
    recorded_at: datetime | None
    replaced_at: datetime | None


class HolidayNoticeList(BaseModel):
    """Every notice, recorded ones first."""

    items: list[HolidayNoticeRead]


def shown(row: RecordedNotice) -> HolidayNoticeRead:
    """Return a recorded notice as it is answered."""
    days = {name: [date.fromisoformat(on) for on in getattr(row, name)] for name in ("off_days", "work_days")}
    return HolidayNoticeRead.of(row, confidence=confidence_of(row.source), **days)


def _shipped(one: HolidayNotice) -> HolidayNoticeRead:
    return HolidayNoticeRead.of(
        one,
        id=None,
        confidence=confidence_of(one.source),
        off_days=sorted(one.off),
        work_days=sorted(one.work),
        replaces_id=None,
        recorded_by=None,
        recorded_at=None,
        replaced_at=None,
    )


@router.post(
    "/holiday-notices",
    status_code=201,
    response_model=HolidayNoticeRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        rules.HOLIDAY_NOTICE_NOT_ISSUED,
        rules.HOLIDAY_NOTICE_DAYS_INVALID,
        rules.HOLIDAY_NOTICE_ALREADY_RECORDED,
        rules.HOLIDAY_NOTICE_NOTHING_TO_REPLACE,
    ),
)
@edge(scope="registry.calendar:write", row="any", summary_zh="登记年度节假日安排通知")
async def record_holiday_notice(body: HolidayNoticeTerms, tx: Tx) -> Response:
    """Record the State Council's notice of a year with its number and source; working days count by it from now on."""
    made = await record_notice(tx, body, notice_id=new_id())
    return answered(shown(made), status=201, location="/v1/holiday-notices")


@router.get("/holiday-notices", response_model=HolidayNoticeList)
@edge(scope="public", row="any", summary_zh="节假日安排通知清单")
async def list_holiday_notices(tx: Tx) -> Response:
    """List the notices by which working days are counted, corrected ones included; a year without one is assumed."""
    return answered(HolidayNoticeList(items=await _every(tx)))


@router.get("/holiday-notices/counts", response_model=ListCounts)
@edge(scope="public", row="any", summary_zh="节假日安排通知：数量")
async def count_holiday_notices(tx: Tx) -> Response:
    """Count the notices that the list shows; they have no states."""
    total = len(await _every(tx))
    return answered(ListCounts(by=None, counts={}, total=total, complete=True, at_least=[]))


@router.get("/exports/holiday-notices.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="public", row="any", summary_zh="导出节假日安排通知清单")
async def export_holiday_notices(file_format: Format, tx: Tx) -> Response:
    """Export the notices as CSV or XLSX, as the import takes them back; what is public is taken away unrecorded."""
    rows = [_flat(one) for one in await _every(tx)]
    return await export(rows, COLUMNS, format=file_format, filename="holiday-notices", title="节假日安排通知")


async def _every(tx: Tx) -> list[HolidayNoticeRead]:
    recorded = [shown(one) for one in await every_notice(tx)]
    return [*recorded, *map(_shipped, reversed(PUBLISHED.notices))]


def _flat(notice: HolidayNoticeRead) -> dict[str, Any]:
    """Return a notice as a row of a list of notices."""
    days = {name: days_in_words(getattr(notice, name)) for name in ("off_days", "work_days")}
    return {**dict(notice), **days, "corrects": None}

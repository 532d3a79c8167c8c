"""The loan prime rate of a day (LPR), and the publications that officers record."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from services.finance.lending.models.lpr_publication import LprPublication
from services.finance.lending.rules import lpr as rules
from services.finance.lending.rules import lpr_publication as publication_rules
from services.finance.lending.rules.lpr import DayRate, LprStatus
from services.finance.lending.rules.lpr_publication import LprPublicationTerms
from services.finance.lending.store import lpr_publication as publications
from services.finance.lending.usecases import lpr_publication as usecases
from shared.db.selection import Chosen
from shared.dictionary import DICTIONARY
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read, Shape
from shared.kernel.types import DayOrNone
from shared.policy.header import Confidence
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Column, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["lpr"])
_NOT_RECORDED_ZH = "{month} 月的公布尚未登记；所示为最近一次登记（{recorded} 月）的值，可能已变"
_NOT_RECORDED_EN = "the publication of {month} is not recorded; this is the last value recorded ({recorded})"


class LprRead(Read):
    """The one-year LPR in force on a day, in parts per million.

    NOT_RECORDED: the publication that decides the day is not recorded here, the rate is the last one that is.
    """

    on: date
    rate_ppm: int
    status: LprStatus
    month: int
    recorded_month: int
    published_on: date
    source: str
    article: str
    confidence: Confidence
    note_zh: str | None
    note_en: str | None
    rule_set_version: str


class LprPublicationRead(Shape):
    """One recorded publication; `replaced_at` is set once another record corrected it."""

    id: UUID
    month: int
    published_on: date
    rate_ppm: int
    source: str
    evidence: dict[str, Any]
    replaces_id: UUID | None
    replaced_at: datetime | None
    recorded_by: str
    created_at: datetime


COLUMNS = (
    Column("month", *DICTIONARY.title("LprPublicationRead.month")),
    Column("published_on", *DICTIONARY.title("LprPublicationRead.published_on")),
    Column("rate_ppm", *DICTIONARY.title("LprPublicationRead.rate_ppm")),
    *columns("source", "replaced_at", "recorded_by", "created_at"),
)
Wanted = Annotated[Chosen, Depends(chosen_from(publications.LIST))]
add_counts(
    router, publications.LIST, noun="lpr-publications", scope="credit.bank:read", row="any", title="LPR公布登记清单"
)


def note_of(rate: DayRate) -> tuple[str | None, str | None]:
    """Return what to tell of a rate whose month is not recorded, in both languages; nothing of a recorded one."""
    if rate.status is LprStatus.RECORDED:
        return None, None
    words = {"month": _spelt(rate.month), "recorded": _spelt(rate.recorded_month)}
    return _NOT_RECORDED_ZH.format(**words), _NOT_RECORDED_EN.format(**words)


def _spelt(month: int) -> str:
    return f"{month // 100}-{month % 100:02d}"


def shown(row: LprPublication) -> LprPublicationRead:
    """Return a publication as it is answered."""
    return LprPublicationRead.of_row(row)


@router.get("/lpr", response_model=LprRead, responses=refusals(rules.LPR_UNKNOWN))
@edge(scope="credit.bank:read", row="any", summary_zh="查询某日执行的一年期LPR")
async def read_lpr(
    tx: Tx, book: Book, on: Annotated[DayOrNone, Query(description="日期，默认今天 / day, today by default")] = None
) -> Response:
    """Tell the one-year LPR that a contract signed on a day must carry, and whether its publication is recorded."""
    day = on or tx.today
    rate = await usecases.rate_of(tx, book, day)
    note_zh, note_en = note_of(rate)
    return answered(
        LprRead(
            on=day,
            rate_ppm=rate.rate_ppm,
            status=rate.status,
            month=rate.month,
            recorded_month=rate.recorded_month,
            published_on=rate.published_on,
            source=rate.source,
            article=rate.article,
            confidence=rate.confidence,
            note_zh=note_zh,
            note_en=note_en,
            rule_set_version=book.pick(rules.POLICY, day).version,
        )
    )


@router.post(
    "/lpr-publications",
    status_code=201,
    response_model=LprPublicationRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        publication_rules.LPR_PUBLICATION_DATE_INVALID,
        publication_rules.LPR_PUBLICATION_IMPLAUSIBLE,
        publication_rules.LPR_ALREADY_RECORDED,
        publication_rules.LPR_NOTHING_TO_REPLACE,
        publication_rules.LPR_EVIDENCE_TOO_WEAK,
    ),
)
@edge(scope="credit.bank:write", row="any", summary_zh="登记一年期LPR的公布", tells=False)
async def record_lpr_publication(body: LprPublicationTerms, tx: Tx, book: Book) -> Response:
    """Record a publication of the LPR with the announcement it was read from; one for each month."""
    row = await usecases.record_publication(tx, body, book, publication_id=new_id())
    return answered(shown(row), status=201, location="/v1/lpr-publications")


async def _listed(_tx: Tx, rows: Sequence[LprPublication]) -> list[LprPublicationRead]:
    return [shown(row) for row in rows]


@router.get("/lpr-publications", response_model=PageOf[LprPublicationRead])
@edge(scope="credit.bank:read", row="any", summary_zh="LPR公布登记清单")
async def list_lpr_publications(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List recorded publications, newest first unless asked otherwise, corrected ones included."""
    found = await publications.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/lpr-publications.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.bank:read", row="any", summary_zh="导出LPR公布登记清单", audited=True)
async def export_lpr_publications(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of publications with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        publications.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="lpr-publications",
        title="LPR公布",
    )

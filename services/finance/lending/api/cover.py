"""Routes of cover by the risk-compensation fund (风险补偿备案)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.lending.rules import cover as rules
from services.finance.lending.rules import cover_act as act_rules
from services.finance.lending.rules.cover import CoverBalances, CoverStatus, CoverVerdict
from services.finance.lending.rules.cover_act import CoverStanding
from services.finance.lending.store import cover as covers
from services.finance.lending.usecases import cover as usecases
from services.finance.lending.usecases.cover import ToldCover
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import ShortTextOrNone
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.policy.reason import REASON_UNKNOWN, reasons
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.reason import ReasonCatalogue
from shared.web.selection import chosen_from

router = edge_router(tags=["covers"])
NUMBERS = {fund_rules.POLICY: ("filing_working_days", "cover_share_ppm", "leverage")}
"""Numbers of rule sets that are told beside cover."""


class CoverSummary(CoverBalances, Read):
    """Cover of one drawdown, in fen: `covered_fen` never falls, `released_fen` is what repayment freed of it."""

    id: UUID
    drawdown_id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    status: CoverStatus
    reason_code: str | None
    filed_on: date
    filing_due_on: date
    decided_at: datetime | None
    created_at: datetime


class CoverDecisionRequest(Shape):
    """The fund manager's decision; a refusal has a reason code, a grant has none."""

    decision: CoverVerdict
    reason_code: ShortTextOrNone = None


class CoverRead(CoverSummary):
    """Cover with the numbers of the rules that its days and its share follow from, and what its reader may do now."""

    numbers: list[NumberRead]
    actions: list[ActionRead]


class CoverDetailRead(CoverRead):
    """Cover on its page, with names beside codes and the numbers of its drawdown and loan."""

    enterprise_name: str | None
    bank_name: str | None
    note_no: str
    contract_no: str
    case_no: str


class CoverListed(CoverSummary):
    """Cover in a list, with names beside codes and the numbers of its drawdown and loan."""

    enterprise_name: str | None
    bank_name: str | None
    note_no: str
    contract_no: str
    case_no: str


COLUMNS = columns(
    "case_no",
    "contract_no",
    "note_no",
    "enterprise_uscc",
    "enterprise_name",
    "bank_name",
    "unit_id",
    "status",
    "covered_fen",
    "released_fen",
    "exposure_fen",
    "filed_on",
    "filing_due_on",
    "decided_at",
    "reason_code",
)
Wanted = Annotated[Chosen, Depends(chosen_from(covers.LIST))]
add_counts(router, covers.LIST, noun="covers", scope="fund.cover:read", row="bank", title="备案清单")


async def _listed(rows: Sequence[Any]) -> list[CoverListed]:
    return [CoverListed.of(row) for row in rows]


def _detailed(tx: Tx, told: ToldCover, book: RuleBook) -> CoverRead:
    """Return cover, the numbers that held on the day of its pay-out, and what the caller may do with it."""
    cover = told.cover
    numbers = numbers_of(book.find(fund_rules.POLICY, told.starts_on), NUMBERS[fund_rules.POLICY])
    case = CoverStanding(cover.status, told.outstanding_fen)
    offered = actions(act_rules.ACTS, case, tx.actor, {Role.FUND_MANAGER: None, Role.BANK: cover.bank_uscc})
    return CoverRead.of(cover, numbers=numbers, actions=offered)


def _answered(tx: Tx, told: ToldCover, book: RuleBook, **more: Any) -> Response:  # noqa: ANN401  # status and place
    return answered(_detailed(tx, told, book), **more)


@router.post(
    "/drawdowns/{drawdown_id}/cover",
    status_code=201,
    response_model=CoverRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        rules.COVER_ALREADY_FILED,
        rules.COVER_FILED_TOO_LATE,
        rules.DRAWDOWN_ALREADY_REPAID,
    ),
)
@edge(scope="fund.cover:write", row="bank", transaction="single", summary_zh="放款备案（申请纳入风险补偿）")
async def file_cover(drawdown_id: UUID, tx: Tx, book: Book) -> Response:
    """File a drawdown for cover within the working days after the pay-out."""
    filed = await usecases.file_cover(tx, drawdown_id, book, cover_id=new_id())
    return _answered(tx, filed, book, status=201, location=f"/v1/covers/{filed.cover.id}")


@router.post(
    "/covers/{cover_id}:decide",
    response_model=CoverRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        rules.COVER_STATE_CONFLICT,
        rules.COVER_REASON_MISSING,
        rules.DRAWDOWN_ALREADY_REPAID,
        REASON_UNKNOWN,
        fund_rules.FUND_CAPACITY_EXCEEDED,
    ),
)
@edge(scope="fund.cover:decide", row="any", transaction="single", summary_zh="审核备案：纳入或不予纳入")
async def decide_cover(cover_id: UUID, body: CoverDecisionRequest, tx: Tx, book: Book) -> Response:
    """Cover a drawdown within the unit's capacity, or refuse with a coded reason."""
    made = await usecases.decide_cover(tx, cover_id, book, verdict=body.decision, reason_code=body.reason_code)
    return _answered(tx, made, book)


@router.get("/covers", response_model=PageOf[CoverListed])
@edge(scope="fund.cover:read", row="bank", summary_zh="备案清单")
async def list_covers(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List cover that one may see."""
    found = await covers.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get("/exports/covers.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="fund.cover:read", row="bank", summary_zh="导出备案清单", audited=True)
async def export_covers(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of covers with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        covers.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="covers",
        title="风险补偿备案",
    )


@router.get("/covers/reasons", response_model=ReasonCatalogue)
@edge(scope="fund.cover:read", row="any", summary_zh="不予备案原因目录")
async def list_refusal_reasons(tx: Tx, book: Book) -> Response:
    """List the coded reasons with which cover may be refused."""
    rule_set = book.pick(fund_rules.POLICY, tx.today)
    return answered(ReasonCatalogue.of_rules(rule_set, reasons(rule_set, "refuse_reason_")))


@router.get("/covers/{cover_id}", response_model=CoverDetailRead, responses=refusals(NOT_FOUND))
@edge(scope="fund.cover:read", row="bank", summary_zh="查看备案")
async def read_cover(cover_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one cover."""
    found = await covers.find_page(tx, cover_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="cover")
    told = ToldCover(found.cover, found.starts_on, found.outstanding_fen)
    return answered(CoverDetailRead.of(_detailed(tx, told, book), **found.beside))

"""Routes of drawdowns and repayments (放款与还款): the hot routes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.lending.models.drawdown import Drawdown, Repayment
from services.finance.lending.rules import application_refusal as refused
from services.finance.lending.rules import cover as cover_rules
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules import drawdown_act as act_rules
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.rules.drawdown_act import DrawdownStanding
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store.drawdown import PaidBack, PaidOut
from services.finance.lending.usecases import drawdown as usecases
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["drawdowns"])


class RepaymentRead(RepaymentTerms, Read):
    """One repayment of principal, in fen."""

    id: UUID
    drawdown_id: UUID
    outstanding_after_fen: int
    created_at: datetime


class DrawdownSummary(DrawdownTerms, Read):
    """One drawdown in a list, in fen."""

    id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    outstanding_fen: int
    status: DrawdownStatus
    created_at: datetime


class DrawdownRead(DrawdownSummary):
    """One drawdown with its repayments, in fen."""

    repayments: list[RepaymentRead]


class DrawdownDetailRead(DrawdownRead):
    """One drawdown on its page: names beside codes, by when cover is filed, and what its reader may do now."""

    enterprise_name: str | None
    bank_name: str | None
    contract_no: str
    case_no: str
    cover_due_on: date
    actions: list[ActionRead]


class DrawdownListed(DrawdownSummary):
    """One drawdown in a list over all loans, with names beside codes and the numbers of its loan."""

    enterprise_name: str | None
    bank_name: str | None
    contract_no: str
    case_no: str


class RepaymentListed(RepaymentRead):
    """One repayment in a list over all loans, with names beside codes and its note and loan."""

    enterprise_name: str | None
    bank_name: str | None
    enterprise_uscc: str
    bank_uscc: str
    note_no: str
    contract_no: str
    case_no: str


COLUMNS = columns(
    "note_no",
    "contract_no",
    "case_no",
    "enterprise_uscc",
    "enterprise_name",
    "bank_name",
    "unit_id",
    "amount_fen",
    "starts_on",
    "matures_on",
    "outstanding_fen",
    "status",
)
REPAYMENT_COLUMNS = columns(
    "bank_ref",
    "note_no",
    "contract_no",
    "case_no",
    "enterprise_uscc",
    "enterprise_name",
    "bank_name",
    "amount_fen",
    "value_on",
    "outstanding_after_fen",
)
Wanted = Annotated[Chosen, Depends(chosen_from(drawdowns.LIST))]
add_counts(router, drawdowns.LIST, noun="drawdowns", scope="credit.loan:read", row="bank", title="放款清单")
RepaymentsWanted = Annotated[Chosen, Depends(chosen_from(drawdowns.REPAYMENT_LIST))]
add_counts(router, drawdowns.REPAYMENT_LIST, noun="repayments", scope="credit.loan:read", row="bank", title="还款清单")


class DrawdownList(Shape):
    """The drawdowns of one loan."""

    items: list[DrawdownSummary]


def summary(drawdown: Drawdown) -> DrawdownSummary:
    """Return a drawdown without its repayments."""
    return DrawdownSummary.of(drawdown)


def shown(drawdown: Drawdown | PaidOut, repaid: Sequence[Repayment]) -> DrawdownRead:
    """Return a drawdown with its repayments."""
    return DrawdownRead.of(drawdown, repayments=[shown_repayment(one) for one in repaid])


def shown_repayment(repayment: Repayment | PaidBack) -> RepaymentRead:
    """Return a repayment."""
    return RepaymentRead.of(repayment)


@router.post(
    "/loans/{loan_id}/drawdowns",
    status_code=201,
    response_model=DrawdownRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        refused.BANK_REF_ALREADY_USED,
        rules.DRAWDOWN_NOT_POSITIVE,
        rules.DRAWDOWN_ABOVE_UNDRAWN,
        rules.DRAWING_PERIOD_OVER,
        rules.DRAWDOWN_DATES_INVALID,
    ),
)
@edge(scope="credit.loan:write", row="bank", transaction="single", summary_zh="登记放款（借据）")
async def draw_loan(loan_id: UUID, body: DrawdownTerms, tx: Tx, book: Book) -> Response:
    """Record a pay-out under a loan note."""
    drawdown = await usecases.draw_loan(tx, loan_id, body, book, drawdown_id=new_id())
    return answered(shown(drawdown, []), status=201, location=f"/v1/drawdowns/{drawdown.id}")


@router.get("/loans/{loan_id}/drawdowns", response_model=DrawdownList, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="贷款的放款清单")
async def list_drawdowns(loan_id: UUID, tx: Tx) -> Response:
    """List the drawdowns of one loan in their order; their repayments stand on each one's own page."""
    rows = await drawdowns.of_loan(tx, loan_id)
    if rows is None:
        raise Refusal(NOT_FOUND, noun="loan")
    return answered(DrawdownList(items=[summary(row) for row in rows]))


@router.post(
    "/drawdowns/{drawdown_id}/repayments",
    status_code=201,
    response_model=RepaymentRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        refused.BANK_REF_ALREADY_USED,
        rules.DRAWDOWN_NOT_POSITIVE,
        rules.REPAYMENT_ABOVE_OUTSTANDING,
        rules.REPAYMENT_DATE_INVALID,
    ),
)
@edge(scope="credit.loan:write", row="bank", transaction="single", summary_zh="登记还款（本金）")
async def repay_drawdown(drawdown_id: UUID, body: RepaymentTerms, tx: Tx, book: Book) -> Response:
    """Record repaid principal; line and cover follow it."""
    repayment = await usecases.repay_drawdown(tx, drawdown_id, body, book, repayment_id=new_id())
    return answered(shown_repayment(repayment), status=201, location=f"/v1/drawdowns/{drawdown_id}")


@router.get("/drawdowns/{drawdown_id}", response_model=DrawdownDetailRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="查看放款")
async def read_drawdown(drawdown_id: UUID, tx: Tx, book: Book) -> Response:
    """Read one drawdown with its repayments."""
    found = await drawdowns.find_page(tx, drawdown_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    drawdown = found.drawdown
    policy = book.pick(fund_rules.POLICY, drawdown.starts_on)
    case = DrawdownStanding(
        status=drawdown.status,
        starts_on=drawdown.starts_on,
        matures_on=drawdown.matures_on,
        outstanding_fen=drawdown.outstanding_fen,
        is_filed=found.is_filed,
        policy=policy,
        calendar=found.calendar,
        today=tx.today,
    )
    bodies = {Role.ENTERPRISE: drawdown.enterprise_uscc, Role.BANK: drawdown.bank_uscc}
    told = DrawdownDetailRead.of(
        shown(drawdown, list(found.repayments)),
        **found.beside,
        cover_due_on=cover_rules.filing_due(policy, starts_on=drawdown.starts_on, calendar=found.calendar).on,
        actions=actions(act_rules.ACTS, case, tx.actor, bodies),
    )
    return answered(told)


async def _listed(rows: Sequence[Any]) -> list[DrawdownListed]:
    return [DrawdownListed.of(row) for row in rows]


async def _listed_repayments(rows: Sequence[Any]) -> list[RepaymentListed]:
    return [RepaymentListed.of(row) for row in rows]


@router.get("/drawdowns", response_model=PageOf[DrawdownListed])
@edge(scope="credit.loan:read", row="bank", summary_zh="放款清单")
async def list_all_drawdowns(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List one's own drawdowns, or those of one's own bank, over all loans."""
    found = await drawdowns.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get("/exports/drawdowns.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.loan:read", row="bank", summary_zh="导出放款清单", audited=True)
async def export_all_drawdowns(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of drawdowns with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        drawdowns.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="drawdowns",
        title="放款",
    )


@router.get("/repayments", response_model=PageOf[RepaymentListed])
@edge(scope="credit.loan:read", row="bank", summary_zh="还款清单")
async def list_repayments(paging: Paging, tx: Tx, wanted: RepaymentsWanted) -> Response:
    """List one's own repayments, or those booked by one's own bank, over all loans."""
    found = await drawdowns.REPAYMENT_LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed_repayments(found.rows), found.next_key)


@router.get("/exports/repayments.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.loan:read", row="bank", summary_zh="导出还款清单", audited=True)
async def export_repayments(file_format: Format, tx: Tx, wanted: RepaymentsWanted) -> Response:
    """Export what a list of repayments with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        drawdowns.REPAYMENT_LIST.batches(tx, wanted),
        _listed_repayments,
        REPAYMENT_COLUMNS,
        format=file_format,
        noun="repayments",
        title="还款",
    )

"""Routes of drawdowns and repayments (放款与还款): the hot routes."""

from datetime import date, datetime
from uuid import UUID

from fastapi import Response

from services.finance.lending.models.drawdown import Drawdown, Repayment
from services.finance.lending.rules import application_refusal as refused
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store import loan as loans
from services.finance.lending.usecases import drawdown as usecases
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Shape
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["drawdowns 放款与还款"])


class RepaymentRead(Shape):
    """One repayment of principal, in fen."""

    id: UUID
    drawdown_id: UUID
    bank_ref: str
    amount_fen: int
    value_on: date
    outstanding_after_fen: int
    created_at: datetime


class DrawdownSummary(Shape):
    """One drawdown in a list, in fen."""

    id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    note_no: str
    amount_fen: int
    starts_on: date
    matures_on: date
    outstanding_fen: int
    status: DrawdownStatus
    created_at: datetime


class DrawdownRead(DrawdownSummary):
    """One drawdown with its repayments, in fen."""

    repayments: list[RepaymentRead]


class DrawdownList(Shape):
    """The drawdowns of one loan."""

    items: list[DrawdownSummary]


def summary(drawdown: Drawdown) -> DrawdownSummary:
    """Return a drawdown without its repayments."""
    return DrawdownSummary.model_validate(drawdown.model_dump(include=set(DrawdownSummary.model_fields)))


def shown(drawdown: Drawdown, repaid: list[Repayment]) -> DrawdownRead:
    """Return a drawdown with its repayments."""
    return DrawdownRead(**summary(drawdown).model_dump(), repayments=[shown_repayment(one) for one in repaid])


def shown_repayment(repayment: Repayment) -> RepaymentRead:
    """Return a repayment."""
    return RepaymentRead.model_validate(repayment.model_dump(include=set(RepaymentRead.model_fields)))


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
@edge(scope="credit.loan:write", row="bank", summary_zh="登记放款（借据）")
async def draw_loan(loan_id: UUID, body: DrawdownTerms, tx: Tx, book: Book) -> Response:
    """Record a pay-out under a loan note."""
    drawdown = await usecases.draw_loan(tx, loan_id, body, book, drawdown_id=new_id())
    return answered(shown(drawdown, []), status=201, location=f"/v1/drawdowns/{drawdown.id}")


@router.get("/loans/{loan_id}/drawdowns", response_model=DrawdownList, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="贷款的放款清单")
async def list_drawdowns(loan_id: UUID, tx: Tx) -> Response:
    """List the drawdowns of one loan in their order; their repayments stand on each one's own page."""
    if await loans.find(tx, loan_id) is None:
        raise Refusal(NOT_FOUND, noun="loan")
    rows = await drawdowns.of_loan(tx, loan_id)
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
@edge(scope="credit.loan:write", row="bank", summary_zh="登记还款（本金）")
async def repay_drawdown(drawdown_id: UUID, body: RepaymentTerms, tx: Tx, book: Book) -> Response:
    """Record repaid principal; line and cover follow it."""
    repayment = await usecases.repay_drawdown(tx, drawdown_id, body, book, repayment_id=new_id())
    return answered(shown_repayment(repayment), status=201, location=f"/v1/drawdowns/{drawdown_id}")


@router.get("/drawdowns/{drawdown_id}", response_model=DrawdownRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="查看放款")
async def read_drawdown(drawdown_id: UUID, tx: Tx) -> Response:
    """Read one drawdown with its repayments."""
    drawdown = await drawdowns.find(tx, drawdown_id)
    if drawdown is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    return answered(shown(drawdown, list(await drawdowns.repayments(tx, drawdown_id))))

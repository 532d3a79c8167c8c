"""Routes of signed loans (贷款)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.finance.lending.models.loan import Loan
from services.finance.lending.rules import loan as rules
from services.finance.lending.rules.loan import LoanStatus
from services.finance.lending.store import loan as loans
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.web.answer import answered, paged
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.paging import PageOf, Paging

router = edge_router(tags=["loans 贷款"])


class LoanRead(Shape):
    """A signed loan with its balances, in fen."""

    id: UUID
    application_id: UUID
    case_no: str
    enterprise_uscc: str
    bank_uscc: str
    contract_no: str
    principal_fen: int
    rate_ppm: int
    term_months: int
    signed_on: date
    status: LoanStatus
    drawn_fen: int
    repaid_fen: int
    released_fen: int
    undrawn_fen: int
    draw_until_on: date
    ends_on: date
    version: int
    created_at: datetime


def shown(loan: Loan) -> LoanRead:
    """Return a loan with what can still be drawn."""
    fields = loan.model_dump(include=set(LoanRead.model_fields))
    left_fen = rules.undrawn(loan.principal_fen, loan.drawn_fen, loan.released_fen)
    return LoanRead.model_validate({**fields, "undrawn_fen": left_fen})


@router.get("/loans", response_model=PageOf[LoanRead])
@edge(scope="credit.loan:read", row="bank", summary_zh="贷款清单")
async def list_loans(
    paging: Paging, tx: Tx, status: Annotated[LoanStatus | None, Query(description="状态 / status")] = None
) -> Response:
    """List one's own loans, or those of one's own bank, newest first."""
    rows = await loans.page(tx, status=status, wanted=paging.wanted())
    return paged(paging, rows, shown)


@router.get("/loans/{loan_id}", response_model=LoanRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="查看贷款")
async def read_loan(loan_id: UUID, tx: Tx) -> Response:
    """Read one loan; another bank's is not found."""
    loan = await loans.find(tx, loan_id)
    if loan is None:
        raise Refusal(NOT_FOUND, noun="loan")
    return answered(shown(loan), version=loan.version)

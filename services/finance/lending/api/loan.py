"""Routes of signed loans (贷款)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.lending.models.loan import Loan
from services.finance.lending.rules import loan as rules
from services.finance.lending.rules.loan import LoanState, LoanStatus, LoanTerms
from services.finance.lending.rules.loan_application import POLICY
from services.finance.lending.rules.lpr import DayRate, LprStatus, rate_number
from services.finance.lending.store import loan as loans
from services.finance.lending.usecases.lpr_publication import known_rate
from shared.db.selection import Chosen
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["loans"])
NUMBERS = {POLICY: ("term_months_max", "rate_margin_ppm", "draw_within_days")}
"""Numbers of rule sets that are told beside a loan."""


class LoanSummary(LoanState, LoanTerms, Read):
    """A signed loan with its balances, in fen."""

    id: UUID
    application_id: UUID
    case_no: str
    status: LoanStatus
    lpr_status: LprStatus | None
    undrawn_fen: int
    draw_until_on: date
    ends_on: date
    version: int
    created_at: datetime


class LoanRead(LoanSummary):
    """A signed loan with the numbers of the rules that it was signed by."""

    numbers: list[NumberRead]


class LoanListed(LoanSummary):
    """A loan in a list, with the names beside the codes."""

    enterprise_name: str | None
    bank_name: str | None


COLUMNS = columns(
    "contract_no",
    "case_no",
    "enterprise_uscc",
    "enterprise_name",
    "bank_name",
    "principal_fen",
    "rate_ppm",
    "term_months",
    "signed_on",
    "status",
    "drawn_fen",
    "repaid_fen",
    "released_fen",
    "undrawn_fen",
    "draw_until_on",
    "ends_on",
)
Wanted = Annotated[Chosen, Depends(chosen_from(loans.LIST))]
add_counts(router, loans.LIST, noun="loans", scope="credit.loan:read", row="bank", title="贷款清单")


def _undrawn(loan: Any) -> int:  # noqa: ANN401  # a loan, or its row in a list
    return rules.undrawn(loan.principal_fen, loan.drawn_fen, loan.released_fen)


def detailed(loan: Loan, book: RuleBook, rate: DayRate | None) -> LoanRead:
    """Return a loan with the numbers that held on the day of its contract, the LPR of that day first."""
    lpr = [] if rate is None else [NumberRead.of(rate_number(rate))]
    numbers = [*lpr, *numbers_of(book.find(POLICY, loan.signed_on), NUMBERS[POLICY])]
    return LoanRead.of(loan, undrawn_fen=_undrawn(loan), numbers=numbers)


async def _listed(rows: Sequence[Any]) -> list[LoanListed]:
    return [LoanListed.of(row, undrawn_fen=_undrawn(row)) for row in rows]


@router.get("/loans", response_model=PageOf[LoanListed])
@edge(scope="credit.loan:read", row="bank", summary_zh="贷款清单")
async def list_loans(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List one's own loans, or those of one's own bank."""
    found = await loans.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get("/exports/loans.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.loan:read", row="bank", summary_zh="导出贷款清单", audited=True)
async def export_loans(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of loans with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        loans.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="loans",
        title="贷款",
    )


@router.get("/loans/{loan_id}", response_model=LoanRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="查看贷款")
async def read_loan(loan_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one loan; another bank's is not found."""
    found = await loans.find_page(tx, loan_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="loan")
    loan, known = found
    return answered(detailed(loan, book, known_rate(book, loan.signed_on, known)), version=loan.version)

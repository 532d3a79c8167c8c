"""Routes of signed loans (贷款)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules import application_refusal as refused
from services.finance.lending.rules import loan as rules
from services.finance.lending.rules import loan_act as act_rules
from services.finance.lending.rules import lpr as lpr_rules
from services.finance.lending.rules.loan import LoanState, LoanStatus, LoanTerms
from services.finance.lending.rules.loan_act import LoanStanding
from services.finance.lending.rules.loan_application import POLICY
from services.finance.lending.rules.lpr import DayRate, LprStatus, rate_number
from services.finance.lending.store import loan as loans
from services.finance.lending.usecases import loan as usecases
from services.finance.lending.usecases.lpr_publication import known_rate
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.web.answer import answered, composed
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
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


class LoanDetailRead(LoanRead):
    """A loan on its page, with the names beside the codes, and what its reader may do now."""

    enterprise_name: str | None
    bank_name: str | None
    actions: list[ActionRead]


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


@router.get("/loans/{loan_id}", response_model=LoanDetailRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.loan:read", row="bank", summary_zh="查看贷款")
async def read_loan(loan_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one loan; another bank's is not found."""
    found = await loans.find_page(tx, loan_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="loan")
    loan = found.loan
    case = LoanStanding(loan.principal_fen, usecases.state_of(loan), loan.draw_until_on)
    bodies = {Role.ENTERPRISE: loan.enterprise_uscc, Role.BANK: loan.bank_uscc}
    told = LoanDetailRead.of(
        detailed(loan, book, known_rate(book, loan.signed_on, found.known)),
        **found.names,
        actions=actions(act_rules.ACTS, case, tx.actor, bodies),
    )
    return composed(told, version=loan.version)


@router.post(
    "/loan-applications/{application_id}:sign",
    status_code=201,
    response_model=LoanRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        refused.APPLICATION_STATE_CONFLICT,
        refused.APPROVAL_LAPSED,
        refused.TERM_TOO_LONG,
        refused.BANK_REF_ALREADY_USED,
        rules.PRINCIPAL_NOT_POSITIVE,
        rules.PRINCIPAL_ABOVE_APPROVAL,
        rules.SIGNED_ON_INVALID,
        rules.RATE_NOT_LPR,
        lpr_rules.LPR_UNKNOWN,
        line_rules.CREDIT_LINE_EXCEEDED,
    ),
)
@edge(scope="credit.decision:write", row="bank", summary_zh="签订借款合同（占用额度）")
async def sign_loan(application_id: UUID, body: LoanTerms, tx: Tx, book: Book) -> Response:
    """Record the signed contract: its principal is reserved on the line that all banks share."""
    signed = await usecases.sign_loan(tx, application_id, body, book, loan_id=new_id())
    loan = signed.loan
    return answered(
        detailed(loan, book, signed.rate), status=201, location=f"/v1/loans/{loan.id}", version=loan.version
    )

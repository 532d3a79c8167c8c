"""Routes of loan applications (贷款申请)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.rules import application_act as act_rules
from services.finance.lending.rules import application_refusal as refused
from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.application_act import ApplicationStanding
from services.finance.lending.rules.loan_application import (
    ApplicationFlag,
    ApplicationStatus,
    ApprovalTerms,
    ApprovalWarning,
    LoanApplicationTerms,
)
from services.finance.lending.store import loan_application as applications
from services.finance.lending.usecases import loan_application as usecases
from services.finance.partner.rules import bank as bank_rules
from services.finance.partner.rules import consent as consent_rules
from services.finance.partner.rules.consent import HeldConsent
from services.finance.partner.store import consent as consents
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LongText, LongTextOrNone, ShortText
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.policy.reason import REASON_UNKNOWN, REJECT, reasons
from shared.web.answer import answered, composed
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.reason import ReasonCatalogue
from shared.web.selection import chosen_from

router = edge_router(tags=["loan applications"])
NUMBERS = {rules.POLICY: ("answer_working_days", "approval_valid_days", "term_months_max")}
"""Numbers of rule sets that are told beside an application."""
STEP = (FORBIDDEN_ROLE, NOT_FOUND, refused.APPLICATION_STATE_CONFLICT)
SUBMISSION = (
    FORBIDDEN_ROLE,
    NOT_FOUND,
    bank_rules.BANK_NOT_COOPERATING,
    refused.CONSENT_NEEDED,
    refused.AMOUNT_NOT_POSITIVE,
    refused.TERM_TOO_LONG,
    refused.EVALUATION_CHANGED,
    refused.EVALUATION_EXPIRED,
    refused.NOT_ON_CITY_REGISTER,
    refused.NO_CREDIT_LIMIT,
    line_rules.CREDIT_LINE_EXCEEDED,
)


class LoanApplicationSummary(LoanApplicationTerms, Read):
    """An application; the snapshot of the evaluation is the firm's data, so a bank reads it in the credit file only."""

    id: UUID
    case_no: str
    enterprise_uscc: str
    status: ApplicationStatus
    snapshot_limit_fen: int | None
    snapshot_grade: str | None
    answer_due_on: date
    answer_due_assumed: bool
    submitted_at: datetime
    answered_at: datetime | None
    flag: ApplicationFlag | None
    flag_evaluation_id: UUID | None
    flag_raised_at: datetime | None
    flag_acknowledged_at: datetime | None
    approved_fen: int | None
    approved_term_months: int | None
    approved_on: date | None
    valid_until_on: date | None
    conditions: str | None
    bank_ref: str | None
    reason_code: str | None
    note: str | None
    version: int
    created_at: datetime


class LoanApplicationRead(LoanApplicationSummary):
    """An application with the numbers of the rules that its days follow from, and what its reader may do now."""

    numbers: list[NumberRead]
    actions: list[ActionRead]


class LoanApplicationDetailRead(LoanApplicationRead):
    """An application on its page, with the names beside the codes."""

    enterprise_name: str | None
    bank_name: str | None


class LoanApplicationListed(LoanApplicationSummary):
    """An application in a list, with the names beside the codes."""

    enterprise_name: str | None
    bank_name: str | None


COLUMNS = columns(
    "case_no",
    "enterprise_uscc",
    "enterprise_name",
    "bank_name",
    "amount_fen",
    "term_months",
    "purpose",
    "status",
    "submitted_at",
    "answer_due_on",
    "answered_at",
    "flag",
    "approved_fen",
    "approved_term_months",
    "approved_on",
    "valid_until_on",
    "bank_ref",
    "conditions",
    "reason_code",
    "note",
)
Wanted = Annotated[Chosen, Depends(chosen_from(applications.LIST))]
add_counts(
    router,
    applications.LIST,
    noun="loan-applications",
    scope="credit.application:read",
    row="bank",
    title="贷款申请清单",
)


class WarningRead(Read):
    """Something that the bank should know; nothing was refused for it."""

    code: ApprovalWarning
    text_zh: str
    text_en: str


class ApprovalRead(LoanApplicationRead):
    """An approved application; `available_fen` is what a signature on it could still reserve over all banks."""

    available_fen: int
    warnings: list[WarningRead]


class ReturnRequest(Shape):
    """What the firm must correct."""

    note: LongText


class RejectRequest(Shape):
    """Why the bank says no: a code of the catalogue, and a note if it likes."""

    reason_code: ShortText
    note: LongTextOrNone = None


def _unseen(actor: Actor) -> dict[str, None]:
    """Return what the actor does not see of an application."""
    return {"snapshot_limit_fen": None, "snapshot_grade": None} if actor.role is Role.BANK else {}


async def _listed(tx: Tx, rows: Sequence[Any]) -> list[LoanApplicationListed]:
    unseen = _unseen(tx.actor)
    return [LoanApplicationListed.of(row, **unseen) for row in rows]


def actions_of(application: LoanApplication, tx: Tx, held: Sequence[HeldConsent]) -> list[ActionRead]:
    """Return what the caller may do with an application now, by what the firm ever allowed the bank."""
    case = ApplicationStanding(
        status=application.status,
        flag=application.flag,
        is_acknowledged=application.flag_acknowledged_at is not None,
        answer_due_on=application.answer_due_on,
        valid_until_on=application.valid_until_on,
        today=tx.today,
        enterprise_uscc=application.enterprise_uscc,
        consents=tuple(held),
        now=tx.now,
    )
    bodies = {Role.ENTERPRISE: application.enterprise_uscc, Role.BANK: application.bank_uscc}
    return actions(act_rules.ACTS, case, tx.actor, bodies)


def detailed(application: LoanApplication, tx: Tx, book: RuleBook, held: Sequence[HeldConsent]) -> LoanApplicationRead:
    """Return an application with the numbers that held when it was submitted, and what the caller may do with it."""
    rule_set = book.find(rules.POLICY, shanghai_date(application.submitted_at))
    return LoanApplicationRead.of(
        application,
        **_unseen(tx.actor),
        numbers=numbers_of(rule_set, NUMBERS[rules.POLICY]),
        actions=actions_of(application, tx, held),
    )


async def _held(application: LoanApplication, tx: Tx) -> Sequence[HeldConsent]:
    """Return what the firm ever allowed the bank; asked where an act of the bank hangs on it."""
    if application.status is not ApplicationStatus.BANK_REVIEW:
        return ()
    return await consents.held(tx, enterprise_uscc=application.enterprise_uscc, bank_uscc=application.bank_uscc)


async def _answer(application: LoanApplication, tx: Tx, book: RuleBook, *, created: bool = False) -> Response:
    return answered(
        detailed(application, tx, book, await _held(application, tx)),
        status=201 if created else 200,
        location=f"/v1/loan-applications/{application.id}" if created else None,
        version=application.version,
    )


@router.post(
    "/loan-applications",
    status_code=201,
    response_model=LoanApplicationRead,
    responses=refusals(*SUBMISSION, refused.APPLICATION_ALREADY_OPEN),
)
@edge(scope="credit.application:write", row="enterprise", summary_zh="向银行提交贷款申请")
async def submit_application(body: LoanApplicationTerms, tx: Tx, book: Book) -> Response:
    """Apply to a bank on the evaluation that one has seen; a newer one must be confirmed first."""
    application = await usecases.submit_application(tx, body, book, application_id=new_id())
    return await _answer(application, tx, book, created=True)


@router.get("/loan-applications", response_model=PageOf[LoanApplicationListed])
@edge(scope="credit.application:read", row="bank", summary_zh="贷款申请清单")
async def list_applications(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List one's own applications, or those made to one's own bank."""
    found = await applications.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/loan-applications.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.application:read", row="bank", summary_zh="导出贷款申请清单", audited=True)
async def export_applications(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of applications with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        applications.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="loan-applications",
        title="贷款申请",
    )


@router.get("/loan-applications/reasons", response_model=ReasonCatalogue)
@edge(scope="credit.application:read", row="any", summary_zh="拒贷原因目录")
async def list_reject_reasons(tx: Tx, book: Book) -> Response:
    """List the coded reasons with which a bank may reject."""
    rule_set = book.pick(rules.POLICY, tx.today)
    return answered(ReasonCatalogue.of_rules(rule_set, reasons(rule_set, REJECT)))


@router.get(
    "/loan-applications/{application_id}", response_model=LoanApplicationDetailRead, responses=refusals(NOT_FOUND)
)
@edge(scope="credit.application:read", row="bank", summary_zh="查看贷款申请", refusals_audited=True)
async def read_application(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one application; another bank's or another firm's is not found."""
    found = await applications.find_page(tx, application_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="loan_application")
    application = found.application
    told = LoanApplicationDetailRead.of(detailed(application, tx, book, found.consents), **found.names)
    return composed(told, version=application.version)


@router.post(
    "/loan-applications/{application_id}:resubmit",
    response_model=LoanApplicationRead,
    responses=refusals(*SUBMISSION, refused.APPLICATION_STATE_CONFLICT, refused.BANK_CANNOT_CHANGE),
)
@edge(scope="credit.application:write", row="enterprise", summary_zh="更正后重新提交")
async def resubmit_application(application_id: UUID, body: LoanApplicationTerms, tx: Tx, book: Book) -> Response:
    """Submit a returned application again, corrected; the bank's clock starts anew."""
    return await _answer(await usecases.resubmit_application(tx, application_id, body, book), tx, book)


@router.post(
    "/loan-applications/{application_id}:cancel", response_model=LoanApplicationRead, responses=refusals(*STEP)
)
@edge(scope="credit.application:write", row="enterprise", summary_zh="撤销贷款申请")
async def cancel_application(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Withdraw an open application."""
    return await _answer(await usecases.cancel_application(tx, application_id), tx, book)


@router.post(
    "/loan-applications/{application_id}:accept", response_model=LoanApplicationRead, responses=refusals(*STEP)
)
@edge(scope="credit.decision:write", row="bank", summary_zh="受理贷款申请")
async def accept_application(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Take an application into review."""
    return await _answer(await usecases.accept_application(tx, application_id), tx, book)


@router.post(
    "/loan-applications/{application_id}:return", response_model=LoanApplicationRead, responses=refusals(*STEP)
)
@edge(scope="credit.decision:write", row="bank", summary_zh="退回企业补正")
async def return_application(application_id: UUID, body: ReturnRequest, tx: Tx, book: Shelf) -> Response:
    """Send an application back with what is to be corrected."""
    return await _answer(await usecases.return_application(tx, application_id, body.note), tx, book)


@router.post(
    "/loan-applications/{application_id}:reject",
    response_model=LoanApplicationRead,
    responses=refusals(*STEP, REASON_UNKNOWN),
)
@edge(scope="credit.decision:write", row="bank", summary_zh="拒绝贷款申请（须有原因代码）")
async def reject_application(application_id: UUID, body: RejectRequest, tx: Tx, book: Book) -> Response:
    """Reject an application with a coded reason."""
    application = await usecases.reject_application(
        tx, application_id, book, reason_code=body.reason_code, note=body.note
    )
    return await _answer(application, tx, book)


@router.post(
    "/loan-applications/{application_id}:acknowledge",
    response_model=LoanApplicationRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, refused.NOTHING_TO_ACKNOWLEDGE),
)
@edge(scope="credit.decision:write", row="bank", summary_zh="确认评价变化提示", tells=False)
async def acknowledge_flag(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Confirm that one has seen what changed since the application was made."""
    return await _answer(await usecases.acknowledge_flag(tx, application_id), tx, book)


@router.post(
    "/loan-applications/{application_id}:approve",
    response_model=ApprovalRead,
    responses=refusals(
        *STEP,
        refused.FLAG_NOT_ACKNOWLEDGED,
        refused.AMOUNT_NOT_POSITIVE,
        refused.TERM_TOO_LONG,
        refused.AMOUNT_ABOVE_APPLICATION,
        refused.AMOUNT_ABOVE_LIMIT,
        refused.APPROVAL_PERIOD_INVALID,
        refused.BANK_REF_ALREADY_USED,
        consent_rules.CONSENT_MISSING,
        consent_rules.CONSENT_EXPIRED,
        consent_rules.CONSENT_REVOKED,
    ),
)
@edge(scope="credit.decision:write", row="bank", summary_zh="批复授信")
async def approve_application(application_id: UUID, body: ApprovalTerms, tx: Tx, book: Book) -> Response:
    """Approve up to what was asked and the frozen evaluation allows; told where another bank used the line up."""
    approved = await usecases.approve_application(tx, application_id, body, book)
    read = ApprovalRead.of(
        detailed(approved.application, tx, book, ()),
        available_fen=approved.available_fen,
        warnings=[WarningRead.of(one, code=one) for one in approved.warnings],
    )
    return answered(read, version=approved.application.version)

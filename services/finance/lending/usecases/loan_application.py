"""Submit, answer and end loan applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.evaluation.store import enterprise as enterprises
from services.finance.evaluation.store import kv_evaluation as evaluations
from services.finance.evaluation.usecases.credit_line import left_under
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.rules import application_refusal as refusals
from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.loan_application import (
    ApplicationFlag,
    ApplicationStatus,
    ApprovalTerms,
    ApprovalWarning,
    EvaluationInForce,
    LoanApplicationTerms,
    Submission,
)
from services.finance.lending.store import loan_application as applications
from services.finance.partner.rules import bank as bank_rules
from services.finance.partner.rules import consent as consent_rules
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope
from services.finance.partner.store import bank as banks
from services.finance.partner.store import consent as consents
from services.finance.partner.usecases.consent import require_consent
from shared.db.case_no import CaseSeries, next_case_no
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.events.finance import ApplicationDecided, ApplicationFlagged, ApplicationSubmitted, EvaluationCompleted
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.fold import reference_key
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook

CITY_UNIT = "500000"


async def _submission(tx: Transaction, uscc: str, terms: LoanApplicationTerms, book: RuleBook) -> Submission:
    """Judge what a firm submits; holds the firm's line, so that no evaluation slips in between."""
    line = await lines.lock(tx, uscc)
    seen = await evaluations.find(tx, terms.evaluation_id)
    if line is None or seen is None:
        raise Refusal(NOT_FOUND, pointer="/evaluation_id", noun="kvc_evaluation")
    bank = await banks.find(tx, terms.bank_uscc)
    bank_rules.cooperates(bank, None if bank is None else bank.status, tx.today)
    held = await consents.held(tx, enterprise_uscc=uscc, bank_uscc=terms.bank_uscc)
    open_scopes = consent_rules.scopes_open(held, purpose=ConsentPurpose.LOAN_APPLICATION, now=tx.now)
    if ConsentScope.EVALUATION_RESULT not in open_scopes:
        raise Refusal(refusals.CONSENT_NEEDED, pointer="/bank_uscc")
    current = await evaluations.get(tx, line.evaluation_id)
    return rules.submit(
        terms,
        book.pick(rules.POLICY, tx.today),
        evaluation=EvaluationInForce(
            evaluation_id=current.id,
            grade=current.grade,
            limit_fen=current.limit_fen,
            valid_until_on=current.valid_until_on,
            on_city_register=current.on_city_register,
        ),
        available_fen=line_rules.available(line.limit_fen, line.reserved_fen, line.drawn_fen),
        today=tx.today,
        calendar=await work_calendar(tx),
    )


async def submit_application(
    tx: Transaction, terms: LoanApplicationTerms, book: RuleBook, *, application_id: UUID
) -> LoanApplication:
    """Submit an application of the calling enterprise to a bank.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `bank_not_cooperating`; `consent_needed`; `application_already_open`;
            and all of `rules.submit`.
    """
    uscc = tx.actor.party_as(Role.ENTERPRISE)
    submission = await _submission(tx, uscc, terms, book)
    twin = await applications.open_twin(tx, uscc, terms)
    if twin is not None:
        raise Refusal(refusals.APPLICATION_ALREADY_OPEN, case_no=twin.case_no, application_id=str(twin.id))
    enterprise = await enterprises.find(tx, uscc)
    application = LoanApplication.model_validate(
        {
            **terms.model_dump(),
            "id": application_id,
            "case_no": await next_case_no(
                tx, CITY_UNIT if enterprise is None else enterprise.unit_id, series=CaseSeries.FINANCE
            ),
            "enterprise_uscc": uscc,
            "status": ApplicationStatus.SUBMITTED,
            "snapshot_limit_fen": submission.snapshot_limit_fen,
            "snapshot_grade": submission.snapshot_grade,
            "answer_due_on": submission.answer_due.on,
            "answer_due_assumed": submission.answer_due.assumed,
            "submitted_at": tx.now,
            "version": 1,
            "created_at": tx.now,
        }
    )
    tx.session.add(application)
    _tell_submitted(tx, application)
    return application


async def resubmit_application(
    tx: Transaction, application_id: UUID, terms: LoanApplicationTerms, book: RuleBook
) -> LoanApplication:
    """Submit a returned application again, corrected, on the current evaluation; the clock starts anew.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`; and all of `rules.submit`.
    """
    uscc = tx.actor.party_as(Role.ENTERPRISE)
    submission = await _submission(tx, uscc, terms, book)
    application = await _locked(tx, application_id)
    if application.bank_uscc != terms.bank_uscc:
        raise Refusal(refusals.BANK_CANNOT_CHANGE, pointer="/bank_uscc")
    application.status = rules.resubmit(application.status)
    application.amount_fen = terms.amount_fen
    application.term_months = terms.term_months
    application.purpose = terms.purpose
    application.evaluation_id = terms.evaluation_id
    application.snapshot_limit_fen = submission.snapshot_limit_fen
    application.snapshot_grade = submission.snapshot_grade
    application.answer_due_on = submission.answer_due.on
    application.answer_due_assumed = submission.answer_due.assumed
    application.submitted_at = tx.now
    application.answered_at = None
    application.flag = None
    application.version += 1
    _tell_submitted(tx, application)
    return application


def _tell_submitted(tx: Transaction, application: LoanApplication) -> None:
    tx.audit(
        "loan_application.submit",
        subject=f"loan_application/{application.id}",
        uscc=application.enterprise_uscc,
        detail={"amount_fen": application.amount_fen, "evaluation_id": str(application.evaluation_id)},
    )
    tx.emit(ApplicationSubmitted.of(application, application_id=application.id))


async def _locked(tx: Transaction, application_id: UUID) -> LoanApplication:
    application = await applications.lock(tx, application_id)
    if application is None:
        raise Refusal(NOT_FOUND, noun="loan_application")
    return application


def tell_decided(tx: Transaction, application: LoanApplication) -> None:
    """Keep and tell a step of an application; its row is held."""
    application.version += 1
    tx.audit(
        f"loan_application.{application.status.value.lower()}",
        subject=f"loan_application/{application.id}",
        uscc=application.enterprise_uscc,
        detail={"reason_code": application.reason_code, "approved_fen": application.approved_fen},
    )
    tx.emit(ApplicationDecided.of(application, application_id=application.id, amount_fen=application.approved_fen))


async def cancel_application(tx: Transaction, application_id: UUID) -> LoanApplication:
    """Withdraw an open application of the calling enterprise.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`.
    """
    tx.actor.party_as(Role.ENTERPRISE)
    application = await _locked(tx, application_id)
    application.status = rules.cancel(application.status)
    tell_decided(tx, application)
    return application


async def accept_application(tx: Transaction, application_id: UUID) -> LoanApplication:
    """Take an application into the calling bank's review.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`.
    """
    tx.actor.party_as(Role.BANK)
    application = await _locked(tx, application_id)
    application.status = rules.accept(application.status)
    tell_decided(tx, application)
    return application


async def return_application(tx: Transaction, application_id: UUID, note: str) -> LoanApplication:
    """Send an application back to the firm with what is to be corrected.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`.
    """
    tx.actor.party_as(Role.BANK)
    application = await _locked(tx, application_id)
    application.status = rules.send_back(application.status)
    application.note = note
    application.answered_at = tx.now
    tell_decided(tx, application)
    return application


async def reject_application(
    tx: Transaction, application_id: UUID, book: RuleBook, *, reason_code: str, note: str | None
) -> LoanApplication:
    """Reject an application with a coded reason.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`; `reason_unknown`.
    """
    tx.actor.party_as(Role.BANK)
    application = await _locked(tx, application_id)
    application.status = rules.reject(application.status, reason_code, book.pick(rules.POLICY, tx.today))
    application.reason_code = reason_code
    application.note = note
    application.answered_at = tx.now
    tell_decided(tx, application)
    return application


async def flag_open_applications(tx: Transaction, event: EvaluationCompleted) -> None:
    """Tell each bank that holds an open application of the firm of its new evaluation; the snapshot stays.

    A first evaluation supersedes none, so no application can hang on an older one.
    """
    if event.supersedes_id is None:
        return
    for application in await applications.lock_open_of_firm(tx, event.uscc):
        application.flag = ApplicationFlag.EVALUATION_SUPERSEDED
        application.flag_evaluation_id = event.evaluation_id
        application.flag_raised_at = tx.now
        application.flag_acknowledged_at = None
        application.flag_acknowledged_by = None
        application.version += 1
        tx.emit(
            ApplicationFlagged.of(
                application,
                application_id=application.id,
                flag=ApplicationFlag.EVALUATION_SUPERSEDED,
                old_evaluation_id=application.evaluation_id,
                new_evaluation_id=event.evaluation_id,
                old_limit_fen=application.snapshot_limit_fen,
                new_limit_fen=event.limit_fen,
            )
        )


async def acknowledge_flag(tx: Transaction, application_id: UUID) -> LoanApplication:
    """Record that the bank has seen what changed.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `nothing_to_acknowledge`.
    """
    tx.actor.party_as(Role.BANK)
    application = await _locked(tx, application_id)
    rules.acknowledge(application.flag, acknowledged=application.flag_acknowledged_at is not None)
    application.flag_acknowledged_at = tx.now
    application.flag_acknowledged_by = tx.actor.client_id
    application.version += 1
    tx.audit(
        "loan_application.acknowledge",
        subject=f"loan_application/{application.id}",
        uscc=application.enterprise_uscc,
        detail={"evaluation_id": str(application.flag_evaluation_id)},
    )
    return application


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved application, what a signature on it could still reserve in fen, and what the bank should know."""

    application: LoanApplication
    available_fen: int
    warnings: tuple[ApprovalWarning, ...]


async def approve_application(tx: Transaction, application_id: UUID, terms: ApprovalTerms, book: RuleBook) -> Approved:
    """Approve an application of the calling bank; the firm's consent must still stand.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `consent_missing`; `consent_expired`; `consent_revoked`;
            `bank_ref_already_used`; and all of `rules.approve`.
    """
    bank_uscc = tx.actor.party_as(Role.BANK)
    application = await _locked(tx, application_id)
    approval = rules.approve(
        application.status,
        book.pick(rules.POLICY, tx.today),
        terms=terms,
        applied_fen=application.amount_fen,
        snapshot_limit_fen=application.snapshot_limit_fen,
        open_flag=application.flag if application.flag_acknowledged_at is None else None,
        today=tx.today,
    )
    await require_consent(
        tx, enterprise_uscc=application.enterprise_uscc, bank_uscc=bank_uscc, scope=ConsentScope.EVALUATION_RESULT
    )
    if await applications.bank_ref_used(tx, bank_uscc, terms.bank_ref):
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/bank_ref")
    application.status = ApplicationStatus.APPROVED
    application.approved_fen = approval.amount_fen
    application.approved_term_months = approval.term_months
    application.approved_on = tx.today
    application.valid_until_on = approval.valid_until_on
    application.conditions = terms.conditions
    application.bank_ref = terms.bank_ref
    application.ref_key = reference_key(terms.bank_ref)
    application.answered_at = tx.now
    tell_decided(tx, application)
    left_fen = left_under(await lines.find(tx, application.enterprise_uscc), application.snapshot_limit_fen)
    warnings = rules.approval_warnings(approval.amount_fen, available_fen=left_fen)
    return Approved(application, left_fen, warnings)


async def lapse_approvals(tx: Transaction, limit: int) -> Sequence[LoanApplication]:
    """End approvals that were not signed in time; returns those that lapsed."""
    overdue = await applications.lock_overdue_approvals(tx, tx.today, limit)
    for application in overdue:
        lapsed = rules.lapse(application.status, application.valid_until_on, tx.today)
        if lapsed is not None:
            application.status = lapsed
            tell_decided(tx, application)
    return overdue

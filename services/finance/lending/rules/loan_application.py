"""A loan application from the firm's request to the bank's answer: one machine, one clock, one frozen snapshot."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.finance.evaluation.rules import credit_line
from services.finance.lending.rules.application_refusal import (
    AMOUNT_ABOVE_APPLICATION,
    AMOUNT_ABOVE_LIMIT,
    AMOUNT_NOT_POSITIVE,
    APPLICATION_STATE_CONFLICT,
    APPROVAL_LAPSED,
    APPROVAL_PERIOD_INVALID,
    EVALUATION_CHANGED,
    EVALUATION_EXPIRED,
    FLAG_NOT_ACKNOWLEDGED,
    NO_CREDIT_LIMIT,
    NOT_ON_CITY_REGISTER,
    NOTHING_TO_ACKNOWLEDGE,
    TERM_TOO_LONG,
)
from shared.kernel.errors import Refusal
from shared.kernel.shape import Shape
from shared.kernel.types import DayOrNone, Fen, LongTextOrNone, Reference, ShortText, TermMonths, Uscc
from shared.kernel.workday import DueDate, WorkCalendar
from shared.policy.reason import REJECT, check_reason
from shared.policy.rule_set import RuleSet

POLICY = "loan_terms"


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    SUBMITTED = "SUBMITTED"
    BANK_REVIEW = "BANK_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    SIGNED = "SIGNED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"


class ApplicationFlag(StrEnum):
    """What the bank must know before it approves."""

    EVALUATION_SUPERSEDED = "evaluation_superseded"


OPEN_STATUSES = frozenset(
    {
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.BANK_REVIEW,
        ApplicationStatus.RETURNED,
        ApplicationStatus.APPROVED,
    }
)


class LoanApplicationTerms(Shape):
    """What the firm asks of a bank, on which evaluation."""

    bank_uscc: Uscc
    amount_fen: Fen
    term_months: TermMonths
    purpose: ShortText
    evaluation_id: UUID


class ApprovalTerms(Shape):
    """What the bank grants: at most what was asked; without a date the approval ends after the default period."""

    amount_fen: Fen
    term_months: TermMonths
    valid_until_on: DayOrNone = None
    conditions: LongTextOrNone = None
    bank_ref: Reference


@dataclass(frozen=True, slots=True)
class EvaluationInForce:
    """The current evaluation of a firm, as a submission is judged on it."""

    evaluation_id: UUID
    grade: str
    limit_fen: int
    valid_until_on: date
    on_city_register: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """An application as submitted: its clock and the limit it was made on."""

    snapshot_limit_fen: int
    snapshot_grade: str
    answer_due: DueDate


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval: amount, and until when it may be signed."""

    amount_fen: int
    term_months: int
    valid_until_on: date


def submit(
    terms: LoanApplicationTerms,
    rules: RuleSet,
    *,
    evaluation: EvaluationInForce,
    available_fen: int,
    today: date,
    calendar: WorkCalendar,
) -> Submission:
    """Submit an application on the evaluation that the firm saw; the bank's answer is due in working days.

    Raises:
        Refusal: `amount_not_positive`; `term_too_long`; `evaluation_changed`; `evaluation_expired`;
            `not_on_city_register`; `no_credit_limit`; `credit_line_exceeded`.

    Source: F-APP-01 (docs/rules/finance.md).
    """
    _check_terms(terms.amount_fen, terms.term_months, rules)
    if terms.evaluation_id != evaluation.evaluation_id:
        raise Refusal(
            EVALUATION_CHANGED,
            pointer="/evaluation_id",
            evaluation_id=str(evaluation.evaluation_id),
            limit_fen=evaluation.limit_fen,
        )
    if evaluation.valid_until_on < today:
        raise Refusal(EVALUATION_EXPIRED, pointer="/evaluation_id", valid_until_on=evaluation.valid_until_on)
    if not evaluation.on_city_register:
        raise Refusal(NOT_ON_CITY_REGISTER)
    if evaluation.limit_fen == 0:
        raise Refusal(NO_CREDIT_LIMIT, grade=evaluation.grade)
    credit_line.check(terms.amount_fen, available_fen, "/amount_fen")
    due = calendar.add_working_days(today, rules.param_int("answer_working_days"))
    return Submission(evaluation.limit_fen, evaluation.grade, due)


def _check_terms(amount_fen: int, term_months: int, rules: RuleSet) -> None:
    if amount_fen == 0:
        raise Refusal(AMOUNT_NOT_POSITIVE, pointer="/amount_fen")
    months_max = rules.param_int("term_months_max")
    if term_months > months_max:
        raise Refusal(TERM_TOO_LONG, pointer="/term_months", months_max=months_max)


def _step(status: ApplicationStatus, allowed: Collection[ApplicationStatus]) -> None:
    if status not in allowed:
        raise Refusal(APPLICATION_STATE_CONFLICT, status=status)


def accept(status: ApplicationStatus) -> ApplicationStatus:
    """Take an application into the bank's review.

    Raises:
        Refusal: `application_state_conflict`.

    Source: F-APP-02 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.SUBMITTED})
    return ApplicationStatus.BANK_REVIEW


def send_back(status: ApplicationStatus) -> ApplicationStatus:
    """Return an application to the firm for correction.

    Raises:
        Refusal: `application_state_conflict`.

    Source: F-APP-03 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.SUBMITTED, ApplicationStatus.BANK_REVIEW})
    return ApplicationStatus.RETURNED


def resubmit(status: ApplicationStatus) -> ApplicationStatus:
    """Check that a returned application may be submitted again; the content is judged by `submit`.

    Raises:
        Refusal: `application_state_conflict`.

    Source: F-APP-04 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.RETURNED})
    return ApplicationStatus.SUBMITTED


def cancel(status: ApplicationStatus) -> ApplicationStatus:
    """Withdraw an open application.

    Raises:
        Refusal: `application_state_conflict`.

    Source: F-APP-05 (docs/rules/finance.md).
    """
    _step(status, OPEN_STATUSES)
    return ApplicationStatus.CANCELLED


def rejectable(status: ApplicationStatus) -> ApplicationStatus:
    """Check that an application can be rejected now.

    Raises:
        Refusal: `application_state_conflict`.

    Source: F-APP-07 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.BANK_REVIEW})
    return ApplicationStatus.REJECTED


def reject(status: ApplicationStatus, reason_code: str, rules: RuleSet) -> ApplicationStatus:
    """Reject an application with a coded reason.

    Raises:
        Refusal: `application_state_conflict`; `reason_unknown`.

    Source: F-APP-07 (docs/rules/finance.md).
    """
    after = rejectable(status)
    check_reason(reason_code, rules, REJECT)
    return after


def acknowledge(flag: ApplicationFlag | None, *, acknowledged: bool) -> None:
    """Check that there is a flag to acknowledge.

    Raises:
        Refusal: `nothing_to_acknowledge`.

    Source: F-APP-08 (docs/rules/finance.md).
    """
    if flag is None or acknowledged:
        raise Refusal(NOTHING_TO_ACKNOWLEDGE)


def approvable(status: ApplicationStatus, open_flag: ApplicationFlag | None) -> None:
    """Check that an application can be approved now, whatever is granted.

    Raises:
        Refusal: `application_state_conflict`; `flag_not_acknowledged`.

    Source: F-APP-09 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.BANK_REVIEW})
    if open_flag is not None:
        raise Refusal(FLAG_NOT_ACKNOWLEDGED, flag=open_flag.value)


def approve(
    status: ApplicationStatus,
    rules: RuleSet,
    *,
    terms: ApprovalTerms,
    applied_fen: int,
    snapshot_limit_fen: int,
    open_flag: ApplicationFlag | None,
    today: date,
) -> Approval:
    """Approve at most what was asked and what the frozen evaluation allows; the bank decides below that.

    A limit that fell later does not bind this application: it keeps its snapshot (the flag tells the bank).

    Raises:
        Refusal: `application_state_conflict`; `flag_not_acknowledged`; `amount_not_positive`; `term_too_long`;
            `amount_above_application`; `amount_above_limit`; `approval_period_invalid`.

    Source: F-APP-09 (docs/rules/finance.md).
    """
    approvable(status, open_flag)
    _check_terms(terms.amount_fen, terms.term_months, rules)
    if terms.amount_fen > applied_fen:
        raise Refusal(AMOUNT_ABOVE_APPLICATION, pointer="/amount_fen", amount_fen=applied_fen)
    if terms.amount_fen > snapshot_limit_fen:
        raise Refusal(AMOUNT_ABOVE_LIMIT, pointer="/amount_fen", limit_fen=snapshot_limit_fen)
    latest = today + timedelta(days=rules.param_int("approval_valid_days"))
    if terms.valid_until_on is not None and not today <= terms.valid_until_on <= latest:
        raise Refusal(APPROVAL_PERIOD_INVALID, pointer="/valid_until_on", latest=latest)
    return Approval(terms.amount_fen, terms.term_months, terms.valid_until_on or latest)


class ApprovalWarning(StrEnum):
    """What a bank is told beside its approval; nothing is refused."""

    ABOVE_AVAILABLE = "ABOVE_AVAILABLE"

    @property
    def text_zh(self) -> str:
        """What it means, in Chinese."""
        return "批复金额超过该企业在各银行合计的剩余额度，届时可能无法签约；请与企业核实后调减，或待其偿还。"

    @property
    def text_en(self) -> str:
        """What it means, in English."""
        return (
            "The amount exceeds what is left of the firm's line over all banks: it may not be signable. "
            "Agree on less with the firm, or wait until it has repaid."
        )


def approval_warnings(approved_fen: int, *, available_fen: int) -> tuple[ApprovalWarning, ...]:
    """Return what the bank should know of its approval: another bank's signature may have used the line up.

    Args:
        approved_fen: what the bank grants.
        available_fen: what a signature on this application could still reserve.

    Source: F-APP-12 (docs/rules/finance.md).
    """
    return (ApprovalWarning.ABOVE_AVAILABLE,) if approved_fen > available_fen else ()


def lapse(status: ApplicationStatus, valid_until_on: date | None, today: date) -> ApplicationStatus | None:
    """Return LAPSED for an approval whose last day is over, else None.

    Source: F-APP-10 (docs/rules/finance.md).
    """
    over = status is ApplicationStatus.APPROVED and valid_until_on is not None and valid_until_on < today
    return ApplicationStatus.LAPSED if over else None


def signable(status: ApplicationStatus, valid_until_on: date | None, today: date) -> ApplicationStatus:
    """Check that an approval can still be signed.

    Raises:
        Refusal: `application_state_conflict`; `approval_lapsed`.

    Source: F-APP-11 (docs/rules/finance.md).
    """
    _step(status, {ApplicationStatus.APPROVED})
    if valid_until_on is not None and valid_until_on < today:
        raise Refusal(APPROVAL_LAPSED, valid_until_on=valid_until_on)
    return ApplicationStatus.SIGNED

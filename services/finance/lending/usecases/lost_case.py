"""What others hold of finance, and how a case that a restored backup no longer knows is ended with them."""

from services.finance.lending.rules.loan_application import OPEN_STATUSES, ApplicationStatus
from shared.db.lost_case import CaseKind, Told, kind_of_state
from shared.db.transaction import Transaction
from shared.events.finance import ApplicationDecided, ConsentGranted, ConsentRevoked, EvaluationCompleted

_RECORD_LOST = "record_lost"


def application_is_ended(_subject: str, told: Told) -> bool:
    """Tell whether nobody reads anything by this application any more."""
    status = told.get("status")
    return status is not None and status not in {*OPEN_STATUSES, ApplicationStatus.SIGNED}


def end_application(_tx: Transaction, told: Told) -> ApplicationDecided:
    """Return the event that closes an application's IP sheet."""
    return ApplicationDecided(
        application_id=told["application_id"],
        case_no=told["case_no"],
        enterprise_uscc=told["enterprise_uscc"],
        bank_uscc=told["bank_uscc"],
        status=ApplicationStatus.CANCELLED,
        reason_code=_RECORD_LOST,
        amount_fen=None,
        valid_until_on=None,
    )


def consent_is_ended(subject: str, _told: Told) -> bool:
    """Tell whether a consent was withdrawn."""
    return subject == ConsentRevoked.subject


def end_consent(tx: Transaction, told: Told) -> ConsentRevoked:
    """Return the event that withdraws a consent nobody can prove any more: what was read under it goes at once."""
    granted = ConsentGranted.model_validate(told, strict=False)
    return ConsentRevoked(
        consent_id=granted.consent_id,
        enterprise_uscc=granted.enterprise_uscc,
        bank_uscc=granted.bank_uscc,
        revoked_at=tx.now,
        purge_by_on=tx.today,
    )


CASES = (
    CaseKind(
        aggregate="loan_application",
        zh="贷款申请",
        en="loan application",
        table="loan_application",
        key={"application_id": "id"},
        number="case_no",
        is_ended=application_is_ended,
        ending=end_application,
    ),
    CaseKind(
        aggregate="consent",
        zh="查询授权",
        en="consent",
        table="consent",
        key={"consent_id": "id"},
        number="consent_id",
        is_ended=consent_is_ended,
        ending=end_consent,
    ),
    kind_of_state(EvaluationCompleted, zh="企业评价", en="evaluation of a firm", table="kv_evaluation", number="uscc"),
)

"""Loan applications with the snapshot they were made on."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, text
from sqlmodel import Field

from services.finance.base import Base
from services.finance.lending.rules.loan_application import (
    OPEN_STATUSES,
    ApplicationFlag,
    ApplicationStatus,
    LoanApplicationTerms,
)
from shared.db.base import Instant, InstantOrNone, text_enum
from shared.kernel.types import Fen, FenOrNone, LongTextOrNone

_OPEN = text("status IN ({})".format(", ".join(f"'{one.value}'" for one in sorted(OPEN_STATUSES))))


class LoanApplication(LoanApplicationTerms, Base, table=True):
    """One application of one firm to one bank; `version` is its ETag."""

    __tablename__ = "loan_application"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("amount_fen <= snapshot_limit_fen", name="within_snapshot"),
        CheckConstraint(
            "status NOT IN ('APPROVED', 'SIGNED', 'LAPSED')"
            " OR (approved_fen > 0 AND approved_fen <= amount_fen AND valid_until_on IS NOT NULL)",
            name="approval_whole",
        ),
        CheckConstraint("status <> 'REJECTED' OR reason_code IS NOT NULL", name="rejection_coded"),
        Index(
            "uq_loan_application_open_twin",
            "enterprise_uscc",
            "bank_uscc",
            "amount_fen",
            "term_months",
            "purpose",
            unique=True,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_loan_application_ref_key",
            "bank_uscc",
            "ref_key",
            unique=True,
            postgresql_where=text("ref_key IS NOT NULL"),
        ),
        Index("ix_loan_application_bank", "bank_uscc", "created_at", "id"),
        Index("ix_loan_application_enterprise", "enterprise_uscc", "created_at", "id"),
        Index("ix_loan_application_created_at", "created_at", "id"),
        Index("ix_loan_application_approved", "valid_until_on", postgresql_where=text("status = 'APPROVED'")),
    )

    id: UUID = Field(primary_key=True)
    case_no: str = Field(unique=True, sa_type=String(40))
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18), foreign_key="bank.uscc")
    evaluation_id: UUID = Field(foreign_key="kv_evaluation.id")
    status: ApplicationStatus = Field(sa_type=text_enum(ApplicationStatus))
    snapshot_limit_fen: Fen
    snapshot_grade: str = Field(sa_type=String(8))
    answer_due_on: date
    answer_due_assumed: bool
    submitted_at: Instant
    answered_at: InstantOrNone = None
    flag: ApplicationFlag | None = Field(default=None, sa_type=text_enum(ApplicationFlag))
    flag_evaluation_id: UUID | None = Field(default=None, foreign_key="kv_evaluation.id")
    flag_raised_at: InstantOrNone = None
    flag_acknowledged_at: InstantOrNone = None
    flag_acknowledged_by: str | None = None
    approved_fen: FenOrNone = None
    approved_term_months: int | None = None
    approved_on: date | None = None
    valid_until_on: date | None = None
    conditions: LongTextOrNone = None
    bank_ref: str | None = Field(default=None, sa_type=String(200))
    ref_key: str | None = Field(default=None, sa_type=Text)
    reason_code: str | None = Field(default=None, sa_type=String(60))
    note: LongTextOrNone = None
    version: int = Field(sa_type=BigInteger)
    created_at: Instant

"""Signed loans: the registered copy of the bank's contract."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlmodel import Field

from services.finance.base import Base
from services.finance.lending.rules.loan import LoanStatus, LoanTerms
from services.finance.lending.rules.lpr import LprStatus
from shared.db.base import Instant, text_enum
from shared.kernel.types import Fen


class Loan(LoanTerms, Base, table=True):
    """One contract with its balances, in fen; `contract_key` is what its number is compared by."""

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("principal_fen > 0", name="principal_positive"),
        CheckConstraint("drawn_fen + released_fen <= principal_fen", name="drawn_within_principal"),
        CheckConstraint("repaid_fen <= drawn_fen", name="repaid_within_drawn"),
        CheckConstraint("released_fen >= 0 AND repaid_fen >= 0", name="balances_not_negative"),
        CheckConstraint("ends_on <= signed_on + INTERVAL '1 year'", name="one_year"),
        UniqueConstraint("bank_uscc", "contract_key", name="uq_loan_bank_contract_key"),
        UniqueConstraint("application_id", name="uq_loan_application_id"),
        Index("ix_loan_bank", "bank_uscc", "created_at", "id"),
        Index("ix_loan_enterprise", "enterprise_uscc", "created_at", "id"),
        Index("ix_loan_created_at", "created_at", "id"),
        Index("ix_loan_signed", "draw_until_on", postgresql_where=text("status = 'SIGNED'")),
    )

    id: UUID = Field(primary_key=True)
    application_id: UUID = Field(foreign_key="loan_application.id")
    case_no: str = Field(sa_type=String(40))
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18))
    status: LoanStatus = Field(sa_type=text_enum(LoanStatus))
    contract_key: str = Field(sa_type=Text)
    lpr_status: LprStatus | None = Field(default=None, sa_type=text_enum(LprStatus))
    drawn_fen: Fen
    repaid_fen: Fen
    released_fen: Fen
    draw_until_on: date
    ends_on: date
    version: int = Field(sa_type=BigInteger)
    created_at: Instant

"""Drawdowns under loan notes, and their repayments (append-only: a trigger refuses UPDATE and DELETE)."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint
from sqlmodel import Field

from services.finance.base import Base
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from shared.db.base import Instant, not_negative, text_enum
from shared.db.keeping import append_only
from shared.kernel.types import Fen


class Drawdown(DrawdownTerms, Base, table=True):
    """One pay-out; `unit_id` is the firm's reporting unit on that day, whatever happens to the firm later.

    `version` counts what happens to it and to its cover, from 1.
    """

    __tablename__ = "drawdown"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("outstanding_fen BETWEEN 0 AND amount_fen", name="outstanding_within_amount"),
        CheckConstraint("(status = 'REPAID') = (outstanding_fen = 0)", name="repaid_means_zero"),
        CheckConstraint("starts_on < matures_on AND matures_on <= starts_on + INTERVAL '1 year'", name="one_year"),
        UniqueConstraint("bank_uscc", "note_key", name="uq_drawdown_bank_note_key"),
        Index("ix_drawdown_loan_id", "loan_id"),
    )

    id: UUID = Field(primary_key=True)
    loan_id: UUID = Field(foreign_key="loan.id")
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18))
    unit_id: str = Field(sa_type=String(8))
    note_key: str = Field(sa_type=Text)
    outstanding_fen: Fen
    status: DrawdownStatus = Field(sa_type=text_enum(DrawdownStatus))
    version: int = Field(sa_type=BigInteger)
    created_at: Instant


class Repayment(RepaymentTerms, Base, table=True):
    """One repayment of principal."""

    __tablename__ = "repayment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        *not_negative("outstanding_after_fen"),
        UniqueConstraint("bank_uscc", "ref_key", name="uq_repayment_bank_ref_key"),
        Index("ix_repayment_drawdown_id", "drawdown_id"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    drawdown_id: UUID = Field(foreign_key="drawdown.id")
    bank_uscc: str = Field(sa_type=String(18))
    ref_key: str = Field(sa_type=Text)
    outstanding_after_fen: Fen
    created_at: Instant

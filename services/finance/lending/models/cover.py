"""Cover of drawdowns by the risk-compensation fund."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlmodel import Field

from services.finance.base import Base
from services.finance.lending.rules.cover import CoverBalances, CoverStatus
from shared.db.base import Instant, InstantOrNone, text_enum


class Cover(CoverBalances, Base, table=True):
    """Cover of one drawdown: what was covered, what repayment released of it, and the exposure for the rest; in fen."""

    __tablename__ = "cover"
    __table_args__ = (
        CheckConstraint("status = 'COVERED' OR exposure_fen = 0", name="only_covered_counts"),
        CheckConstraint("status IN ('COVERED', 'RELEASED') OR covered_fen = 0", name="only_granted_covers"),
        CheckConstraint("released_fen BETWEEN 0 AND covered_fen", name="release_within_cover"),
        CheckConstraint("status <> 'RELEASED' OR released_fen = covered_fen", name="release_whole"),
        CheckConstraint("(status = 'REFUSED') = (reason_code IS NOT NULL)", name="refusal_coded"),
        CheckConstraint("exposure_fen <= covered_fen - released_fen", name="exposure_within_cover"),
        UniqueConstraint("drawdown_id", name="uq_cover_drawdown_id"),
        Index("ix_cover_bank", "bank_uscc", "created_at", "id"),
        Index("ix_cover_created_at", "created_at", "id"),
        Index("ix_cover_unit", "unit_id"),
    )

    id: UUID = Field(primary_key=True)
    drawdown_id: UUID = Field(foreign_key="drawdown.id")
    loan_id: UUID = Field(foreign_key="loan.id")
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18))
    unit_id: str = Field(sa_type=String(8))
    status: CoverStatus = Field(sa_type=text_enum(CoverStatus))
    reason_code: str | None = Field(default=None, sa_type=String(60))
    filed_on: date
    filing_due_on: date
    decided_at: InstantOrNone = None
    decided_by: str | None = None
    created_at: Instant

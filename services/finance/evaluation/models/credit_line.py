"""The credit line of a firm over all banks, and its append-only ledger (a trigger refuses UPDATE and DELETE)."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlmodel import Field

from services.finance.base import Base
from services.finance.evaluation.rules.credit_line import MovementKind
from shared.db.base import Instant, text_enum
from shared.db.keeping import append_only
from shared.kernel.types import Fen


class CreditLine(Base, table=True):
    """Limit and use of one firm's line, in fen; `version` counts its movements."""

    __tablename__ = "credit_line"
    __table_args__ = (
        CheckConstraint("limit_fen >= 0", name="limit_not_negative"),
        CheckConstraint("reserved_fen >= 0", name="reserved_not_negative"),
        CheckConstraint("drawn_fen >= 0", name="drawn_not_negative"),
    )

    uscc: str = Field(primary_key=True, sa_type=String(18))
    evaluation_id: UUID = Field(foreign_key="kv_evaluation.id")
    limit_fen: Fen
    reserved_fen: Fen
    drawn_fen: Fen
    version: int = Field(sa_type=BigInteger)
    updated_at: Instant


class CreditMovement(Base, table=True):
    """One step of a line with the balances after it and the limit in force; for RESERVE that of its application."""

    __tablename__ = "credit_movement"
    __table_args__ = (
        CheckConstraint("amount_fen > 0 OR kind = 'LIMIT'", name="amount_positive"),
        CheckConstraint("reserved_after_fen >= 0 AND drawn_after_fen >= 0", name="balances_not_negative"),
        CheckConstraint(
            "kind <> 'RESERVE' OR reserved_after_fen + drawn_after_fen <= limit_in_force_fen", name="within_limit"
        ),
        UniqueConstraint("uscc", "version", name="uq_credit_movement_uscc_version"),
        Index("ix_credit_movement_loan_id", "loan_id"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="credit_line.uscc")
    version: int = Field(sa_type=BigInteger)
    kind: MovementKind = Field(sa_type=text_enum(MovementKind))
    amount_fen: Fen
    limit_in_force_fen: Fen
    reserved_after_fen: Fen
    drawn_after_fen: Fen
    loan_id: UUID | None = None
    drawdown_id: UUID | None = None
    created_at: Instant

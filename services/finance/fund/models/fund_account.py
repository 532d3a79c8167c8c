"""The fund's account of each reporting unit, and its append-only postings (a trigger refuses UPDATE and DELETE)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.finance.base import Base
from services.finance.fund.rules.fund_account import Contributor, FundBalances, PostingKind
from shared.db.base import Instant, not_negative, text_enum
from shared.db.document import cited_index
from shared.db.keeping import append_only
from shared.kernel.types import Fen


class FundAccount(FundBalances, Base, table=True):
    """Balances of one unit, in fen; exposure is a memorandum, no cash is held for it."""

    __tablename__ = "fund_account"
    __table_args__ = (*not_negative("paid_in_city_fen", "paid_in_district_fen", "exposure_fen"),)

    unit_id: str = Field(primary_key=True, sa_type=String(8))
    version: int = Field(sa_type=BigInteger)
    updated_at: Instant


class FundPosting(Base, table=True):
    """One posting with the balances after it and the capacity that it was judged on."""

    __tablename__ = "fund_posting"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        *not_negative("paid_in_city_after_fen", "paid_in_district_after_fen"),
        CheckConstraint("kind <> 'EXPOSURE' OR exposure_after_fen <= capacity_fen", name="within_capacity"),
        CheckConstraint(
            "(kind = 'CONTRIBUTION') = (contributor IS NOT NULL AND receipt_no IS NOT NULL AND value_on IS NOT NULL)",
            name="contribution_receipted",
        ),
        CheckConstraint("(kind = 'CONTRIBUTION') = (cover_id IS NULL)", name="exposure_has_cover"),
        UniqueConstraint("unit_id", "version", name="uq_fund_posting_unit_version"),
        Index(
            "uq_fund_posting_receipt_key", "receipt_key", unique=True, postgresql_where=text("receipt_key IS NOT NULL")
        ),
        cited_index("fund_posting"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    unit_id: str = Field(sa_type=String(8), foreign_key="fund_account.unit_id")
    version: int = Field(sa_type=BigInteger)
    kind: PostingKind = Field(sa_type=text_enum(PostingKind))
    amount_fen: Fen
    contributor: Contributor | None = Field(default=None, sa_type=text_enum(Contributor))
    receipt_no: str | None = Field(default=None, sa_type=String(200))
    receipt_key: str | None = Field(default=None, sa_type=Text)
    value_on: date | None = None
    evidence: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    cover_id: UUID | None = Field(default=None, foreign_key="cover.id")
    paid_in_city_after_fen: Fen
    paid_in_district_after_fen: Fen
    exposure_after_fen: Fen
    capacity_fen: Fen
    created_at: Instant
    created_by: str

"""Annual filings: one draft and one accepted version per firm and year at most, older versions kept."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.enterprise.rules.filing import FilingStatus, FilingTerms
from shared.db.base import Instant, InstantOrNone, not_negative, text_enum

_MONEY = ("revenue_fen", "cost_expense_fen", "assets_fen", "rd_expense_fen", "super_deduction_fen")


class Filing(FilingTerms, Base, table=True):
    """One version of the filing of one firm for one year."""

    __tablename__ = "filing"
    __table_args__ = (
        *not_negative(*_MONEY),
        CheckConstraint("rd_staff <= staff OR status = 'DRAFT'", name="rd_staff_within_staff"),
        CheckConstraint("science_staff <= staff OR status = 'DRAFT'", name="science_staff_within_staff"),
        CheckConstraint("(accepted_at IS NULL) = (status = 'DRAFT')", name="acceptance_dated"),
        Index("uq_filing_version", "uscc", "year", "version", unique=True),
        Index("uq_filing_draft", "uscc", "year", unique=True, postgresql_where=text("status = 'DRAFT'")),
        Index("uq_filing_accepted", "uscc", "year", unique=True, postgresql_where=text("status = 'ACCEPTED'")),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    year: int
    version: int
    status: FilingStatus = Field(sa_type=text_enum(FilingStatus))
    entered_by: str = Field(sa_type=String(120))
    created_at: Instant
    updated_at: Instant
    accepted_at: InstantOrNone = None

"""Applications for the city's register of technology enterprises."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.ladder.rules.register_application import RegisterApplicationTerms, RegisterStatus
from shared.db.base import Instant, InstantOrNone, JsonColumn, text_enum

OPEN = text("register_application.status IN ('SUBMITTED', 'RETURNED', 'CHECKED')")
"""Of applications that wait for somebody, in the words of their index."""


class RegisterApplication(RegisterApplicationTerms, Base, table=True):
    """One application; a firm has at most one open."""

    __tablename__ = "register_application"
    __table_args__ = (
        CheckConstraint("(number IS NOT NULL) = (status = 'LISTED')", name="listing_numbered"),
        CheckConstraint(
            "status NOT IN ('RETURNED', 'REJECTED') OR notes <> '[]'::jsonb OR reason_code IS NOT NULL",
            name="return_explained",
        ),
        Index("uq_register_application_open", "uscc", unique=True, postgresql_where=OPEN),
        Index("ix_register_application_created_at", "created_at", "id"),
        Index("ix_register_application_unit", "unit_id", "status", "check_due_on"),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    case_no: str = Field(sa_type=String(40), unique=True)
    unit_id: str = Field(sa_type=String(8))
    status: RegisterStatus = Field(sa_type=text_enum(RegisterStatus))
    conditions: JsonColumn
    notes: JsonColumn
    reason_code: str | None = Field(default=None, sa_type=String(40))
    filing_year: int | None = None
    rule_set_version: str = Field(sa_type=String(40))
    rule_set_sha256: str = Field(sa_type=String(64))
    check_due_on: date
    check_due_assumed: bool
    number: str | None = Field(default=None, sa_type=String(40), unique=True)
    checked_by: str | None = Field(default=None, sa_type=String(120))
    checked_at: InstantOrNone = None
    listed_at: InstantOrNone = None
    version: int
    created_at: Instant
    updated_at: Instant

"""Titles of enterprises with their evidence."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlmodel import Field

from services.registry.base import Base
from services.registry.enterprise.rules.qualification import QualificationKind, QualificationStatus, QualificationTerms
from shared.db.base import Instant, JsonColumn, text_enum
from shared.db.document import cited_index


class Qualification(QualificationTerms, Base, table=True):
    """One title of one firm; `status` is what was last told to other services."""

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("valid_until_on IS NULL OR valid_until_on >= valid_from_on", name="validity"),
        CheckConstraint("(revoked_on IS NOT NULL) = (status = 'REVOKED')", name="revocation_dated"),
        CheckConstraint("award_rank IS NULL OR award_rank >= 1", name="award_rank_positive"),
        CheckConstraint("drafting_rank IS NULL OR drafting_rank >= 1", name="drafting_rank_positive"),
        Index("uq_qualification_number", "uscc", "kind", "number", unique=True),
        Index("ix_qualification_ending", "status", "valid_until_on"),
        Index("ix_qualification_created_at", "created_at", "id"),
        cited_index("qualification"),
        cited_index("qualification", "revocation_evidence"),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    kind: QualificationKind = Field(sa_type=text_enum(QualificationKind))
    status: QualificationStatus = Field(sa_type=text_enum(QualificationStatus))
    evidence: JsonColumn
    revoked_on: date | None = None
    revocation_evidence: JsonColumn = None
    entered_by: str = Field(sa_type=String(120))
    created_at: Instant
    updated_at: Instant

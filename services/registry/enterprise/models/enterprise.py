"""Enterprises, their integrity marks and the reporting units they belonged to."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.enterprise.rules.enterprise import (
    EnterpriseStatus,
    EnterpriseTerms,
    FounderType,
    IntegrityKind,
    LegalForm,
    SizeClass,
)
from shared.db.base import Instant, JsonColumn, text_enum
from shared.db.document import cited_index
from shared.db.keeping import append_only
from shared.kernel.key_field import KeyField


class Enterprise(EnterpriseTerms, Base, table=True):
    """One enterprise; `version` counts every change and is the ETag, `name_key` is what its name is found by.

    Beside the size class stand the year of the filing, the day and the version of the rule set that it rests on; null
    until a filing was accepted.
    """

    __tablename__ = "enterprise"
    __table_args__ = (
        CheckConstraint("registered_capital_fen >= 0", name="registered_capital_fen_not_negative"),
        CheckConstraint("length(uscc) = 18", name="uscc_length"),
        Index("ix_enterprise_created_at", "created_at", "id"),
        Index("ix_enterprise_unit", "unit_id", "created_at", "id"),
        Index("ix_enterprise_review", "unit_id", postgresql_where=text("code_needs_review")),
        CheckConstraint(
            "num_nulls(size_class_filing_year, size_class_on, size_class_version) IN (0, 3)", name="size_class_dated"
        ),
        CheckConstraint("size_class IS NULL OR size_class_version IS NOT NULL", name="size_class_has_basis"),
        Index("ix_enterprise_size_class_version", "size_class_version", "uscc"),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), unique=True)
    legal_form: LegalForm = Field(sa_type=text_enum(LegalForm))
    industry_code: str | None = Field(default=None, sa_type=String(5))
    key_field: KeyField | None = Field(default=None, sa_type=text_enum(KeyField))
    founder_type: FounderType | None = Field(default=None, sa_type=text_enum(FounderType))
    size_class: SizeClass | None = Field(default=None, sa_type=text_enum(SizeClass))
    size_class_filing_year: int | None = None
    size_class_on: date | None = None
    size_class_version: str | None = Field(default=None, sa_type=String(40))
    status: EnterpriseStatus = Field(sa_type=text_enum(EnterpriseStatus))
    name_key: str = Field(sa_type=Text)
    code_needs_review: bool
    source_row_sha256: str | None = Field(default=None, sa_type=String(64))
    version: int
    created_at: Instant
    updated_at: Instant


class IntegrityMark(Base, table=True):
    """One integrity mark with the evidence it was opened and cleared on; at most one of a kind is open."""

    __tablename__ = "integrity_mark"
    __table_args__ = (
        CheckConstraint("cleared_on IS NULL OR cleared_on >= opened_on", name="period"),
        Index("uq_integrity_mark_open", "uscc", "kind", unique=True, postgresql_where=text("cleared_on IS NULL")),
        Index("ix_integrity_mark_uscc", "uscc", "opened_on"),
        cited_index("integrity_mark", "opened_evidence"),
        cited_index("integrity_mark", "cleared_evidence"),
        append_only(marks=("cleared_evidence",), once=("cleared_on",)),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    kind: IntegrityKind = Field(sa_type=text_enum(IntegrityKind))
    opened_on: date
    cleared_on: date | None = None
    opened_evidence: JsonColumn
    cleared_evidence: JsonColumn = None
    entered_by: str = Field(sa_type=String(120))
    created_at: Instant


class UnitStay(Base, table=True):
    """The reporting unit of an enterprise over a time; the open one is the present unit."""

    __tablename__ = "unit_stay"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="period"),
        Index("uq_unit_stay_open", "uscc", unique=True, postgresql_where=text("until_on IS NULL")),
        Index("ix_unit_stay_uscc", "uscc", "from_on"),
        append_only(once=("until_on",)),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    unit_id: str = Field(sa_type=String(8))
    from_on: date
    until_on: date | None = None
    entered_by: str = Field(sa_type=String(120))

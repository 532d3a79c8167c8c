"""Evaluations as national tech-SME: immutable decisions with their frozen facts."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.evaluation.rules.tech_sme_score import Verdict
from shared.db.base import Instant, text_enum
from shared.db.keeping import append_only
from shared.kernel.types import Milli


class TechSmeEvaluation(Base, table=True):
    """One decision; `record` is its canonical form, byte for byte what a replay must give."""

    __tablename__ = "tech_sme_evaluation"
    __table_args__ = (
        CheckConstraint("score_milli BETWEEN 0 AND 100000", name="score_milli_range"),
        Index("ix_tech_sme_evaluation_created_at", "created_at", "id"),
        Index("ix_tech_sme_evaluation_uscc", "uscc", "created_at"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18), foreign_key="enterprise.uscc")
    as_of_on: date
    filing_year: int
    verdict: Verdict = Field(sa_type=text_enum(Verdict))
    score_milli: Milli
    rule_set_version: str = Field(sa_type=String(40))
    rule_set_sha256: str = Field(sa_type=String(64))
    record: str = Field(sa_type=Text)
    record_sha256: str = Field(sa_type=String(64))
    evaluated_by: str = Field(sa_type=String(120))
    created_at: Instant

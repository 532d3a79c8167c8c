"""Recorded publications of the LPR: one in force for each month, corrected ones are kept."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String, text
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant, InstantOrNone, JsonColumn
from shared.db.keeping import append_only
from shared.kernel.types import RatePpm


class LprPublication(Base, table=True):
    """One publication as it was recorded; `replaced_at` is set when another record corrects it."""

    __tablename__ = "lpr_publication"
    __table_args__ = (
        CheckConstraint("rate_ppm > 0", name="rate_positive"),
        Index("uq_lpr_publication_month", "month", unique=True, postgresql_where=text("replaced_at IS NULL")),
        Index("ix_lpr_publication_created_at", "created_at", "id"),
        append_only(once=("replaced_at",)),
    )

    id: UUID = Field(primary_key=True)
    month: int = Field(sa_type=Integer)
    published_on: date
    rate_ppm: RatePpm
    source: str = Field(sa_type=String(200))
    evidence: JsonColumn
    replaces_id: UUID | None = Field(default=None, foreign_key="lpr_publication.id")
    replaced_at: InstantOrNone = None
    recorded_by: str = Field(sa_type=String(120))
    created_at: Instant

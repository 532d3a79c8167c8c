"""Blemishes of rights: accepted cases, open or cleared."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.ipr.base import Base
from services.ipr.right.rules.blemish import BlemishKind
from shared.db.base import Instant, text_enum
from shared.db.document import cited_index
from shared.db.keeping import append_only


class Blemish(Base, table=True):
    """One accepted case against a right; at most one of a kind is open."""

    __tablename__ = "ip_blemish"
    __table_args__ = (
        CheckConstraint("(cleared_on IS NULL) = (cleared_evidence IS NULL)", name="clearance_whole"),
        CheckConstraint("cleared_on >= opened_on", name="period"),
        Index("uq_ip_blemish_open", "right_id", "kind", unique=True, postgresql_where=text("cleared_on IS NULL")),
        cited_index("ip_blemish", "opened_evidence"),
        cited_index("ip_blemish", "cleared_evidence"),
        append_only(once=("cleared_on", "cleared_evidence")),
    )

    id: UUID = Field(primary_key=True)
    right_id: UUID = Field(foreign_key="ip_right.id")
    kind: BlemishKind = Field(sa_type=text_enum(BlemishKind))
    opened_on: date
    opened_evidence: dict[str, Any] = Field(sa_type=JSONB)
    cleared_on: date | None = None
    cleared_evidence: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    entered_by: str = Field(sa_type=String(120))
    recorded_at: Instant

"""IP rights, their owners, the history of their status, of their transfers and of their evidence."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.ipr.base import Base
from services.ipr.right.rules.right import HighValueGround, RightTerms
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import LegalStatus, MoveState
from shared.db.base import Instant, text_enum
from shared.db.document import cited_index
from shared.db.keeping import append_only, rows_leave
from shared.kernel.evidence import EvidenceLevel


class Right(RightTerms, Base, table=True):
    """A right as the registering body tells it; `version` counts its changes, `title_key` is what it is found by."""

    __tablename__ = "ip_right"
    __table_args__ = (
        UniqueConstraint("kind", "right_no", name="uq_ip_right_kind_right_no"),
        CheckConstraint("extended_until_on IS NULL OR ends_on = extended_until_on", name="extension_is_the_end"),
        CheckConstraint("version >= 1", name="version"),
        Index("ix_ip_right_created_at", "created_at", "id"),
        Index("ix_ip_right_ends_on", "ends_on"),
        Index("ix_ip_right_declared", "created_at", "id", postgresql_where=text("evidence_level = 'DECLARED'")),
        cited_index("ip_right"),
    )

    id: UUID = Field(primary_key=True)
    kind: RightKind = Field(sa_type=text_enum(RightKind))
    title_key: str = Field(sa_type=Text)
    legal_status: LegalStatus = Field(sa_type=text_enum(LegalStatus))
    status_since_on: date
    extended_until_on: date | None = None
    ends_on: date | None = None
    evidence_level: EvidenceLevel = Field(sa_type=text_enum(EvidenceLevel))
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    entered_by: str = Field(sa_type=String(120))
    version: int = Field(default=1, sa_type=BigInteger)
    created_at: Instant
    updated_at: Instant


class RightOwner(Base, table=True):
    """One owner's share today; the shares of a right sum to 1,000,000."""

    __tablename__ = "ip_right_owner"
    __table_args__ = (
        CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="share"),
        Index("ix_ip_right_owner_uscc", "uscc", "right_id"),
        rows_leave(),
    )

    right_id: UUID = Field(primary_key=True, foreign_key="ip_right.id")
    uscc: str = Field(primary_key=True, sa_type=String(18))
    share_ppm: int = Field(sa_type=Integer)


class RightMove(Base, table=True):
    """One move of the legal status on its evidence; a wrong one is marked corrected, never removed.

    `computed_by` names the rule set by which ipr itself moved an expired right.
    """

    __tablename__ = "ip_right_move"
    __table_args__ = (
        CheckConstraint("(status = 'CORRECTED') = (correction IS NOT NULL)", name="correction_whole"),
        Index("ix_ip_right_move_right", "right_id", "effective_on"),
        Index("ix_ip_right_move_held", "right_id", postgresql_where=text("status = 'HELD'")),
        cited_index("ip_right_move"),
        append_only(marks=("status",), once=("correction",)),
    )

    id: UUID = Field(primary_key=True)
    right_id: UUID = Field(foreign_key="ip_right.id")
    recorded_no: int = Field(sa_type=Integer)
    to_status: LegalStatus = Field(sa_type=text_enum(LegalStatus))
    effective_on: date
    requested_on: date | None = None
    evidence_level: EvidenceLevel = Field(sa_type=text_enum(EvidenceLevel))
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    status: MoveState = Field(sa_type=text_enum(MoveState))
    correction: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    computed_by: str | None = Field(default=None, sa_type=String(120))
    entered_by: str = Field(sa_type=String(120))
    recorded_at: Instant


class RightTransfer(Base, table=True):
    """One transfer: the owners before and after it, on its evidence."""

    __tablename__ = "ip_right_transfer"
    __table_args__ = (
        Index("ix_ip_right_transfer_right", "right_id", "effective_on"),
        cited_index("ip_right_transfer"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    right_id: UUID = Field(foreign_key="ip_right.id")
    effective_on: date
    owners_before: list[Any] = Field(sa_type=JSONB)
    owners_after: list[Any] = Field(sa_type=JSONB)
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    entered_by: str = Field(sa_type=String(120))
    recorded_at: Instant


class RightGround(Base, table=True):
    """One ground of high value of a right on its evidence."""

    __tablename__ = "ip_right_ground"
    __table_args__ = (cited_index("ip_right_ground"), append_only())

    right_id: UUID = Field(primary_key=True, foreign_key="ip_right.id")
    ground: HighValueGround = Field(primary_key=True, sa_type=text_enum(HighValueGround))
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    entered_by: str = Field(sa_type=String(120))
    recorded_at: Instant


class RightEvidence(Base, table=True):
    """Evidence that was added to a right later: it was attested, or its term extended."""

    __tablename__ = "ip_right_evidence"
    __table_args__ = (
        Index("ix_ip_right_evidence_right", "right_id", "recorded_at"),
        cited_index("ip_right_evidence"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    right_id: UUID = Field(foreign_key="ip_right.id")
    action: str = Field(sa_type=String(40))
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    detail: dict[str, Any] = Field(sa_type=JSONB)
    entered_by: str = Field(sa_type=String(120))
    recorded_at: Instant

"""Evaluations, immutable (a trigger refuses UPDATE and DELETE), and the firms that wait for a new one."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant
from shared.db.keeping import append_only, rows_leave
from shared.kernel.types import Fen, Milli


class KvEvaluation(Base, table=True):
    """One knowledge-value evaluation; `record` and `uplift_record` are canonical JSON (RFC 8785) and replayable."""

    __tablename__ = "kv_evaluation"
    __table_args__ = (
        CheckConstraint("limit_fen = base_limit_fen + uplift_fen", name="limit_adds_up"),
        CheckConstraint("base_limit_fen >= 0 AND uplift_fen >= 0", name="limit_not_negative"),
        CheckConstraint("score_milli BETWEEN 0 AND 100000", name="score_within_hundred"),
        Index("ix_kv_evaluation_uscc_created_at", "uscc", "created_at", "id"),
        Index("ix_kv_evaluation_created_at_id", "created_at", "id"),
        append_only(),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(sa_type=String(18))
    created_at: Instant
    created_by: str
    causation_id: UUID
    as_of_on: date
    valid_until_on: date
    score_milli: Milli
    grade: str = Field(sa_type=String(8))
    base_limit_fen: Fen
    uplift_fen: Fen
    limit_fen: Fen
    gates_open: bool
    on_city_register: bool
    supersedes_id: UUID | None = Field(default=None, foreign_key="kv_evaluation.id")
    rule_set_version: str = Field(sa_type=String(40))
    rule_set_sha256: str = Field(sa_type=String(64))
    uplift_rule_set_sha256: str = Field(sa_type=String(64))
    facts_sha256: str = Field(sa_type=String(64))
    record: str = Field(sa_type=Text)
    uplift_record: str = Field(sa_type=Text)


class NeedsEvaluation(Base, table=True):
    """A firm whose facts changed; the settle job makes one new evaluation and deletes the row."""

    __tablename__ = "needs_evaluation"
    __table_args__ = (Index("ix_needs_evaluation_changed_at", "changed_at"), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    causation_id: UUID
    changed_at: Instant

"""The IP summary of each firm as it was last told."""

from datetime import date
from typing import Any

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.ipr.base import Base
from shared.db.base import Instant, InstantOrNone, not_negative


class Portfolio(Base, table=True):
    """A firm's summary, whose row is the firm's lock; from `next_change_on` on time alone may have changed it.

    From `stale_since` on a list has changed the firm's rights, and the firm is not summed up yet.
    """

    __tablename__ = "ip_portfolio"
    __table_args__ = (
        *not_negative("class_1_count", "class_2_count", "high_value_count", "blemished_count"),
        Index("ix_ip_portfolio_next_change_on", "next_change_on"),
        Index("ix_ip_portfolio_stale", "uscc", postgresql_where=text("stale_since IS NOT NULL")),
    )

    uscc: str = Field(primary_key=True, sa_type=String(18))
    as_of_on: date
    class_1_count: int = Field(default=0, sa_type=Integer)
    class_2_count: int = Field(default=0, sa_type=Integer)
    high_value_count: int = Field(default=0, sa_type=Integer)
    blemished_count: int = Field(default=0, sa_type=Integer)
    kinds: list[Any] = Field(sa_type=JSONB)
    rule_set_version: str = Field(sa_type=String(40))
    rule_set_sha256: str = Field(sa_type=String(64))
    next_change_on: date | None = None
    told_at: InstantOrNone = None
    stale_since: InstantOrNone = None
    updated_at: Instant

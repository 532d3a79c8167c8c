"""Projection of ipr's IP summary of a firm: the only source of IP indicators here."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave
from shared.kernel.types import Count


class Portfolio(Base, table=True):
    """A firm's IP summary; `kinds` is a list of {kind, count, weighted_milli}."""

    __tablename__ = "portfolio"
    __table_args__ = rows_leave()

    uscc: str = Field(primary_key=True, sa_type=String(18))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    as_of_on: date
    class_1_count: Count
    class_2_count: Count
    high_value_count: Count
    blemished_count: Count
    kinds: list[dict[str, Any]] = Field(sa_type=JSONB)
    rule_set_version: str
    rule_set_sha256: str = Field(sa_type=String(64))

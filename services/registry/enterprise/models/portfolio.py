"""Projection of ipr's portfolios: the only source of IP indicators here, never corrected here."""

from datetime import date

from sqlalchemy import BigInteger, String
from sqlmodel import Field

from services.registry.base import Base
from shared.db.base import Instant, not_negative
from shared.db.keeping import rows_leave

_COUNTS = ("class_1_count", "class_2_count", "high_value_count", "blemished_count")


class Portfolio(Base, table=True):
    """The IP summary of a firm as ipr last told it; blemished rights are in no class."""

    __tablename__ = "portfolio"
    __table_args__ = (*not_negative(*_COUNTS), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    as_of_on: date
    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    rule_set_version: str = Field(sa_type=String(40))

"""What ipr holds of enterprises: the registry's facts, never corrected here."""

from sqlalchemy import BigInteger, Index, String
from sqlmodel import Field

from services.ipr.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave


class Enterprise(Base, table=True):
    """Name and reporting unit of a possible owner."""

    __tablename__ = "enterprise"
    __table_args__ = (Index("ix_enterprise_unit_id", "unit_id"), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    name: str = Field(sa_type=String(200))
    unit_id: str = Field(sa_type=String(8))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant

"""Projection of the registry's enterprises: its public state, never corrected here."""

from sqlalchemy import BigInteger, String
from sqlmodel import Field

from services.techtransfer.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave


class Party(Base, table=True):
    """An enterprise as the registry last told it."""

    __tablename__ = "party"
    __table_args__ = rows_leave()

    uscc: str = Field(primary_key=True, sa_type=String(18))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    name: str = Field(sa_type=String(200))
    unit_id: str = Field(sa_type=String(8))
    standing: str = Field(sa_type=String(32))

"""Projection of ipr's rights: their public state, never corrected here."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, String
from sqlmodel import Field

from services.techtransfer.base import Base
from shared.db.base import Instant, JsonColumn
from shared.db.keeping import rows_leave


class IpRight(Base, table=True):
    """A right as ipr last told it; `owner_usccs` are the codes of all its owners."""

    __tablename__ = "ip_right"
    __table_args__ = (Index("ix_ip_right_right_no", "right_no"), rows_leave())

    right_id: UUID = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    right_no: str = Field(sa_type=String(200))
    kind: str = Field(sa_type=String(40))
    legal_status: str = Field(sa_type=String(40))
    owner_usccs: JsonColumn
    ends_on: date | None = None

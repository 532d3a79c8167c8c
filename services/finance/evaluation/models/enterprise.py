"""Projection of the registry's enterprises: its public state, never corrected here."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave


class Enterprise(Base, table=True):
    """An enterprise as the registry last told it."""

    __tablename__ = "enterprise"
    __table_args__ = (CheckConstraint("status <> ''", name="status_said"), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    name: str
    unit_id: str = Field(sa_type=String(8))
    industry_code: str | None = None
    key_field: str | None = None
    founded_on: date | None = None
    legal_form: str
    founder_type: str | None = None
    size_class: str | None = None
    status: str
    abnormal_operations: bool
    serious_dishonesty: bool
    major_accident: bool
    research_dishonesty: bool

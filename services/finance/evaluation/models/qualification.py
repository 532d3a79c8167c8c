"""Projection of the registry's titles, one per enterprise and kind."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave


class Qualification(Base, table=True):
    """A title as the registry last told it; `valid_until_on` is inclusive, NULL = open."""

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("status IN ('VALID', 'EXPIRED', 'REVOKED')", name="status_known"),
        rows_leave(),
    )

    uscc: str = Field(primary_key=True, sa_type=String(18))
    kind: str = Field(primary_key=True, sa_type=String(40))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    status: str
    number: str | None = None
    valid_from_on: date
    valid_until_on: date | None = None
    evidence_level: str

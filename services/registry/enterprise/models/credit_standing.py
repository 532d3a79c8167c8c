"""Projection of finance's evaluations, for the page of an enterprise; never corrected here."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlmodel import Field

from services.registry.base import Base
from shared.db.base import Instant, not_negative
from shared.db.keeping import rows_leave
from shared.kernel.types import Fen, Milli


class CreditStanding(Base, table=True):
    """The last knowledge-value evaluation of a firm as finance told it."""

    __tablename__ = "credit_standing"
    __table_args__ = (*not_negative("limit_fen", "uplift_fen", "score_milli"), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    evaluation_id: UUID
    grade: str = Field(sa_type=String(8))
    score_milli: Milli
    limit_fen: Fen
    uplift_fen: Fen
    as_of_on: date
    valid_until_on: date

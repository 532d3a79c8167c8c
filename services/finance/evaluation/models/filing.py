"""Projection of the registry's accepted annual filings, one per enterprise and year; money in fen."""

from sqlalchemy import BigInteger, String
from sqlmodel import Field

from services.finance.base import Base
from shared.db.base import Instant, not_negative
from shared.db.keeping import rows_leave
from shared.kernel.types import Count, Fen, FenOrNone


class Filing(Base, table=True):
    """An annual filing as the registry last accepted it."""

    __tablename__ = "filing"
    __table_args__ = (*not_negative("revenue_fen", "rd_expense_fen", "super_deduction_fen"), rows_leave())

    uscc: str = Field(primary_key=True, sa_type=String(18))
    year: int = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    source_time: Instant
    staff: Count
    rd_staff: Count
    revenue_fen: Fen
    rd_expense_fen: Fen
    super_deduction_fen: FenOrNone = None
    innovative_products: Count

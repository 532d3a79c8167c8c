"""Cooperating banks."""

from sqlalchemy import CheckConstraint, Index, String
from sqlmodel import Field

from services.finance.base import Base
from services.finance.partner.rules.bank import BankStatus, BankTerms
from shared.db.base import Instant, text_enum


class Bank(BankTerms, Base, table=True):
    """A bank with its agreement."""

    __tablename__ = "bank"
    __table_args__ = (
        CheckConstraint("agreement_from_on <= agreement_until_on", name="period"),
        Index("ix_bank_created_at", "created_at", "uscc"),
    )

    uscc: str = Field(primary_key=True, sa_type=String(18))
    status: BankStatus = Field(sa_type=text_enum(BankStatus))
    created_at: Instant

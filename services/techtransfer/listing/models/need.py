"""Needs as they are kept."""

from sqlmodel import Field

from services.techtransfer.base import Base
from services.techtransfer.listing.models.listing import ListingColumns, listing_items
from services.techtransfer.listing.rules.need import IpOwnership, NeedTerms
from shared.db.base import JsonColumn, not_negative, text_enum


class Need(ListingColumns, NeedTerms, Base, table=True):
    """One technology need of one party."""

    __tablename__ = "need"
    __table_args__ = (*listing_items("need"), *not_negative("budget_fen"))

    core_indicators: JsonColumn
    ip_ownership: IpOwnership = Field(sa_type=text_enum(IpOwnership))

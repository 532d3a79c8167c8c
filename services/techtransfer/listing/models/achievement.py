"""Achievements as they are kept."""

from sqlmodel import Field

from services.techtransfer.base import Base
from services.techtransfer.listing.models.listing import ListingColumns, listing_items
from services.techtransfer.listing.rules.achievement import AchievementTerms, ResultClass, ResultOrigin
from services.techtransfer.listing.rules.vocabulary import ResultStage, Secrecy
from shared.db.base import JsonColumn, not_negative, text_enum


class Achievement(ListingColumns, AchievementTerms, Base, table=True):
    """One achievement of one party."""

    __tablename__ = "achievement"
    __table_args__ = (*listing_items("achievement"), *not_negative("asking_price_fen"))

    result_class: ResultClass = Field(sa_type=text_enum(ResultClass))
    origin: ResultOrigin = Field(sa_type=text_enum(ResultOrigin))
    stage: ResultStage = Field(sa_type=text_enum(ResultStage))
    secrecy: Secrecy = Field(sa_type=text_enum(Secrecy))
    innovation_points: JsonColumn
    ip_right_nos: JsonColumn
    completing_units: JsonColumn

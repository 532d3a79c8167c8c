"""Tables of techtransfer: achievements, needs and the projection of parties."""

from services.techtransfer.base import Base, metadata
from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.models.party import Party

__all__ = ["Achievement", "Base", "Need", "Party", "metadata"]

"""Tables of techtransfer: achievements, needs and the projections of parties and rights."""

from services.techtransfer.base import Base, metadata
from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.ip_right import IpRight
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.models.party import Party

__all__ = ["Achievement", "Base", "IpRight", "Need", "Party", "metadata"]

"""Tables of techtransfer: achievements, needs and the projection of parties."""

from services.techtransfer.models.achievement import Achievement
from services.techtransfer.models.base import Base, metadata
from services.techtransfer.models.need import Need
from services.techtransfer.models.party import Party

__all__ = ["Achievement", "Base", "Need", "Party", "metadata"]

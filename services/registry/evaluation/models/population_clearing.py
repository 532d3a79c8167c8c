"""Runs that were cleared of their rows, and what rests on those that must not be."""

from uuid import UUID

from sqlalchemy import Integer, String
from sqlmodel import Field

from services.registry.base import Base
from shared.db.base import Instant, InstantOrNone
from shared.db.keeping import append_only


class PopulationClearing(Base, table=True):
    """One run whose rows go; from `begun_at` on they are not shown, from `finished_at` on there are none.

    This row is what allows their deletion, and it stays: whoever takes rows out is on record.
    """

    __tablename__ = "population_clearing"
    __table_args__ = (append_only(once=("finished_at",)),)

    run_id: UUID = Field(primary_key=True)
    kept: int = Field(sa_type=Integer)
    begun_at: Instant
    finished_at: InstantOrNone = None


class PopulationReference(Base, table=True):
    """Something that rests on a run, such as a notice that was published by it; until it ends the run is kept."""

    __tablename__ = "population_reference"

    run_id: UUID = Field(primary_key=True)
    reference: str = Field(primary_key=True, sa_type=String(200))
    entered_by: str = Field(sa_type=String(120))
    created_at: Instant
    ended_at: InstantOrNone = None

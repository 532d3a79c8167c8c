"""What a list of needs is narrowed to beside the filters of every listing."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select
from sqlmodel import col

from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.store.listing import ListingFilter, narrowed, shown
from shared.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class NeedFilter(ListingFilter):
    """Filters of needs: the budget is a lower bound in fen, `open_on` a day on which proposals are still taken."""

    budget_min_fen: int | None = None
    trl_wanted: int | None = None
    open_on: date | None = None


def narrowed_needs(actor: Actor, wanted: NeedFilter) -> Select[Need]:
    """Return the needs that the actor may see and asked for, in no order."""
    statement = narrowed(Need, actor, wanted)
    if wanted.budget_min_fen is not None:
        statement = statement.where(col(Need.budget_fen) >= wanted.budget_min_fen, shown(Need, "budget_fen", actor))
    if wanted.trl_wanted is not None:
        statement = statement.where(col(Need.trl_wanted) == wanted.trl_wanted)
    if wanted.open_on is not None:
        statement = statement.where(col(Need.valid_until_on) >= wanted.open_on)
    return statement

"""What a list of achievements is narrowed to beside the filters of every listing."""

from dataclasses import dataclass

from sqlalchemy import Select
from sqlmodel import col

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.rules.words import ResultStage
from services.techtransfer.listing.store.listing import ListingFilter, narrowed, shown
from shared.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class AchievementFilter(ListingFilter):
    """Filters of achievements; readiness bounds are inclusive, the price is an upper bound in fen."""

    stage: ResultStage | None = None
    trl_min: int | None = None
    trl_max: int | None = None
    price_max_fen: int | None = None


def narrowed_achievements(actor: Actor, wanted: AchievementFilter) -> Select[Achievement]:
    """Return the achievements that the actor may see and asked for, in no order."""
    statement = narrowed(Achievement, actor, wanted)
    if wanted.stage is not None:
        statement = statement.where(col(Achievement.stage) == wanted.stage)
    if wanted.trl_min is not None:
        statement = statement.where(col(Achievement.trl) >= wanted.trl_min)
    if wanted.trl_max is not None:
        statement = statement.where(col(Achievement.trl) <= wanted.trl_max)
    if wanted.price_max_fen is not None:
        statement = statement.where(
            col(Achievement.asking_price_fen) <= wanted.price_max_fen,
            shown(Achievement, "asking_price_fen", actor),
        )
    return statement

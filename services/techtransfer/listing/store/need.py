"""What lists of needs may be narrowed and sorted by beside what every list of listings may."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import and_
from sqlmodel import col

from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.store.listing import list_of, shown
from shared.db.selection import Asked
from shared.kernel.types import MAX_FEN

_Readiness = Annotated[int, Field(ge=1, le=9)]
_Budget = Annotated[int, Field(ge=0, le=MAX_FEN)]
LIST = list_of(
    Need,
    among={"ip_ownership": col(Need.ip_ownership)},
    asked={
        "trl_wanted": Asked(_Readiness, lambda _, level: col(Need.trl_wanted) == level),
        "budget_min_fen": Asked(
            _Budget,
            lambda tx, budget: and_(col(Need.budget_fen) >= budget, shown(Need, "budget_fen", tx.actor)),
        ),
    },
)
"""What needs may be narrowed and sorted by; the budget is a lower bound in fen."""

"""What lists of achievements may be narrowed and sorted by beside what every list of listings may."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import and_
from sqlmodel import col

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.store.listing import list_of, shown
from shared.db.selection import Asked
from shared.kernel.types import MAX_FEN

_Readiness = Annotated[int, Field(ge=1, le=9)]
_Price = Annotated[int, Field(ge=0, le=MAX_FEN)]
LIST = list_of(
    Achievement,
    among={
        "stage": col(Achievement.stage),
        "origin": col(Achievement.origin),
        "result_class": col(Achievement.result_class),
    },
    asked={
        "trl_min": Asked(_Readiness, lambda _, level: col(Achievement.trl) >= level),
        "trl_max": Asked(_Readiness, lambda _, level: col(Achievement.trl) <= level),
        "price_max_fen": Asked(
            _Price,
            lambda tx, price: and_(
                col(Achievement.asking_price_fen) <= price, shown(Achievement, "asking_price_fen", tx.actor)
            ),
        ),
    },
)
"""What achievements may be narrowed and sorted by; bounds of readiness are included, that of the price is in fen."""

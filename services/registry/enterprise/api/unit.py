"""Routes of reporting units."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from shared.kernel.shape import Read
from shared.kernel.types import DayOrNone
from shared.kernel.unit import units_on
from shared.web.answer import answered
from shared.web.edge import Tx, edge, edge_router

router = edge_router(tags=["units"])


class UnitRead(Read):
    """One reporting unit as it stands on the day."""

    unit_id: str
    name_zh: str
    name_en: str
    kind: str
    gb_code: str | None
    gb_code_confidence: str | None = Field(
        description="official 或 reported / official or reported", examples=["official"]
    )
    gb_code_source: str | None = Field(description="转引出处 / where a reported code was quoted", examples=[None])
    valid_from_on: date
    valid_until_on: date | None
    successor: str | None


class UnitList(BaseModel):
    """The reporting units of a day."""

    on: date
    items: list[UnitRead]


@router.get("/units", response_model=UnitList)
@edge(scope="registry.enterprise:read", row="any", summary_zh="上报单位清单")
async def list_units(
    tx: Tx, on: Annotated[DayOrNone, Query(description="日期，默认今天 / day, today by default")] = None
) -> Response:
    """List the reporting units in force on a day: 41 in the plan's years, 39 from 2025-11-06."""
    day = on or tx.today
    return answered(UnitList(on=day, items=[UnitRead.of(unit) for unit in units_on(day)]))

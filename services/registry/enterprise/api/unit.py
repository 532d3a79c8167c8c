"""Routes of reporting units."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from shared.kernel.shape import Read
from shared.kernel.types import DayOrNone
from shared.kernel.unit import Unit, UnitKind, units_on
from shared.web.answer import answered
from shared.web.edge import Tx, edge, edge_router
from shared.web.export import TABLE, UNIT_NAMES, Format, column, columns, export_list

router = edge_router(tags=["units"])


class UnitRead(Read):
    """One reporting unit as it stands on the day."""

    unit_id: str
    name_zh: str
    name_en: str
    kind: UnitKind
    gb_code: str | None
    gb_code_confidence: str | None = Field(
        description="official 或 reported / official or reported", examples=["reported"]
    )
    gb_code_source: str | None = Field(
        description="转引出处 / where a reported code was quoted",
        examples=["国家统计局统计用区划代码（截至2023-06-30），开放数据转载"],
    )
    valid_from_on: date
    valid_until_on: date | None
    successor: str | None


class UnitList(BaseModel):
    """The reporting units of a day."""

    on: date
    items: list[UnitRead]


OnDay = Annotated[DayOrNone, Query(description="日期，默认今天 / day, today by default")]
COLUMNS = (
    column("unit_id"),
    *columns("name_zh", "name_en", "kind", "gb_code", "valid_from_on", "valid_until_on"),
    column("successor", UNIT_NAMES.get),
)


@router.get("/units", response_model=UnitList)
@edge(scope="registry.enterprise:read", row="any", summary_zh="上报单位清单")
async def list_units(tx: Tx, on: OnDay = None) -> Response:
    """List the reporting units in force on a day: 41 in the plan's years, 39 from 2025-11-06."""
    day = on or tx.today
    return answered(UnitList(on=day, items=[UnitRead.of(unit) for unit in units_on(day)]))


@router.get("/exports/units.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.enterprise:read", row="any", summary_zh="导出上报单位清单", audited=True)
async def export_units(file_format: Format, tx: Tx, on: OnDay = None) -> Response:
    """Export the reporting units in force on a day, as CSV or XLSX."""

    async def units() -> AsyncIterator[Sequence[Unit]]:
        yield units_on(on or tx.today)

    async def shown(found: Sequence[Unit]) -> Sequence[UnitRead]:
        return [UnitRead.of(unit) for unit in found]

    return await export_list(tx, units(), shown, COLUMNS, format=file_format, noun="units", title="上报单位")

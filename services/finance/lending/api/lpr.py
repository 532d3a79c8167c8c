"""The loan prime rate of a day (LPR)."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response

from services.finance.lending.rules import lpr as rules
from shared.kernel.shape import Shape
from shared.kernel.types import DayOrNone
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["lpr"])


class LprRead(Shape):
    """The one-year LPR in force on a day, in parts per million."""

    on: date
    rate_ppm: int
    rule_set_version: str


@router.get("/lpr", response_model=LprRead, responses=refusals(rules.LPR_UNKNOWN))
@edge(scope="credit.bank:read", row="any", summary_zh="查询某日执行的一年期LPR")
async def read_lpr(
    tx: Tx, book: Book, on: Annotated[DayOrNone, Query(description="日期，默认今天 / day, today by default")] = None
) -> Response:
    """Tell the one-year LPR that a contract signed on a day must carry."""
    day = on or tx.today
    rate = rules.rate_on(book, day)
    version = book.pick(rules.POLICY, day).version
    return answered(LprRead(on=day, rate_ppm=rate, rule_set_version=version))

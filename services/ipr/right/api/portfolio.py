"""Routes of portfolios (企业知识产权汇总)."""

from typing import Annotated

from fastapi import Path, Response

from services.ipr.right.rules.portfolio_read import PortfolioRead
from services.ipr.right.usecases import portfolio as usecases
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.types import LooseUscc
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["portfolios"])
UsccInPath = Annotated[LooseUscc, Path(description="统一社会信用代码 / unified social credit code")]


@router.get("/portfolios/{uscc}", response_model=PortfolioRead, responses=refusals(NOT_FOUND))
@edge(scope="ipr.portfolio:read", row="enterprise", summary_zh="企业知识产权汇总")
async def read_portfolio(uscc: UsccInPath, tx: Tx, book: Book) -> Response:
    """Show a firm's IP summary as of today and the rule set behind it."""
    summary, rule_set, name = await usecases.read_portfolio(tx, uscc, book)
    return answered(PortfolioRead.of(uscc, name, tx.today, summary, rule_set))

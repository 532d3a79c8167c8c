"""The credit line of a firm (授信额度): its own page, and the part of the composed overview."""

from datetime import date, datetime
from uuid import UUID

from fastapi import Response

from services.finance.evaluation.rules import credit_line as rules
from services.finance.evaluation.usecases import credit_line as usecases
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.kernel.types import CodeText
from shared.web.answer import answered
from shared.web.edge import Tx, edge, edge_router, refusals

router = edge_router(tags=["credit limits"])


class CreditLimitRead(Shape):
    """Limit and use over all banks in fen, and the evaluation behind it."""

    uscc: str
    limit_fen: int
    reserved_fen: int
    drawn_fen: int
    available_fen: int
    evaluation_id: UUID
    grade: str
    score_milli: int
    base_limit_fen: int
    uplift_fen: int
    gates_open: bool
    as_of_on: date
    valid_until_on: date
    rule_set_version: str
    updated_at: datetime


@router.get("/credit-limits/{uscc}", response_model=CreditLimitRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="查询企业授信额度及使用情况")
async def read_credit_limit(uscc: CodeText, tx: Tx) -> Response:
    """Tell limit, reserved, drawn and what is left, over all banks at once."""
    found = await usecases.read_credit_limit(tx, uscc)
    line, evaluation = found.line, found.evaluation
    return answered(
        CreditLimitRead(
            uscc=line.uscc,
            limit_fen=line.limit_fen,
            reserved_fen=line.reserved_fen,
            drawn_fen=line.drawn_fen,
            available_fen=rules.available(line.limit_fen, line.reserved_fen, line.drawn_fen),
            evaluation_id=evaluation.id,
            grade=evaluation.grade,
            score_milli=evaluation.score_milli,
            base_limit_fen=evaluation.base_limit_fen,
            uplift_fen=evaluation.uplift_fen,
            gates_open=evaluation.gates_open,
            as_of_on=evaluation.as_of_on,
            valid_until_on=evaluation.valid_until_on,
            rule_set_version=evaluation.rule_set_version,
            updated_at=line.updated_at,
        ),
        version=line.version,
    )

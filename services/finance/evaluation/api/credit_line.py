"""The credit line of a firm (授信额度): its own page, and the part of the composed overview."""

from datetime import datetime
from uuid import UUID

from fastapi import Response

from services.finance.evaluation.rules import credit_line as rules
from services.finance.evaluation.rules.kv_evaluation import RULE_SET_NOT_HELD, EvaluationResult
from services.finance.evaluation.usecases import credit_line as usecases
from services.finance.evaluation.usecases.kv_evaluation import rule_sets_of
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.types import CodeText
from shared.policy.number_read import LegalBasisRead
from shared.web.answer import answered
from shared.web.edge import Shelf, Tx, edge, edge_router, refusals

router = edge_router(tags=["credit limits"])


class CreditLimitRead(EvaluationResult):
    """Limit and use over all banks in fen, the evaluation behind it, and the ended legal basis of its uplift, if so."""

    uscc: str
    reserved_fen: int
    drawn_fen: int
    available_fen: int
    evaluation_id: UUID
    gates_open: bool
    uplift_legal_basis: LegalBasisRead | None
    updated_at: datetime


@router.get("/credit-limits/{uscc}", response_model=CreditLimitRead, responses=refusals(RULE_SET_NOT_HELD, NOT_FOUND))
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="查询企业授信额度及使用情况")
async def read_credit_limit(uscc: CodeText, tx: Tx, book: Shelf) -> Response:
    """Tell limit, reserved, drawn and what is left, over all banks at once."""
    found = await usecases.read_credit_limit(tx, uscc)
    _, uplift_rules = await rule_sets_of(tx, found, book)
    return answered(
        CreditLimitRead.of(
            found,
            available_fen=rules.available(found.limit_fen, found.reserved_fen, found.drawn_fen),
            uplift_legal_basis=LegalBasisRead.of(uplift_rules.header.legal_basis),
        ),
        version=found.version,
    )

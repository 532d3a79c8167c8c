"""Routes of national tech-SME evaluations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Response

from services.registry.enterprise.store import enterprise as enterprises
from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from services.registry.evaluation.rules import tech_sme_evaluation as rules
from services.registry.evaluation.rules.tech_sme_score import Verdict
from services.registry.evaluation.store import tech_sme_evaluation as store
from services.registry.evaluation.usecases import tech_sme_evaluation as usecases
from shared.db.selection import Chosen
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LooseUscc
from shared.policy.book import RULE_SET_NOT_IN_FORCE
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["tech-SME"])


class EvaluationRequest(Shape):
    """Whom to evaluate."""

    uscc: LooseUscc


class EvaluationSummary(Read):
    """One decision in short."""

    id: UUID
    uscc: str
    as_of_on: date
    filing_year: int
    verdict: Verdict
    score_milli: int
    rule_set_version: str
    rule_set_sha256: str
    record_sha256: str
    created_at: datetime


class EvaluationListed(EvaluationSummary):
    """One decision in a list, with the name beside the code."""

    name: str | None


COLUMNS = columns("uscc", "name", "as_of_on", "filing_year", "verdict", "score_milli", "rule_set_version", "created_at")
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]


class EvaluationRead(EvaluationSummary):
    """One decision with all that explains it: frozen facts, lines, conditions, cheapest next steps."""

    decision: dict[str, Any]


class ReplayRead(Read):
    """What came out of computing a decision again; `same` compares the bytes."""

    id: UUID
    same: bool
    record_sha256: str
    replayed_sha256: str
    decision: dict[str, Any]


def _whole(evaluation: TechSmeEvaluation) -> EvaluationRead:
    return EvaluationRead.of(evaluation, decision=orjson.loads(evaluation.record))


async def _listed(tx: Tx, rows: Sequence[TechSmeEvaluation]) -> list[EvaluationListed]:
    names = await enterprises.names(tx, {row.uscc for row in rows})
    return [EvaluationListed.of(row, name=names.get(row.uscc)) for row in rows]


@router.post(
    "/tech-sme-evaluations",
    status_code=201,
    response_model=EvaluationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.EVALUATION_FILING_MISSING, RULE_SET_NOT_IN_FORCE),
)
@edge(scope="registry.evaluation:write", row="enterprise", summary_zh="科技型中小企业评价（建议）")
async def evaluate_tech_sme(body: EvaluationRequest, tx: Tx, book: Book) -> Response:
    """Evaluate an enterprise as of today: five conditions, points of each indicator, the cheapest next step."""
    evaluation = await usecases.evaluate_enterprise(tx, body.uscc, evaluation_id=new_id(), book=book)
    return answered(_whole(evaluation), status=201, location=f"/v1/tech-sme-evaluations/{evaluation.id}")


@router.get("/tech-sme-evaluations", response_model=PageOf[EvaluationListed])
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="科技型中小企业评价清单")
async def list_tech_sme_evaluations(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the evaluations that the caller may see, in the order they were made unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/tech-sme-evaluations.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="导出科技型中小企业评价清单", audited=True)
async def export_tech_sme_evaluations(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of evaluations with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="tech-sme-evaluations",
        title="科技型中小企业评价",
    )


@router.get("/tech-sme-evaluations/{evaluation_id}", response_model=EvaluationRead, responses=refusals(NOT_FOUND))
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="查看科技型中小企业评价")
async def read_tech_sme_evaluation(evaluation_id: UUID, tx: Tx) -> Response:
    """Read one evaluation with all that explains it."""
    return answered(_whole(await usecases.read_evaluation(tx, evaluation_id)))


@router.post(
    "/tech-sme-evaluations/{evaluation_id}:replay",
    response_model=ReplayRead,
    responses=refusals(NOT_FOUND, RULE_SET_NOT_IN_FORCE),
)
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="重算评价并逐字节比对", idempotent=False)
async def replay_tech_sme_evaluation(evaluation_id: UUID, tx: Tx) -> Response:
    """Compute an evaluation again from its frozen facts and compare the bytes."""
    replay = await usecases.replay_evaluation(tx, evaluation_id)
    return answered(
        ReplayRead.of(
            replay.evaluation,
            same=replay.same,
            replayed_sha256=replay.sha256,
            decision=orjson.loads(replay.record),
        )
    )

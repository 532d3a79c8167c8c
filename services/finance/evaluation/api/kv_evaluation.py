"""Routes of knowledge-value evaluations (知识价值信用评价)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.rules import kv_evaluation as rules
from services.finance.evaluation.rules import kv_number
from services.finance.evaluation.rules.kv_evaluation import EvaluationResult
from services.finance.evaluation.rules.kv_number import NextGrade
from services.finance.evaluation.store import kv_evaluation as evaluations
from services.finance.evaluation.usecases import kv_evaluation as usecases
from services.finance.evaluation.usecases.kv_evaluation import explanation
from shared.db.rule_set import headers
from shared.db.selection import Chosen
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LooseUscc
from shared.policy.book import RuleBook
from shared.policy.number_read import BasisRead, LegalBasisRead, NumberRead
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["kvc evaluations"])
Record = dict[str, Any]


class EvaluationRequest(Shape):
    """Which firm to evaluate; an enterprise names itself."""

    uscc: LooseUscc


class EvaluationSummary(EvaluationResult):
    """One evaluation in a list; score in thousandths of a point, money in fen."""

    id: UUID
    uscc: str
    created_at: datetime
    gates_open: bool
    supersedes_id: UUID | None
    rule_set_sha256: str
    uplift_rule_set_sha256: str


class EvaluationListed(EvaluationSummary, BasisRead):
    """One evaluation in a list, with the name beside the code and the standing of the act behind its uplift."""

    enterprise_name: str | None


COLUMNS = columns(
    "uscc",
    "enterprise_name",
    "as_of_on",
    "valid_until_on",
    "score_milli",
    "grade",
    "base_limit_fen",
    "uplift_fen",
    "limit_fen",
    "gates_open",
    "rule_set_version",
    "basis_standing",
    "basis_ended_on",
    "created_at",
)
Wanted = Annotated[Chosen, Depends(chosen_from(evaluations.LIST))]
add_counts(
    router, evaluations.LIST, noun="kvc-evaluations", scope="credit.evaluation:read", row="enterprise", title="评价清单"
)


class NextGradeRead(Shape):
    """The grade above the present one: the score it begins at, how far that is, its limit, and where both come from."""

    grade: str
    needs_milli: int
    distance_milli: int
    limit_fen: int
    score: NumberRead | None
    limit: NumberRead | None


class EvaluationRead(EvaluationSummary):
    """One evaluation with all that explains it.

    `lines`: each indicator with value, tier, points, what the next tier needs, article, source and confidence;
    `gates`: entry conditions with their way out; `result`: how the points add up; `uplift`: article 6, with the reason;
    `facts`: the frozen facts and the event that each came from; `numbers`: every number of both rule sets that counted,
    with source, article, day and confidence; `next_grade`: what the grade above needs; `uplift_legal_basis`: set where
    the act behind the uplift has ended.
    """

    lines: list[Record]
    gates: list[Record]
    result: Record
    uplift: Record
    uplift_legal_basis: LegalBasisRead | None
    next_grade: NextGradeRead | None
    numbers: list[NumberRead]
    facts: Record


class ReplayRead(Read):
    """Whether recomputing from the frozen facts gave the stored bytes, and the recomputed records."""

    evaluation_id: UUID
    same: bool
    record: Record
    uplift_record: Record


def summary(evaluation: KvEvaluation) -> EvaluationSummary:
    """Return an evaluation without its explanation."""
    return EvaluationSummary.of(evaluation)


def shown(evaluation: KvEvaluation, scoring: RuleSet, uplift_rules: RuleSet) -> EvaluationRead:
    """Return an evaluation with its explanation, read with the rule sets that it was made by."""
    records = explanation(evaluation)
    score, uplift = records["score"], records["uplift"]["result"]
    following = kv_number.next_grade(scoring, evaluation.score_milli)
    return EvaluationRead.of(
        evaluation,
        lines=[_dated(line, scoring) for line in score["lines"]],
        gates=[_dated(gate, scoring) for gate in score["gates"]],
        result=score["result"],
        uplift=uplift,
        uplift_legal_basis=LegalBasisRead.of(uplift_rules.header.legal_basis),
        next_grade=None if following is None else _next(following),
        numbers=[NumberRead.of(one) for one in kv_number.numbers(scoring, uplift_rules, score["result"], uplift)],
        facts=score["facts"],
    )


def _dated(record: Record, rules_of: RuleSet) -> Record:
    """Return a line or a gate with the day of its source; the record itself keeps its bytes."""
    return {**record, "source_on": (rules_of.header.issued_on or rules_of.header.effective_from).isoformat()}


def _next(found: NextGrade) -> NextGradeRead:
    return NextGradeRead(
        grade=found.grade,
        needs_milli=found.needs_milli,
        distance_milli=found.distance_milli,
        limit_fen=found.limit_fen,
        score=None if found.score is None else NumberRead.of(found.score),
        limit=None if found.limit is None else NumberRead.of(found.limit),
    )


async def _answer(tx: Tx, book: Book, evaluation: KvEvaluation, *, created: bool = False) -> Response:
    scoring, uplift_rules = await usecases.rule_sets_of(tx, evaluation, book)
    response = answered(
        shown(evaluation, scoring, uplift_rules),
        status=201 if created else 200,
        location=f"/v1/kvc-evaluations/{evaluation.id}" if created else None,
    )
    response.headers["rule-set"] = f"{rules.POLICY}-{evaluation.rule_set_version}+{evaluation.rule_set_sha256[:12]}"
    return response


@router.post(
    "/kvc-evaluations",
    status_code=201,
    response_model=EvaluationRead,
    responses=refusals(rules.RULE_SET_NOT_HELD, FORBIDDEN_ROLE, NOT_FOUND),
)
@edge(scope="credit.evaluation:write", row="enterprise", summary_zh="知识价值信用评价")
async def evaluate_enterprise(body: EvaluationRequest, tx: Tx, book: Book) -> Response:
    """Evaluate a firm on the facts held today: grade, limit, uplift, and every point explained."""
    evaluation = await usecases.evaluate_enterprise(tx, body.uscc, book, evaluation_id=new_id())
    return await _answer(tx, book, evaluation, created=True)


async def _listed(tx: Tx, book: RuleBook, rows: Sequence[Any]) -> list[EvaluationListed]:
    held = await headers(tx, book, {row.uplift_rule_set_sha256 for row in rows})
    return [EvaluationListed.of(row, **dict(BasisRead.of_header(held.get(row.uplift_rule_set_sha256)))) for row in rows]


@router.get("/kvc-evaluations", response_model=PageOf[EvaluationListed])
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="评价清单")
async def list_evaluations(paging: Paging, tx: Tx, book: Shelf, wanted: Wanted) -> Response:
    """List one's own evaluations (the city: all)."""
    found = await evaluations.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, book, found.rows), found.next_key)


@router.get("/exports/kvc-evaluations.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="导出评价清单", audited=True)
async def export_evaluations(file_format: Format, tx: Tx, book: Shelf, wanted: Wanted) -> Response:
    """Export what a list of evaluations with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        evaluations.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, book, rows),
        COLUMNS,
        format=file_format,
        noun="kvc-evaluations",
        title="知识价值信用评价",
    )


@router.get(
    "/kvc-evaluations/{evaluation_id}",
    response_model=EvaluationRead,
    responses=refusals(rules.RULE_SET_NOT_HELD, NOT_FOUND),
)
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="查看评价与逐项说明")
async def read_evaluation(evaluation_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one evaluation with every indicator explained."""
    evaluation = await evaluations.find(tx, evaluation_id)
    if evaluation is None:
        raise Refusal(NOT_FOUND, noun="kvc_evaluation")
    return await _answer(tx, book, evaluation)


@router.post(
    "/kvc-evaluations/{evaluation_id}:replay",
    response_model=ReplayRead,
    responses=refusals(NOT_FOUND, rules.RULE_SET_NOT_HELD),
)
@edge(scope="credit.evaluation:read", row="enterprise", summary_zh="按冻结事实重算评价", idempotent=False)
async def replay_evaluation(evaluation_id: UUID, tx: Tx) -> Response:
    """Recompute an evaluation from its frozen facts and tell whether the bytes are the same."""
    replay = await usecases.replay_evaluation(tx, evaluation_id)
    records = usecases.records_of(replay)
    return answered(
        ReplayRead(
            evaluation_id=evaluation_id, same=replay.same, record=records["score"], uplift_record=records["uplift"]
        )
    )

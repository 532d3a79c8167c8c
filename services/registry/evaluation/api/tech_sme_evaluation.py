"""Routes of national tech-SME evaluations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Response

from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from services.registry.evaluation.rules import tech_sme_evaluation as rules
from services.registry.evaluation.rules.tech_sme_score import Verdict
from services.registry.evaluation.rules.tech_sme_window import SiteCheck, WindowStatus
from services.registry.evaluation.store import tech_sme_evaluation as store
from services.registry.evaluation.usecases import tech_sme_evaluation as usecases
from shared.db.rule_set import headers
from shared.db.selection import Chosen
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LooseUscc
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.policy.number_read import BasisRead, LegalBasisRead, NumberRead
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
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


class EvaluationListed(EvaluationSummary, BasisRead):
    """One decision in a list, with the name beside the code and the standing of the act behind it."""

    name: str | None


_WINDOWS = {
    WindowStatus.NOT_YET: ("本年度评价尚未开放", "the window of this year is not open yet"),
    WindowStatus.OPEN: ("本年度评价正在开放", "the window of this year is open"),
    WindowStatus.CLOSED: ("本年度评价开放期已结束", "the window of this year is over"),
    WindowStatus.NOT_PUBLISHED: ("该年度的评价安排尚未公布或未收录", "no notice of that year is known here"),
}
_CHECKS = {
    SiteCheck.FEW_STAFF: ("职工总数过少", "few staff"),
    SiteCheck.NO_RIGHTS: ("没有知识产权", "no IP right"),
    SiteCheck.LITTLE_RD: ("研发费用过低", "little R&D expense"),
    SiteCheck.DISHONEST_OR_REVOKED: (
        "近三年有失信记录或被撤销登记编号",
        "dishonesty or a revoked number within the years back",
    ),
    SiteCheck.FIRST_TIME: ("首次参评", "evaluated for the first time"),
}
COLUMNS = columns(
    "uscc",
    "name",
    "as_of_on",
    "filing_year",
    "verdict",
    "score_milli",
    "rule_set_version",
    "basis_standing",
    "basis_ended_on",
    "created_at",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(
    router,
    store.LIST,
    noun="tech-sme-evaluations",
    scope="registry.evaluation:read",
    row="enterprise",
    title="科技型中小企业评价清单",
)


class WindowRead(Read):
    """The window of the national platform in the year of the evaluation, as seen on its day."""

    status: WindowStatus
    opens_on: date | None
    closes_on: date | None
    note_zh: str
    note_en: str


class SiteCheckRead(Read):
    """One reason why the form would be checked on the spot."""

    ground: SiteCheck
    text_zh: str
    text_en: str


class EvaluationRead(EvaluationSummary):
    """One decision with all that explains it: frozen facts, lines, conditions, cheapest next steps.

    `legal_basis` is set where the act behind it has ended; `window` and `site_checks` tell when the national platform
    takes the form and whether it would be checked on the spot; `numbers` are the numbers of both rule sets with source,
    article, day and confidence.
    """

    decision: dict[str, Any]
    legal_basis: LegalBasisRead | None
    window: WindowRead
    site_checks: list[SiteCheckRead] | None
    numbers: list[NumberRead]


class ReplayRead(Read):
    """What came out of computing a decision again; `same` compares the bytes."""

    id: UUID
    same: bool
    record_sha256: str
    replayed_sha256: str
    decision: dict[str, Any]


def _check(ground: SiteCheck) -> SiteCheckRead:
    zh, en = _CHECKS[ground]
    return SiteCheckRead(ground=ground, text_zh=zh, text_en=en)


async def _whole(tx: Tx, book: Book, evaluation: TechSmeEvaluation) -> EvaluationRead:
    behind = await usecases.behind(tx, evaluation, book)
    zh, en = _WINDOWS[behind.window.status]
    return EvaluationRead.of(
        evaluation,
        decision=orjson.loads(evaluation.record),
        legal_basis=LegalBasisRead.of(behind.legal_basis),
        window=WindowRead(
            status=behind.window.status,
            opens_on=behind.window.opens_on,
            closes_on=behind.window.closes_on,
            note_zh=zh,
            note_en=en,
        ),
        site_checks=None if behind.site_checks is None else [_check(one) for one in behind.site_checks],
        numbers=[NumberRead.of(one) for one in behind.numbers],
    )


async def _listed(tx: Tx, book: RuleBook, rows: Sequence[Any]) -> list[EvaluationListed]:
    held = await headers(tx, book, {row.rule_set_sha256 for row in rows})
    return [EvaluationListed.of(row, **dict(BasisRead.of_header(held.get(row.rule_set_sha256)))) for row in rows]


@router.post(
    "/tech-sme-evaluations",
    status_code=201,
    response_model=EvaluationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.EVALUATION_FILING_MISSING, RULE_SET_NOT_IN_FORCE),
)
@edge(scope="registry.evaluation:write", row="enterprise", summary_zh="科技型中小企业评价（建议）", tells=False)
async def evaluate_tech_sme(body: EvaluationRequest, tx: Tx, book: Book) -> Response:
    """Evaluate an enterprise as of today: five conditions, points of each indicator, the cheapest next step."""
    evaluation = await usecases.evaluate_enterprise(tx, body.uscc, evaluation_id=new_id(), book=book)
    return answered(
        await _whole(tx, book, evaluation), status=201, location=f"/v1/tech-sme-evaluations/{evaluation.id}"
    )


@router.get("/tech-sme-evaluations", response_model=PageOf[EvaluationListed])
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="科技型中小企业评价清单")
async def list_tech_sme_evaluations(paging: Paging, tx: Tx, book: Shelf, wanted: Wanted) -> Response:
    """List the evaluations that the caller may see, in the order they were made unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, book, found.rows), found.next_key)


@router.get("/exports/tech-sme-evaluations.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="导出科技型中小企业评价清单", audited=True)
async def export_tech_sme_evaluations(file_format: Format, tx: Tx, book: Shelf, wanted: Wanted) -> Response:
    """Export what a list of evaluations with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, book, rows),
        COLUMNS,
        format=file_format,
        noun="tech-sme-evaluations",
        title="科技型中小企业评价",
    )


@router.get("/tech-sme-evaluations/{evaluation_id}", response_model=EvaluationRead, responses=refusals(NOT_FOUND))
@edge(scope="registry.evaluation:read", row="enterprise", summary_zh="查看科技型中小企业评价")
async def read_tech_sme_evaluation(evaluation_id: UUID, tx: Tx, book: Book) -> Response:
    """Read one evaluation with all that explains it."""
    return answered(await _whole(tx, book, await usecases.read_evaluation(tx, evaluation_id)))


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

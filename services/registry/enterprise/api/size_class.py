"""The size class of an enterprise with its bounds and their source (统计上大中小微型企业划分)."""

from datetime import date, datetime

from fastapi import Response

from services.registry.enterprise.rules import size_class as rules
from services.registry.enterprise.rules.enterprise import SizeClass
from services.registry.enterprise.rules.size_class import SizeBasis, SizeFigures, SizeStale
from services.registry.enterprise.store import filing as filing_store
from services.registry.enterprise.usecases import enterprise as usecases
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Read
from shared.kernel.types import CodeText
from shared.policy.number import bound_number
from shared.policy.number_read import NumberRead
from shared.policy.rule_set import Hit, RuleSet
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["enterprises"])


class SizeBoundRead(Read):
    """One indicator: its class, and the bound it begins at with its source (null for the lowest class)."""

    indicator: str
    label_zh: str
    label_en: str
    size_class: SizeClass
    bound: NumberRead | None


class SizeStaleRead(Read):
    """Why the class is older than one might think, and the way out."""

    code: SizeStale
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


class SizeClassRead(Read):
    """The size class by the table in force today, or why there is none, and what it rests on.

    `listed_…` is the class that lists and events tell, with the day and the version of its rules.
    """

    uscc: str
    industry_code: str | None
    basis: SizeBasis
    size_class: SizeClass | None
    note_zh: str
    note_en: str
    filing_year: int | None
    filing_accepted_at: datetime | None
    computed_on: date
    listed_size_class: SizeClass | None
    listed_on: date | None
    listed_version: str | None
    is_stale: bool
    stale_reasons: list[SizeStaleRead]
    bounds: list[SizeBoundRead]
    rule_set_version: str
    rule_set_sha256: str


@router.get("/enterprises/{uscc}/size-class", response_model=SizeClassRead, responses=refusals(NOT_FOUND))
@edge(scope="registry.enterprise:read", row="unit", summary_zh="企业规模与划型依据")
async def read_size_class(uscc: CodeText, tx: Tx, book: Book) -> Response:
    """Show the size class by the table in force today, with the bound of each indicator and its source."""
    enterprise = await usecases.read_enterprise(tx, uscc)
    filing = await filing_store.newest_accepted(tx, uscc)
    rule_set = book.pick(rules.POLICY, tx.today)
    figures = None if filing is None else SizeFigures(filing.staff, filing.revenue_fen, filing.assets_fen)
    answer = rules.size_answer(rule_set, industry_code=enterprise.industry_code, figures=figures)
    stale = rules.stale_reasons(
        filing_year=None if filing is None else filing.year,
        listed_version=enterprise.size_class_version,
        version=rule_set.version,
        today=tx.today,
    )
    read = SizeClassRead.of(
        answer,
        uscc=uscc,
        industry_code=enterprise.industry_code,
        filing_year=None if filing is None else filing.year,
        filing_accepted_at=None if filing is None else filing.accepted_at,
        computed_on=tx.today,
        listed_size_class=enterprise.size_class,
        listed_on=enterprise.size_class_on,
        listed_version=enterprise.size_class_version,
        is_stale=bool(stale),
        stale_reasons=[SizeStaleRead.of(one) for one in stale],
        bounds=[_bound(rule_set, hit) for hit in answer.hits],
        rule_set_version=rule_set.version,
        rule_set_sha256=rule_set.sha256,
    )
    return answered(read)


def _bound(rule_set: RuleSet, hit: Hit) -> SizeBoundRead:
    indicator = next(one for one in rule_set.indicators if one.node == hit.node)
    number = bound_number(rule_set, hit.node, hit.row_id)
    return SizeBoundRead.of(
        indicator,
        indicator=indicator.id,
        size_class=rules.class_of(hit),
        bound=None if number is None else NumberRead.of(number),
    )

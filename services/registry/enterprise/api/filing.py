"""Routes of annual filings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel

from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.filing import FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.rules.filing_act import ACTS, FilingStanding
from services.registry.enterprise.rules.filing_import import FORM
from services.registry.enterprise.store import filing as filings
from services.registry.enterprise.usecases import filing as usecases
from services.registry.enterprise.usecases.filing import CheckedFiling
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.kernel.types import CodeText
from shared.policy.number_read import NumberRead, numbers_of
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["filings"])
NUMBERS = {
    usecases.POLICY: (
        *rules.PER_HEAD,
        *rules.FAR_FROM_LAST_YEAR,
        *rules.DEDUCTION_MOST,
        *rules.DEDUCTION_USUAL,
        *rules.JUMP,
    )
}
"""Thresholds that are told beside the check that compared with them."""

UnitConfirmed = Annotated[
    bool, Query(description="金额与上年或人均相差悬殊时确认单位无误 / the unit is right although an amount is far off")
]
FilingYear = Annotated[int, Path(ge=1990, le=2100, description="年度 / year")]


class FilingCheckRead(Read):
    """What a formal check found, with the thresholds that it compared with; none where it compares two figures."""

    code: str
    gravity: Gravity
    pointer: str
    text_zh: str
    text_en: str
    numbers: list[NumberRead]


class FilingRead(FilingTerms, Read):
    """One version of a filing; `checks` names what the formal checks find today, `actions` what the reader may do."""

    uscc: str
    year: int
    version: int
    status: FilingStatus
    updated_at: datetime
    accepted_at: datetime | None
    checks: list[FilingCheckRead]
    actions: list[ActionRead]


class FilingListed(FilingTerms, Read):
    """One version of a filing in a list over all enterprises, with the name beside the code."""

    uscc: str
    name: str | None
    year: int
    version: int
    status: FilingStatus
    updated_at: datetime
    accepted_at: datetime | None


COLUMNS = columns_as_imported(
    FORM,
    "uscc",
    "name",
    "year",
    "version",
    "status",
    "staff",
    "science_staff",
    "rd_staff",
    "senior_title_staff",
    "revenue_fen",
    "cost_expense_fen",
    "assets_fen",
    "rd_expense_fen",
    "super_deduction_fen",
    "innovative_products",
    "accepted_at",
    "updated_at",
)
Wanted = Annotated[Chosen, Depends(chosen_from(filings.LIST))]
add_counts(router, filings.LIST, noun="filings", scope="registry.enterprise:read", row="unit", title="年度数据总表")


class FilingList(BaseModel):
    """All versions of an enterprise's filings, newest first, and the years that may be filed today."""

    items: list[FilingRead]
    open_years: list[int]


def _shown(tx: Tx, found: CheckedFiling, rule_set: RuleSet | None) -> FilingRead:
    checks = [FilingCheckRead.of(one, numbers=numbers_of(rule_set, one.thresholds)) for one in found.findings]
    filing, founded_on = found.filing, found.enterprise.founded_on
    standing = FilingStanding(filing.status, filing.year, founded_on, tx.today, rule_set)
    bodies = {Role.ENTERPRISE: found.enterprise.uscc}
    return FilingRead.of(filing, checks=checks, actions=actions(ACTS, standing, tx.actor, bodies))


@router.put(
    "/enterprises/{uscc}/filings/{year}",
    response_model=FilingRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.FILING_YEAR_NOT_OPEN, rules.FILING_BEFORE_FOUNDING),
)
@edge(scope="registry.filing:write", row="enterprise", summary_zh="保存年度数据草稿", tells=False)
async def save_filing(uscc: CodeText, year: FilingYear, body: FilingTerms, tx: Tx, book: Book) -> Response:
    """Save the draft of a year and tell everything its formal checks find; nothing is refused for its figures yet."""
    found = await usecases.save_draft(tx, uscc, year, body, filing_id=new_id(), book=book)
    return answered(_shown(tx, found, book.pick(usecases.POLICY, tx.today)))


@router.post(
    "/enterprises/{uscc}/filings/{year}:submit",
    response_model=FilingRead,
    responses=refusals(
        NOT_FOUND,
        FORBIDDEN_ROLE,
        rules.FILING_DRAFT_MISSING,
        rules.FILING_INCONSISTENT,
        rules.FILING_UNIT_UNCONFIRMED,
        rules.FILING_YEAR_NOT_OPEN,
        rules.FILING_BEFORE_FOUNDING,
    ),
)
@edge(scope="registry.filing:write", row="enterprise", summary_zh="提交年度数据")
async def submit_filing(
    uscc: CodeText, year: FilingYear, tx: Tx, book: Book, *, unit_confirmed: UnitConfirmed = False
) -> Response:
    """Submit the draft of a year; it is accepted at once when its formal checks refuse nothing and ask nothing."""
    found = await usecases.submit_filing(tx, uscc, year, book=book, unit_confirmed=unit_confirmed)
    return answered(_shown(tx, found, book.pick(usecases.POLICY, tx.today)))


@router.get("/enterprises/{uscc}/filings", response_model=FilingList, responses=refusals(NOT_FOUND))
@edge(scope="registry.enterprise:read", row="enterprise", summary_zh="年度数据清单")
async def list_filings(
    uscc: CodeText,
    tx: Tx,
    book: Shelf,
    year: Annotated[int | None, Query(ge=1990, le=2100, description="年度 / year")] = None,
) -> Response:
    """List all versions of an enterprise's filings, newest first, with what the checks of today find in drafts."""
    rule_set = book.find(usecases.POLICY, tx.today)
    enterprise, found = await usecases.list_filings(tx, uscc, year, rule_set=rule_set)
    open_years = rules.open_years(today=tx.today, founded_on=enterprise.founded_on, rule_set=rule_set)
    return answered(FilingList(items=[_shown(tx, one, rule_set) for one in found], open_years=list(open_years)))


async def _listed(rows: Sequence[Any]) -> list[FilingListed]:
    return [FilingListed.of(row) for row in rows]


@router.get("/filings", response_model=PageOf[FilingListed])
@edge(scope="registry.enterprise:read", row="unit", summary_zh="年度数据总表")
async def list_all_filings(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the accepted filings that the caller may see; drafts and replaced versions when asked for by status."""
    found = await filings.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get("/exports/filings.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.enterprise:read", row="unit", summary_zh="导出年度数据总表", audited=True)
async def export_all_filings(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of filings with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        filings.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="filings",
        title="年度数据",
    )

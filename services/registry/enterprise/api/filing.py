"""Routes of annual filings."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.filing import FilingFinding, FilingStatus, FilingTerms, Gravity
from services.registry.enterprise.usecases import filing as usecases
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.types import CodeText
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["filings"])

FilingYear = Annotated[int, Path(ge=1990, le=2100, description="年度 / year")]


class FilingCheckRead(BaseModel):
    """What a formal check found."""

    code: str
    gravity: Gravity
    pointer: str
    text_zh: str
    text_en: str


class FilingRead(FilingTerms):
    """One version of a filing; `checks` names what the formal checks find today."""

    uscc: str
    year: int
    version: int
    status: FilingStatus
    updated_at: datetime
    accepted_at: datetime | None
    checks: list[FilingCheckRead] = Field(default_factory=list)


class FilingList(BaseModel):
    """All versions of an enterprise's filings, newest first."""

    items: list[FilingRead]


def _shown(filing: Filing, findings: tuple[FilingFinding, ...] = ()) -> dict[str, Any]:
    values = {name: getattr(filing, name) for name in FilingRead.model_fields if name != "checks"}
    checks = [
        FilingCheckRead(
            code=one.code, gravity=one.gravity, pointer=one.pointer, text_zh=one.text_zh, text_en=one.text_en
        )
        for one in findings
    ]
    return FilingRead.model_validate({**values, "checks": checks}).model_dump(mode="json")


@router.put(
    "/enterprises/{uscc}/filings/{year}",
    response_model=FilingRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.FILING_YEAR_NOT_OPEN, rules.FILING_BEFORE_FOUNDING),
)
@edge(scope="registry.filing:write", row="enterprise", summary_zh="保存年度数据草稿")
async def save_filing(uscc: CodeText, year: FilingYear, body: FilingTerms, tx: Tx, book: Book) -> Response:
    """Save the draft of a year and tell everything its formal checks find; nothing is refused for its figures yet."""
    return answered(_shown(*await usecases.save_draft(tx, uscc, year, body, filing_id=new_id(), book=book)))


@router.post(
    "/enterprises/{uscc}/filings/{year}:submit",
    response_model=FilingRead,
    responses=refusals(
        NOT_FOUND,
        FORBIDDEN_ROLE,
        rules.FILING_DRAFT_MISSING,
        rules.FILING_INCONSISTENT,
        rules.FILING_YEAR_NOT_OPEN,
        rules.FILING_BEFORE_FOUNDING,
    ),
)
@edge(scope="registry.filing:write", row="enterprise", summary_zh="提交年度数据")
async def submit_filing(uscc: CodeText, year: FilingYear, tx: Tx, book: Book) -> Response:
    """Submit the draft of a year; it is accepted at once when its formal checks refuse nothing."""
    return answered(_shown(*await usecases.submit_filing(tx, uscc, year, book=book)))


@router.get("/enterprises/{uscc}/filings", response_model=FilingList, responses=refusals(NOT_FOUND))
@edge(scope="registry.enterprise:read", row="enterprise", summary_zh="年度数据清单")
async def list_filings(
    uscc: CodeText, tx: Tx, year: Annotated[int | None, Query(ge=1990, le=2100, description="年度 / year")] = None
) -> Response:
    """List all versions of an enterprise's filings, newest first."""
    return answered({"items": [_shown(filing) for filing in await usecases.list_filings(tx, uscc, year)]})

"""Routes of the code book: fields and values of the interface with their names, public as its description is."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from gateway.compose.code_book import CodeEntry, CodeKind, found
from shared.kernel.shape import Read
from shared.kernel.types import SearchText
from shared.web.answer import answered
from shared.web.edge import edge, edge_router
from shared.web.export import TABLE, Format, columns, export

router = edge_router(tags=["code-book"])
_Name = Annotated[str | None, Query(max_length=80, pattern=r"^[\w.\-]+$")]


class CodeEntryRead(Read):
    """What one field, value or group of routes is called."""

    kind: CodeKind
    within: str | None
    code: str
    name_zh: str
    name_en: str


class CodeBook(BaseModel):
    """The entries that were asked for, and how many there are."""

    items: list[CodeEntryRead]
    total: int = Field(examples=[1])


COLUMNS = columns("kind", "within", "code", "name_zh", "name_en")


async def chosen(
    kind: Annotated[CodeKind | None, Query()] = None,
    within: _Name = None,
    code: _Name = None,
    text: Annotated[SearchText | None, Query()] = None,
) -> list[CodeEntry]:
    """Return the entries that a caller asks for."""
    return list(found(kind, within, code, text))


Chosen = Annotated[list[CodeEntry], Depends(chosen)]


@router.get("/code-book", response_model=CodeBook)
@edge(scope="public", row="any", summary_zh="代码表：字段与取值的中英文名称", transaction=False)
async def read_code_book(entries: Chosen) -> Response:
    """Read what every field and every value is called; with the ETag of the last answer, 304 if nothing changed."""
    items = [CodeEntryRead.of(one) for one in entries]
    answer = answered(CodeBook(items=items, total=len(items)))
    answer.headers["cache-control"] = "public, max-age=300"
    return answer


@router.get("/exports/code-book.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="public", row="any", summary_zh="导出代码表", transaction=False)
async def export_code_book(file_format: Format, entries: Chosen) -> Response:
    """Export what the code book with the same filters would show, as CSV or XLSX."""
    rows = [asdict(one) for one in entries]
    return await export(rows, COLUMNS, format=file_format, filename="code-book", title="代码表")

"""Routes of imports: upload a list of rights, follow it, read the report line by line."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile
from pydantic import BaseModel

from services.ipr.answer import answered
from services.ipr.right.models.right_import import RightImportFinding
from services.ipr.right.store import right_import as store
from services.ipr.right.usecases import right_import as usecases
from shared.db.operation import Operation, find_operation
from shared.files.media_type import FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import BODY_TOO_LARGE, FORBIDDEN_ROLE, NOT_FOUND
from shared.web.edge import Files, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Column, export
from shared.web.paging import PageOf, Paging, page

router = edge_router(tags=["imports 批量导入"])
PATH = "/v1/imports/ip-rights"
COLUMNS = (
    Column("line", "行号", "line"),
    Column("refused", "未导入", "left out"),
    Column("column_name", "列", "column"),
    Column("value", "内容", "value"),
    Column("code", "代码", "code"),
    Column("text_zh", "问题", "finding (zh)"),
    Column("way_out_zh", "处理办法", "way out (zh)"),
    Column("text_en", "问题（英文）", "finding"),
    Column("way_out_en", "处理办法（英文）", "way out"),
)


class ImportRead(BaseModel):
    """How far an import is: `result` counts lines and findings by code; `error` says why it failed as a whole."""

    id: UUID
    status: str
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    file_sha256: str | None
    report: str
    created_at: datetime
    updated_at: datetime


class FindingRead(BaseModel):
    """One finding on one line; `refused` means that the line was left out."""

    line: int
    refused: bool
    code: str
    column_name: str
    value: str
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


@router.post(
    "/imports/ip-rights",
    status_code=202,
    response_model=ImportRead,
    responses=refusals(FORBIDDEN_ROLE, FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED, BODY_TOO_LARGE),
)
@edge(scope="ipr.import:write", row="enterprise", summary_zh="导入知识产权清单（CSV/XLSX）")
async def start_import(
    file: Annotated[UploadFile, File(description="CSV 或 XLSX / CSV or XLSX")], request: Request, tx: Tx, files: Files
) -> Response:
    """Upload a list of rights: the IP centre any, an enterprise its own, which then count once attested.

    Good lines are kept; the report names line, column and way out of the others.
    """
    limit = request.app.state.settings.max_upload_bytes
    stored = await files.put(file, declared_type=file.content_type, limit=limit)
    operation = await usecases.start_import(
        tx, operation_id=new_id(), file_sha256=stored.sha256, media_type=stored.media_type
    )
    tx.after_commit(lambda: request.app.state.wake(usecases.KIND))
    return answered(_read(operation), status=202, location=f"{PATH}/{operation.id}")


@router.get("/imports/ip-rights/{operation_id}", response_model=ImportRead)
@edge(scope="ipr.import:write", row="any", summary_zh="导入进度")
async def read_import(operation_id: UUID, tx: Tx) -> Response:
    """Show how far an import is."""
    return answered(_read(await _find(tx, operation_id)))


@router.get("/imports/ip-rights/{operation_id}/report", response_model=PageOf[FindingRead], responses=TABLE)
@edge(scope="ipr.import:write", row="any", summary_zh="导入报告")
async def read_report(
    operation_id: UUID,
    paging: Paging,
    tx: Tx,
    file_format: Annotated[
        Literal["json", "csv", "xlsx"], Query(alias="format", description="格式 / format; JSON is paged")
    ] = "json",
) -> Response:
    """Show what was found on each line: JSON page by page, or the whole as CSV or XLSX."""
    await _find(tx, operation_id)
    if file_format != "json":
        name = f"ip-rights-{operation_id}"
        return await export(store.all_findings(tx, operation_id), COLUMNS, format=file_format, filename=name)
    line, position = (int(part) for part in paging.cursor() or (0, -1))
    rows = await store.findings(tx, operation_id, after=(line, position), limit=paging.limit + 1)
    here = rows[: paging.limit]
    more = len(rows) > paging.limit and bool(here)
    return page(paging, [_finding(row) for row in here], (here[-1].line, here[-1].position) if more else None)


async def _find(tx: Tx, operation_id: UUID) -> Operation:
    operation = await find_operation(tx, operation_id, usecases.KIND)
    if operation is None:
        raise Refusal(NOT_FOUND, noun="import")
    return operation


def _read(operation: Operation) -> ImportRead:
    return ImportRead(
        id=operation.id,
        status=operation.state,
        done=operation.done,
        total=operation.total,
        result=operation.result,
        error=operation.error,
        file_sha256=operation.file_sha256,
        report=f"{PATH}/{operation.id}/report",
        created_at=operation.created_at,
        updated_at=operation.updated_at,
    )


def _finding(row: RightImportFinding) -> FindingRead:
    return FindingRead.model_validate(row, from_attributes=True)

"""What the routes of both imports share: starting, state and row-level report."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.registry.enterprise.models.import_report import ImportFinding
from services.registry.enterprise.rules.import_report import KINDS, RowGravity
from services.registry.enterprise.usecases import import_report as usecases
from shared.db.operation import Operation
from shared.db.transaction import Transaction
from shared.files.store import FileStore
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import CURSOR_INVALID
from shared.web.export import Column, export
from shared.web.paging import PageRequest, page

ReportFormat = Literal["json", "csv", "xlsx"]

COLUMNS = (
    Column("line", "行", "line"),
    Column("column", "列", "column"),
    Column("value", "值", "value"),
    Column("gravity", "处理", "gravity"),
    Column("code", "代码", "code"),
    Column("text_zh", "问题", "problem"),
    Column("way_out_zh", "处理办法", "way out in Chinese"),
    Column("text_en", "问题（英文）", "problem in English"),
    Column("way_out_en", "处理办法（英文）", "way out"),
)


class ImportRead(BaseModel):
    """One import: how far it is, and what it found by kind."""

    id: UUID
    kind: str
    status: str
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    file_sha256: str | None
    filename: str
    created_at: datetime
    updated_at: datetime
    report: str


class FindingRead(BaseModel):
    """One finding on one line of an imported list."""

    line: int
    column: str
    value: str
    gravity: RowGravity
    code: str
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


def _shown(operation: Operation, path: str) -> dict[str, Any]:
    names = set(ImportRead.model_fields) - {"filename", "report", "status"}
    return ImportRead(
        **{name: getattr(operation, name) for name in names},
        status=operation.state,
        filename=operation.input["filename"],
        report=f"{path}/{operation.id}/report",
    ).model_dump(mode="json")


async def start(  # each is a part of the upload
    request: Request, tx: Transaction, files: FileStore, upload: UploadFile, *, kind: str, path: str
) -> Response:
    """Keep the file, queue the import and answer 202 with its address; the job is woken after the commit."""
    settings = request.app.state.settings
    stored = await files.put(upload, declared_type=upload.content_type, limit=settings.max_upload_bytes)
    operation = await usecases.start_import(
        tx,
        kind=kind,
        operation_id=new_id(),
        sha256=stored.sha256,
        media_type=stored.media_type,
        filename=(upload.filename or "")[:200],
    )
    tx.after_commit(lambda: request.app.state.wake(kind))
    headers = {"location": f"{path}/{operation.id}"}
    return JSONResponse(_shown(operation, path), 202, headers=headers)


async def state(tx: Transaction, operation_id: UUID, *, kind: str, path: str) -> Response:
    """Answer with the state of an import."""
    return JSONResponse(_shown(await usecases.read_import(tx, operation_id, kind), path))


async def report(
    tx: Transaction, operation_id: UUID, paging: PageRequest, *, kind: str, report_format: ReportFormat
) -> Response:
    """Answer with what an import found line by line: a page in JSON, or all of it as CSV or XLSX."""
    operation = await usecases.read_import(tx, operation_id, kind)
    if report_format != "json":
        rows = _entries(usecases.all_findings(tx, operation.id))
        return await export(rows, COLUMNS, format=report_format, filename=f"{kind}-report")
    found = await usecases.page_of_findings(tx, operation.id, after=_after(paging), limit=paging.limit + 1)
    last = found[paging.limit - 1] if len(found) > paging.limit else None
    items = [_entry(row) for row in found[: paging.limit]]
    return page(paging, items, None if last is None else (last.line, last.position))


def _after(paging: PageRequest) -> tuple[int, int] | None:
    key = paging.cursor()
    if key is None:
        return None
    match key:
        case (int() as line, int() as position):
            return line, position
        case _:
            raise Refusal(CURSOR_INVALID, pointer="query:cursor")


async def _entries(rows: AsyncIterator[ImportFinding]) -> AsyncIterator[dict[str, Any]]:
    async for row in rows:
        yield _entry(row)


def _entry(row: ImportFinding) -> dict[str, Any]:
    kind = KINDS[row.code]
    return {
        "line": row.line,
        "column": row.column_name,
        "value": row.value,
        "gravity": row.gravity.value,
        "code": row.code,
        "text_zh": kind.text_zh,
        "text_en": kind.text_en,
        "way_out_zh": kind.way_out_zh,
        "way_out_en": kind.way_out_en,
    }

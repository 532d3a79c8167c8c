"""Routes of one kind of import: template, upload (also as a rehearsal), progress, cancel, report, refused lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, File, Query, Request, Response, UploadFile

from shared.db.line_finding import StoredFinding, all_findings, page_of_findings, refused_lines
from shared.db.operation import (
    Operation,
    cancel_operation,
    find_operation,
    page_of_operations,
    start_operation,
)
from shared.db.transaction import Transaction
from shared.files.media_type import CSV, FILE_TYPE_REFUSED, XLSX, type_refused
from shared.files.refusals import UNOPENED
from shared.files.refused_lines import refused_table
from shared.files.store import FileStore
from shared.files.table_refusals import IMPORT_ENDED, TABLE_TYPE_UNKNOWN
from shared.files.tabular import TABLES
from shared.files.template import template_csv, template_xlsx
from shared.kernel.actor import Actor
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.ids import new_id
from shared.kernel.refusals import BODY_TOO_LARGE, FORBIDDEN_ROLE, NOT_FOUND
from shared.table.column import ListForm
from shared.table.finding import FindingKind, RowGravity, kind_of, texts
from shared.table.kinds import GENERAL
from shared.table.tally import kinds_by_code
from shared.web.answer import answered, paged
from shared.web.edge import Files, RowScope, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Column, Format, attachment, export
from shared.web.import_read import FindingRead, ImportRead, ImportResult
from shared.web.paging import PageOf, PageRequest, Paging

ReportFormat = Literal["json", "csv", "xlsx"]
_REPORT = (
    Column("line", "行", "line"),
    Column("column", "列", "column"),
    Column("value", "值", "value"),
    Column("gravity", "处理", "gravity"),
    Column("code", "代码", "code"),
    Column("text_zh", "问题", "problem in Chinese"),
    Column("way_out_zh", "处理办法", "way out in Chinese"),
    Column("text_en", "问题（英文）", "problem in English"),
    Column("way_out_en", "处理办法（英文）", "way out"),
)
_TOLD = {"id", "kind", "done", "total", "error", "file_sha256", "created_at", "updated_at"}


def import_router(
    form: ListForm,
    *,
    scope: str,
    row: RowScope,
    may_start: Callable[[Actor], None],
    kinds: Sequence[FindingKind] = (),
) -> APIRouter:
    """Return the routes of one kind of import.

    Args:
        form: the list.
        scope: scope that its callers hold.
        row: whose rows it touches, for the documentation.
        may_start: refuses who may not import this list.
        kinds: findings of its own, beside the general ones.
    """
    router = edge_router(tags=["imports"])
    routes = _Routes(form, may_start, kinds_by_code(GENERAL, kinds))
    _add_template(router, routes, form, scope=scope, row=row)
    _add_upload(router, routes, form, scope=scope, row=row)
    _add_list(router, routes, form, scope=scope, row=row)
    _add_progress(router, routes, form, scope=scope, row=row)
    _add_report(router, routes, form, scope=scope, row=row)
    return router


def _name(form: ListForm) -> str:
    return form.name.replace("-", "_")


def _add_template(router: APIRouter, routes: "_Routes", form: ListForm, *, scope: str, row: RowScope) -> None:
    @router.get(
        f"/imports/{form.name}/template",
        operation_id=f"read_{_name(form)}_template",
        response_class=Response,
        responses=TABLE,
    )
    @edge(scope=scope, row=row, summary_zh=f"下载{form.title_zh}导入模板")
    async def read_template(
        tx: Tx, file_format: Annotated[Format, Query(alias="format", description="csv 或 xlsx / csv or xlsx")] = "xlsx"
    ) -> Response:
        """Download the template of the list: headings, what each column means, an example line."""
        del tx
        return await routes.template(file_format)


def _add_upload(router: APIRouter, routes: "_Routes", form: ListForm, *, scope: str, row: RowScope) -> None:
    @router.post(
        f"/imports/{form.name}",
        operation_id=f"import_{_name(form)}",
        status_code=202,
        response_model=ImportRead,
        responses=refusals(FORBIDDEN_ROLE, BODY_TOO_LARGE, FILE_TYPE_REFUSED, TABLE_TYPE_UNKNOWN),
    )
    @edge(scope=scope, row=row, summary_zh=f"批量导入{form.title_zh}", tells=False)
    async def start_import(
        request: Request,
        tx: Tx,
        files: Files,
        file: Annotated[UploadFile, File(description="CSV 或 XLSX / CSV or XLSX")],
        *,
        dry_run: Annotated[bool, Query(description="试导入：出报告，不写入 / rehearse: report, write nothing")] = False,
    ) -> Response:
        """Upload a list as CSV or XLSX; good lines are kept, the report names every other one."""
        return await routes.start(request, tx, files, file, dry_run=dry_run)


def _add_list(router: APIRouter, routes: "_Routes", form: ListForm, *, scope: str, row: RowScope) -> None:
    @router.get(f"/imports/{form.name}", operation_id=f"list_{_name(form)}_imports", response_model=PageOf[ImportRead])
    @edge(scope=scope, row=row, summary_zh=f"{form.title_zh}导入记录")
    async def list_imports(tx: Tx, paging: Paging) -> Response:
        """List the caller's imports of this list, newest first, so that one that was left is found again."""
        return await routes.own(tx, paging)


def _add_progress(router: APIRouter, routes: "_Routes", form: ListForm, *, scope: str, row: RowScope) -> None:
    address, name = f"/imports/{form.name}/{{operation_id}}", _name(form)

    @router.get(address, operation_id=f"read_{name}_import", response_model=ImportRead, responses=refusals(NOT_FOUND))
    @edge(scope=scope, row=row, summary_zh=f"查看{form.title_zh}导入进度")
    async def read_import(operation_id: UUID, tx: Tx) -> Response:
        """Read how far an import is and what it found by kind."""
        return answered(routes.shown(await routes.find(tx, operation_id)))

    @router.post(
        f"{address}:cancel",
        operation_id=f"cancel_{name}_import",
        response_model=ImportRead,
        responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, IMPORT_ENDED),
    )
    @edge(scope=scope, row=row, summary_zh=f"取消{form.title_zh}导入", tells=False)
    async def cancel_import(operation_id: UUID, tx: Tx) -> Response:
        """End an import that waits or runs; the lines that were kept before stay."""
        return answered(await routes.cancel(tx, operation_id))


def _add_report(router: APIRouter, routes: "_Routes", form: ListForm, *, scope: str, row: RowScope) -> None:
    address, name = f"/imports/{form.name}/{{operation_id}}", _name(form)

    @router.get(
        f"{address}/report",
        operation_id=f"report_{name}_import",
        response_model=PageOf[FindingRead],
        responses={**TABLE, **refusals(NOT_FOUND)},
    )
    @edge(scope=scope, row=row, summary_zh=f"{form.title_zh}导入逐行报告")
    async def read_report(
        operation_id: UUID,
        request: Request,
        tx: Tx,
        paging: Paging,
        report_format: Annotated[ReportFormat, Query(alias="format", description="json、csv 或 xlsx")] = "json",
    ) -> Response:
        """Read what an import found line by line: line, column, value, problem and way out in both languages."""
        return await routes.report(request, tx, operation_id, paging, report_format)

    @router.get(
        f"{address}/refused",
        operation_id=f"read_{name}_import_refused",
        response_class=Response,
        responses={**TABLE, **refusals(NOT_FOUND, *UNOPENED)},
    )
    @edge(scope=scope, row=row, summary_zh=f"下载{form.title_zh}导入未收录的行")
    async def read_refused(
        operation_id: UUID,
        request: Request,
        tx: Tx,
        files: Files,
        file_format: Annotated[Format, Query(alias="format", description="csv 或 xlsx / csv or xlsx")] = "csv",
    ) -> Response:
        """Download the lines that were left out under their own heading, each with its problems, to be corrected."""
        return await routes.refused(request, tx, files, operation_id, file_format)


class _Routes:
    """What the routes of one import do."""

    def __init__(self, form: ListForm, may_start: Callable[[Actor], None], kinds: dict[str, FindingKind]) -> None:
        self._form = form
        self._may_start = may_start
        self._kinds = kinds

    async def template(self, file_format: Format) -> Response:
        make = template_csv if file_format == "csv" else template_xlsx
        content = await asyncio.to_thread(make, self._form)
        return _download(content, f"{self._form.name}-template.{file_format}")

    async def start(
        self, request: Request, tx: Transaction, files: FileStore, upload: UploadFile, *, dry_run: bool
    ) -> Response:
        """Keep the file, queue the import and answer 202 with its address; the job is woken after the commit."""
        self._may_start(tx.actor)
        kind = self._form.operation
        stored = await files.put(upload, limit=request.app.state.settings.max_upload_bytes)
        if stored.media_type not in TABLES:
            raise type_refused(stored.media_type, TABLE_TYPE_UNKNOWN)
        operation = await start_operation(
            tx,
            operation_id=new_id(),
            kind=kind,
            file_sha256=stored.sha256,
            given={
                "media_type": stored.media_type,
                "filename": (upload.filename or "")[:200],
                "dry_run": dry_run,
            },
        )
        tx.audit(
            f"{kind}.start",
            subject=f"operation/{operation.id}",
            detail={"sha256": stored.sha256, "dry_run": dry_run},
        )
        tx.after_commit(lambda: request.app.state.wake(kind))
        return answered(self.shown(operation), status=202, location=f"{self._form.path}/{operation.id}")

    async def own(self, tx: Transaction, paging: PageRequest) -> Response:
        """Answer with one page of the caller's imports."""
        return paged(paging, await page_of_operations(tx, self._form.operation, paging.wanted()), self.shown)

    async def find(self, tx: Transaction, operation_id: UUID) -> Operation:
        """Return an import of the caller.

        Raises:
            Refusal: `not_found`, also for another client's.
        """
        operation = await find_operation(tx, operation_id, self._form.operation)
        if operation is None:
            raise Refusal(NOT_FOUND, noun="import")
        return operation

    async def cancel(self, tx: Transaction, operation_id: UUID) -> dict[str, Any]:
        """End an import behind its last commit.

        Raises:
            Refusal: `not_found`, `forbidden_role`, `import_ended`.
        """
        operation = await self.find(tx, operation_id)
        self._may_start(tx.actor)
        ended = await cancel_operation(tx, operation.id)
        if ended is None:
            raise Refusal(IMPORT_ENDED)
        tx.audit(f"{operation.kind}.cancel", subject=f"operation/{operation.id}", detail={"done": ended.done})
        return self.shown(ended)

    async def report(
        self,
        request: Request,
        tx: Transaction,
        operation_id: UUID,
        paging: PageRequest,
        report_format: ReportFormat,
    ) -> Response:
        """Answer with what an import found line by line: a page in JSON, or all of it as CSV or XLSX."""
        operation = await self.find(tx, operation_id)
        codes: Sequence[RefusalCode] = request.app.state.refusals
        if report_format != "json":
            rows = self._entries(all_findings(tx, operation.id), codes)
            return await export(rows, _REPORT, format=report_format, filename=f"{self._form.name}-report")
        found = await page_of_findings(tx, operation.id, paging.wanted())
        return paged(paging, found, lambda row: self._entry(row, codes))

    async def refused(
        self, request: Request, tx: Transaction, files: FileStore, operation_id: UUID, file_format: Format
    ) -> Response:
        """Answer with the lines that were left out under the heading of the file, as CSV or XLSX."""
        operation = await self.find(tx, operation_id)
        lines = await refused_lines(tx, operation.id)
        codes: Sequence[RefusalCode] = request.app.state.refusals
        said: dict[int, list[str]] = {}
        async for row in all_findings(tx, operation.id):
            if row.line in lines and row.gravity is RowGravity.REFUSED:
                entry = self._entry(row, codes)
                way_out = entry["way_out_zh"].removesuffix("。")
                said.setdefault(row.line, []).append(f"{entry['column']}：{entry['text_zh']}（{way_out}）")
        content = await files.read(operation.file_sha256 or "")
        media_type = operation.input["media_type"]
        told = {line: "；".join(words) for line, words in said.items()}
        body = await asyncio.to_thread(refused_table, content, media_type, self._form, told, file_format=file_format)
        return _download(body, f"{self._form.name}-refused.{file_format}")

    def shown(self, operation: Operation) -> dict[str, Any]:
        """Return an import as callers see it."""
        result = operation.result
        address = f"{self._form.path}/{operation.id}"
        return ImportRead(
            **{name: getattr(operation, name) for name in _TOLD},
            status=operation.state,
            filename=operation.input["filename"],
            dry_run=bool(operation.input.get("dry_run")),
            result=None if result is None else ImportResult.model_validate(result),
            problem=None if result is None else result.get("problem"),
            report=f"{address}/report",
            refused=f"{address}/refused",
        ).model_dump(mode="json")

    async def _entries(
        self, rows: AsyncIterator[StoredFinding], codes: Sequence[RefusalCode]
    ) -> AsyncIterator[dict[str, Any]]:
        async for row in rows:
            yield self._entry(row, codes)

    def _entry(self, row: StoredFinding, codes: Sequence[RefusalCode]) -> dict[str, Any]:
        kind = self._kinds.get(row.code) or next(
            (kind_of(code) for code in codes if code.code == row.code),
            FindingKind(row.code, row.gravity, row.code, row.code, "", ""),
        )
        return {
            "line": row.line,
            "column": row.column,
            "value": row.value,
            "gravity": row.gravity.value,
            "code": row.code,
            **texts(kind, row.details),
        }


def _download(content: bytes, name: str) -> Response:
    kind = f"{CSV}; charset=utf-8" if name.endswith(".csv") else XLSX
    return Response(content, media_type=kind, headers={"content-disposition": attachment(name)})

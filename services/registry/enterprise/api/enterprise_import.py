"""Routes of importing enterprises."""

from typing import Annotated
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile

from services.registry.enterprise.api import import_report
from services.registry.enterprise.api.import_report import FindingRead, ImportRead, ReportFormat
from services.registry.enterprise.usecases.import_report import ENTERPRISES
from shared.files.media_type import FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED
from shared.kernel.refusals import BODY_TOO_LARGE, FORBIDDEN_ROLE, NOT_FOUND
from shared.web.edge import Files, Tx, edge, edge_router, refusals
from shared.web.export import TABLE
from shared.web.paging import PageOf, Paging

router = edge_router(tags=["imports 批量导入"])

_PATH = "/v1/imports/enterprises"


@router.post(
    "/imports/enterprises",
    status_code=202,
    response_model=ImportRead,
    responses=refusals(FORBIDDEN_ROLE, BODY_TOO_LARGE, FILE_TYPE_REFUSED, FILE_TYPE_MISMATCH),
)
@edge(scope="registry.import:write", row="unit", summary_zh="批量导入企业")
async def import_enterprises(
    request: Request,
    tx: Tx,
    files: Files,
    file: Annotated[UploadFile, File(description="CSV 或 XLSX / CSV or XLSX")],
) -> Response:
    """Upload a list of enterprises as CSV or XLSX; good lines are kept, the report names every other one."""
    return await import_report.start(request, tx, files, file, kind=ENTERPRISES, path=_PATH)


@router.get("/imports/enterprises/{operation_id}", response_model=ImportRead, responses=refusals(NOT_FOUND))
@edge(scope="registry.import:write", row="unit", summary_zh="查看企业导入进度")
async def read_enterprise_import(operation_id: UUID, tx: Tx) -> Response:
    """Read how far an import is and what it found by kind."""
    return await import_report.state(tx, operation_id, kind=ENTERPRISES, path=_PATH)


@router.get("/imports/enterprises/{operation_id}/report", response_model=PageOf[FindingRead], responses=TABLE)
@edge(scope="registry.import:write", row="unit", summary_zh="企业导入逐行报告")
async def report_enterprise_import(
    operation_id: UUID,
    tx: Tx,
    paging: Paging,
    report_format: Annotated[ReportFormat, Query(alias="format", description="json、csv 或 xlsx")] = "json",
) -> Response:
    """Read what an import found line by line: line, column, value, problem and way out in both languages."""
    return await import_report.report(tx, operation_id, paging, kind=ENTERPRISES, report_format=report_format)

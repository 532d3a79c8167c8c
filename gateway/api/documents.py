"""Descriptions of the whole suite: the joined OpenAPI document and every problem code."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.web.edge import edge, edge_router

router = edge_router(prefix="", tags=["documents"])


@router.get("/openapi.json", include_in_schema=False)
@edge(scope="public", row="any", summary_zh="接口描述", transaction=False)
async def read_openapi(request: Request) -> JSONResponse:
    """Give the joined OpenAPI document of all services."""
    app: FastAPI = request.app
    own: dict[str, Any] = app.openapi()
    return JSONResponse(await app.state.catalogue.openapi(own, issuer=app.state.settings.issuer))


@router.get("/problems/{code}", include_in_schema=False)
@edge(scope="public", row="any", summary_zh="错误代码说明", transaction=False)
async def read_problem(code: str, request: Request) -> JSONResponse:
    """Explain a problem code of the gateway or of any service."""
    own = request.app.state.problems.get(code)
    found = own or await request.app.state.catalogue.problem(code)
    if found is None:
        raise Refusal(NOT_FOUND, noun="problem")
    return JSONResponse(found)

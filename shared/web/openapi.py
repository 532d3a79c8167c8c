"""The description of a service: OpenAPI 3.1 with problem documents, scopes, and docs pages that need no internet."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.refusals import NOT_FOUND
from shared.web.edge_docs import example
from shared.web.problem import MEDIA_TYPE, FieldProblem, Problem

_REFERENCE = "#/components/schemas/{model}"
_OURS_INSTEAD = ("HTTPValidationError", "ValidationError")


def install(app: FastAPI, *, token_url: str) -> None:
    """Make `app.openapi()` describe problems and scopes as they are."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            app.openapi_schema = complete(schema, token_url=token_url)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def complete(schema: dict[str, Any], *, token_url: str) -> dict[str, Any]:
    """Add problem schemas and the token flow; put problems where FastAPI describes its own errors."""
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        described = model.model_json_schema(ref_template=_REFERENCE)
        described.pop("$defs", None)
        schemas[model.__name__] = described
    for name in _OURS_INSTEAD:
        schemas.pop(name, None)
    scopes: set[str] = set()
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            if "x-scope" in operation:
                scopes.add(operation["x-scope"])
            _replace_validation_errors(operation)
    components.setdefault("securitySchemes", {})["oauth2"] = {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": dict.fromkeys(sorted(scopes), "")}},
    }
    return schema


def _replace_validation_errors(operation: dict[str, Any]) -> None:
    for response in operation.get("responses", {}).values():
        json_content = response.get("content", {}).get("application/json", {})
        if any(json_content.get("schema", {}).get("$ref", "").endswith(name) for name in _OURS_INSTEAD):
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}


def problem_pages(refusals: Sequence[RefusalCode]) -> APIRouter:
    """Return the routes that explain every code, where the `type` of a problem document points."""
    by_code = {code.code: code for code in refusals}
    router = APIRouter(prefix="/problems", tags=["operations"])

    @router.get("", summary="错误代码目录 / Every problem code")
    async def list_problems() -> JSONResponse:
        return JSONResponse({"items": [entry(code) for _, code in sorted(by_code.items())]})

    @router.get("/{code}", summary="错误代码说明 / One problem code")
    async def read_problem(code: str, request: Request) -> JSONResponse:
        del request
        if code not in by_code:
            raise Refusal(NOT_FOUND, noun="problem")
        return JSONResponse(entry(by_code[code]))

    return router


def entry(code: RefusalCode) -> dict[str, Any]:
    """Return what the catalogue says of a code, in both languages."""
    return {**example(code), "title_en": code.title_en, "detail_en": code.way_out_en}

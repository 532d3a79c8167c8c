"""The description of a service: OpenAPI 3.1 with problem documents, scopes and examples."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.dictionary import DICTIONARY
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.example import ExampleMissing, Examples, example_of, fits
from shared.kernel.refusals import FIELD_INVALID, NOT_FOUND, QUERY_UNKNOWN
from shared.web.edge_docs import EXAMPLES, anywhere, example, refusals
from shared.web.meaning import describe
from shared.web.problem import MEDIA_TYPE, FieldProblem, Problem
from shared.web.query import OperatorsRoute

_REFERENCE = "#/components/schemas/{model}"
_OURS_INSTEAD = ("HTTPValidationError", "ValidationError")
_METHODS = ("get", "put", "post", "patch", "delete")
_JSON = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


class ProblemEntry(BaseModel):
    """One code of the catalogue, in both languages."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    code: str
    title_en: str
    detail_en: str
    hint_en: str


class ProblemCatalogue(BaseModel):
    """Every code that a service may answer with."""

    items: list[ProblemEntry]


def install(app: FastAPI, *, token_url: str, examples: Examples) -> None:
    """Make `app.openapi()` describe problems, scopes and examples as they are.

    Args:
        app: the service.
        token_url: where tokens are given.
        examples: made-up values of its examples, by field name.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=_tags(app),
                servers=[{"url": "/", "description": "本服务 / this service"}],
            )
            codes = {code.code: example(code, app.state.service_name) for code in app.state.refusals}
            schema = complete(schema, token_url=token_url, examples=examples, codes=codes)
            describe(schema, DICTIONARY)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def complete(
    schema: dict[str, Any], *, token_url: str, examples: Examples, codes: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """Add problem schemas, the token flow and examples; put problems where FastAPI describes its own errors."""
    schema = _with_readable_names(schema)
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        described = model.model_json_schema(ref_template=_REFERENCE)
        described.pop("$defs", None)
        schemas[model.__name__] = described
    for name in _OURS_INSTEAD:
        schemas.pop(name, None)
    scopes: set[str] = set()
    used: set[str] = set()
    for operation in operations(schema):
        if "x-scope" in operation:
            scopes.add(operation["x-scope"])
        operation.setdefault("security", [])
        _replace_validation_errors(operation)
        _add_examples(operation, examples, schemas)
        used |= {example.rpartition("/")[2] for example in _named_examples(operation)}
    components["examples"] = {code: codes[code] for code in sorted(used)}
    components.setdefault("securitySchemes", {})["oauth2"] = {
        "type": "oauth2",
        "description": "客户端凭证 / client credentials: POST /oauth2/token",
        "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": dict.fromkeys(sorted(scopes), "")}},
    }
    return schema


def _with_readable_names(schema: dict[str, Any]) -> dict[str, Any]:
    """Call a generic shape by its title, `PageOfLoanRead` for `PageOf_LoanRead_`: generated clients show the name."""
    text = orjson.dumps(schema)
    for name, described in schema.get("components", {}).get("schemas", {}).items():
        if name.endswith("_"):
            text = text.replace(f'"{name}"'.encode(), f'"{described["title"]}"'.encode())
            text = text.replace(f'/{name}"'.encode(), f'/{described["title"]}"'.encode())
    named: dict[str, Any] = orjson.loads(text)
    return named


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of a document."""
    for path in schema.get("paths", {}).values():
        yield from (path[method] for method in _METHODS if method in path)


def _tags(app: FastAPI) -> list[dict[str, Any]]:
    """Return each tag once, in the order of the routes; the dictionary says what they mean."""
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.include_in_schema]
    return [{"name": str(tag)} for tag in dict.fromkeys(tag for route in routes for tag in route.tags)]


def _replace_validation_errors(operation: dict[str, Any]) -> None:
    for response in operation.get("responses", {}).values():
        json_content = response.get("content", {}).get("application/json", {})
        if any(json_content.get("schema", {}).get("$ref", "").endswith(name) for name in _OURS_INSTEAD):
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}


def _named_examples(operation: dict[str, Any]) -> Iterator[str]:
    for response in operation.get("responses", {}).values():
        for media in response.get("content", {}).values():
            yield from (
                held["$ref"] for held in media.get("examples", {}).values() if held.get("$ref", "").startswith(EXAMPLES)
            )


def _add_examples(operation: dict[str, Any], examples: Examples, schemas: dict[str, Any]) -> None:
    """Give the body, the good answers and the parameters an example each, made of the glossary."""
    bodies = [operation.get("requestBody", {})]
    answers = [answer for status, answer in operation["responses"].items() if str(status).startswith("2")]
    for part in (*bodies, *answers):
        for kind, media in part.get("content", {}).items():
            if kind in _JSON and "schema" in media and not {"example", "examples"} & media.keys():
                # A service without examples still describes itself; tests/contract names each example that is missing.
                with contextlib.suppress(ExampleMissing):
                    media["example"] = example_of(media["schema"], examples, schemas)
    for parameter in operation.get("parameters", ()):
        value = examples.get(f"{operation['operationId']}.{parameter['name']}", examples.get(parameter["name"]))
        if "example" not in parameter and value is not None and fits(parameter["schema"], value, schemas):
            parameter["example"] = value


def problem_pages(codes: Sequence[RefusalCode]) -> APIRouter:
    """Return the routes that explain every code, where the `type` of a problem document points."""
    by_code = {code.code: code for code in codes}
    router = APIRouter(prefix="/problems", tags=["operations"], responses=anywhere(), route_class=OperatorsRoute)

    @router.get(
        "", summary="错误代码目录 / Every problem code", operation_id="list_problems", response_model=ProblemCatalogue
    )
    async def list_problems() -> JSONResponse:
        return JSONResponse({"items": [entry(code) for _, code in sorted(by_code.items())]})

    @router.get(
        "/{code}",
        summary="错误代码说明 / One problem code",
        operation_id="read_problem",
        response_model=ProblemEntry,
        responses=refusals(NOT_FOUND, FIELD_INVALID, QUERY_UNKNOWN),
    )
    async def read_problem(code: Annotated[str, Path(max_length=64)], request: Request) -> JSONResponse:
        del request
        if code not in by_code:
            raise Refusal(NOT_FOUND, noun="problem")
        return JSONResponse(entry(by_code[code]))

    return router


def entry(code: RefusalCode) -> dict[str, Any]:
    """Return what the catalogue says of a code, in both languages."""
    return {
        "type": f"/problems/{code.code}",
        "title": code.title_zh,
        "status": code.status,
        "detail": code.way_out_zh,
        "code": code.code,
        "title_en": code.title_en,
        "detail_en": code.way_out_en,
        "hint": code.hint()[0],
        "hint_en": code.hint()[1],
    }

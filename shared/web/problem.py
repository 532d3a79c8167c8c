"""A "no" as a problem document (RFC 9457), in Chinese or English; the only renderer of errors."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, Field

from shared.kernel.errors import Detail, RefusalCode
from shared.kernel.refusals import IDEMPOTENCY_KEY_RUNNING, NOUNS_ZH
from shared.web.language import Language, choose_language

MEDIA_TYPE = "application/problem+json"
_RETRYABLE = frozenset({429, 503, 504})


class FieldProblem(BaseModel):
    """One field at fault."""

    pointer: str = Field(
        description="JSON pointer into the body (`/principal_fen`), or `query:limit`, `path:id`, `header:if-match`"
    )
    code: str = Field(description="stable code of the fault")
    message: str = Field(description="what the field must be")


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable; texts follow Accept-Language, Chinese by default."""

    type: str = Field(description="address of the explanation of this code", examples=["/problems/field_invalid"])
    title: str = Field(description="what is wrong")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="the way out: what the caller can do now")
    instance: str = Field(description="path of the request")
    code: str = Field(description="stable code", examples=["field_invalid"])
    errors: list[FieldProblem] = Field(default_factory=list, description="the fields at fault")
    details: dict[str, Any] = Field(
        default_factory=dict, description="values behind the sentence: texts, whole numbers, booleans or null"
    )
    retryable: bool = Field(description="whether the same request with the same key may succeed later")
    source: str = Field(description="which service refused")
    request_id: str = Field(description="quote this when you ask us")


class _Named(dict[str, Any]):
    """Values for a text; a name the refusal did not give is left as it stands."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _plain(value: Detail) -> str | int | bool | None:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def is_retryable(code: RefusalCode) -> bool:
    """Tell whether the same request with the same key may succeed later."""
    return code.status in _RETRYABLE or code is IDEMPOTENCY_KEY_RUNNING


def texts(code: RefusalCode, details: Mapping[str, Detail], language: Language) -> tuple[str, str]:
    """Return title and way out of `code` in `language`, with the details filled in."""
    named = _Named({name: _plain(value) for name, value in details.items()})
    if language == "zh" and isinstance(named.get("noun"), str):
        named["noun"] = NOUNS_ZH.get(named["noun"], named["noun"])
    elif isinstance(named.get("noun"), str):
        named["noun"] = named["noun"].replace("_", " ")
    title, way_out = (code.title_zh, code.way_out_zh) if language == "zh" else (code.title_en, code.way_out_en)
    return title.format_map(named), way_out.format_map(named)


def problem_body(
    code: RefusalCode,
    *,
    request: Request,
    details: Mapping[str, Detail] | None = None,
    errors: Sequence[FieldProblem] = (),
    source: str | None = None,
) -> dict[str, Any]:
    """Return the members of a problem document for `request`; `source` is another service that failed us."""
    details = details or {}
    title, way_out = texts(code, details, choose_language(request.headers.get("accept-language")))
    return {
        "type": f"/problems/{code.code}",
        "title": title,
        "status": code.status,
        "detail": way_out,
        "instance": request.url.path,
        "code": code.code,
        "errors": [error.model_dump() for error in errors],
        "details": {name: _plain(value) for name, value in details.items()},
        "retryable": is_retryable(code),
        "source": source or request.app.state.service_name,
        "request_id": request.scope.get("request_id", ""),
    }


def problem_response(
    code: RefusalCode,
    *,
    request: Request,
    details: Mapping[str, Detail] | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Response:
    """Answer `request` with a problem document."""
    body = problem_body(code, request=request, details=details, errors=errors, source=source)
    language = choose_language(request.headers.get("accept-language"))
    spoken = {"content-language": "zh-CN" if language == "zh" else "en"}
    return Response(
        orjson.dumps(body), status_code=code.status, media_type=MEDIA_TYPE, headers={**spoken, **(headers or {})}
    )

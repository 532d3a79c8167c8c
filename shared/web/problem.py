"""A "no" as a problem document (RFC 9457), in Chinese or English; the only renderer of errors."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, Field

from shared.kernel.detail_text import detail_words
from shared.kernel.errors import Detail, RefusalCode
from shared.kernel.refusals import IDEMPOTENCY_KEY_RUNNING, NOUNS_ZH
from shared.web.language import Language, choose_language

MEDIA_TYPE = "application/problem+json"
_RETRYABLE = frozenset({429, 503, 504})


class FieldProblem(BaseModel):
    """One field at fault."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable; texts follow Accept-Language, Chinese by default."""

    type: str = Field(examples=["/problems/field_invalid"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    hint: str
    instance: str
    code: str = Field(examples=["field_invalid"])
    errors: list[FieldProblem] = Field(default_factory=list)
    details: dict[str, Any] = Field(default_factory=dict)
    retryable: bool
    source: str
    request_id: str


def _plain(value: Detail) -> str | int | bool | None:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def is_retryable(code: RefusalCode) -> bool:
    """Tell whether the same request with the same key may succeed later."""
    return code.status in _RETRYABLE or code is IDEMPOTENCY_KEY_RUNNING


def texts(code: RefusalCode, details: Mapping[str, Detail], language: Language) -> tuple[str, str, str]:
    """Return title, way out and the engineer's hint of `code` in `language`, with the details filled in."""
    words = detail_words(details, language)
    if "noun" in words:
        noun = words["noun"]
        words["noun"] = NOUNS_ZH.get(noun, noun) if language == "zh" else noun.replace("_", " ")
    chinese = language == "zh"
    title, way_out = (code.title_zh, code.way_out_zh) if chinese else (code.title_en, code.way_out_en)
    return title.format_map(words), way_out.format_map(words), code.hint()[0 if chinese else 1].format_map(words)


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
    title, way_out, hint = texts(code, details, choose_language(request.headers.get("accept-language")))
    return {
        "type": f"/problems/{code.code}",
        "title": title,
        "status": code.status,
        "detail": way_out,
        "hint": hint,
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

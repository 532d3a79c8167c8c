"""Turns whatever a call raises into a problem document: refusals, faulty fields, unknown routes, a lost database."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from shared.db.engine import Busy, DatabaseUnavailable
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.refusals import (
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    CONFLICT,
    FIELD_INVALID,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    REQUEST_UNREADABLE,
    ROUTE_UNKNOWN,
    TOKEN_INVALID,
    TOKEN_MISSING,
    UNAVAILABLE,
)
from shared.web.field_message import field_problems
from shared.web.language import choose_language
from shared.web.problem import FieldProblem, problem_response, texts
from shared.web.routing import allowed_methods

_log = structlog.get_logger(__name__)
_RETRY_AFTER_S = {409: "1", 429: "10", 503: "2"}
_UNIQUE_VIOLATION = "23505"
_EXCLUSION_VIOLATION = "23P01"
_UNSTORABLE = frozenset({"22021", "22003", "22P05", "22008"})  # encoding, number, character or date out of range
_HTTP: dict[int, RefusalCode] = {404: ROUTE_UNKNOWN, 405: METHOD_NOT_ALLOWED, 413: BODY_TOO_LARGE}


def install(app: FastAPI) -> None:
    """Make every failure of `app` a problem document."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_fields)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DatabaseUnavailable, _on_unavailable)
    app.add_exception_handler(Busy, _on_unavailable)
    app.add_exception_handler(DBAPIError, _on_database)


def refusal_response(request: Request, refusal: Refusal) -> Response:
    """Answer a refusal; one that points at a field names it in `errors` too."""
    code = refusal.code
    headers: dict[str, str] = {}
    if code.status == 401:  # noqa: PLR2004
        error = ', error="invalid_token"' if code is TOKEN_INVALID else ""
        headers["www-authenticate"] = f'Bearer realm="kechuang"{error}'
    if code.status in {429, 503} or code.code == "idempotency_key_running":
        headers["retry-after"] = _RETRY_AFTER_S[code.status]
    errors: list[FieldProblem] = []
    if refusal.pointer is not None:
        language = choose_language(request.headers.get("accept-language"))
        title, *_ = texts(code, refusal.details, language)
        errors.append(FieldProblem(pointer=refusal.pointer, code=code.code, message=title))
    return problem_response(code, request=request, details=refusal.details, errors=errors, headers=headers)


def answer_refusal(request: Request, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """Log a refusal and answer it; `headers` go with the answer."""
    if refusal.code is not TOKEN_MISSING:
        _log.info("refused", code=refusal.code.code, pointer=refusal.pointer)
    response = refusal_response(request, refusal)
    response.headers.update(headers or {})
    return response


async def _on_refusal(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, Refusal):
        raise fault
    return answer_refusal(request, fault)


async def _on_fields(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RequestValidationError):
        raise fault
    language = choose_language(request.headers.get("accept-language"))
    return problem_response(FIELD_INVALID, request=request, errors=field_problems(fault.errors(), language))


async def _on_http(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    headers = dict(fault.headers or {})
    if fault.status_code == 400:  # noqa: PLR2004  # FastAPI's and Starlette's own words for a body they cannot parse
        return problem_response(
            BODY_UNREADABLE,
            request=request,
            details={"reason_zh": "格式不符", "reason_en": "malformed"},
            headers=headers,
        )
    if fault.status_code == 405:  # noqa: PLR2004  # the router names the methods of one route alone
        headers.pop("Allow", None)
        headers["allow"] = ", ".join(allowed_methods(request))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    code = _HTTP.get(fault.status_code, INTERNAL if fault.status_code >= 500 else REQUEST_UNREADABLE)  # noqa: PLR2004
    return problem_response(code, request=request, headers=headers)


async def _on_unavailable(request: Request, fault: Exception) -> Response:
    _log.warning("database_unavailable", reason=fault.__cause__ or fault)
    return problem_response(UNAVAILABLE, request=request, headers={"retry-after": _RETRY_AFTER_S[503]})


async def _on_database(request: Request, fault: Exception) -> Response:
    """Answer what the database itself refused: a guard that the rule had not seen is a conflict, not a crash."""
    state = getattr(getattr(fault, "orig", None), "sqlstate", None)
    if state in {_UNIQUE_VIOLATION, _EXCLUSION_VIOLATION}:
        _log.warning("database_guard_held", sqlstate=state, reason=fault)
        return problem_response(CONFLICT, request=request)
    if state in _UNSTORABLE:
        return problem_response(FIELD_INVALID, request=request)
    _log.error("database_fault", sqlstate=state, exc_info=fault)
    return problem_response(INTERNAL, request=request)

"""What the docs page says of a route: scope, row scope, key, and every refusal as a problem document."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from shared.kernel.errors import RefusalCode
from shared.kernel.refusals import (
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    CONFLICT,
    CURSOR_INVALID,
    EVENT_TOO_LARGE,
    FIELD_INVALID,
    FORBIDDEN_SCOPE,
    HISTORY_REGRESSED,
    IDEMPOTENCY_KEY_MISSING,
    IDEMPOTENCY_KEY_REUSED,
    IDEMPOTENCY_KEY_RUNNING,
    INTERNAL,
    MEDIA_TYPE_UNSUPPORTED,
    NOT_FOUND,
    QUERY_REPEATED,
    QUERY_UNKNOWN,
    REQUEST_UNREADABLE,
    TOKEN_INVALID,
    TOKEN_MISSING,
    UNAVAILABLE,
)
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.web.paging import PageRequest
from shared.web.problem import MEDIA_TYPE, is_retryable

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "上次答复的 ETag；未变化则答 304 / ETag of the last answer; 304 if nothing changed",
    "schema": {"type": "string", "maxLength": 1000},
}
_UNCHANGED: dict[str, Any] = {"description": "未变化 / unchanged since the ETag that was sent"}
EXAMPLES = "#/components/examples/"
_ANYWHERE = (REQUEST_UNREADABLE, BODY_TOO_LARGE, INTERNAL)
_ALWAYS = (*_ANYWHERE, FIELD_INVALID, QUERY_UNKNOWN, QUERY_REPEATED, UNAVAILABLE)
_PROTECTED = (TOKEN_MISSING, TOKEN_INVALID, FORBIDDEN_SCOPE)
_WITH_BODY = (BODY_UNREADABLE, MEDIA_TYPE_UNSUPPORTED)
_WITH_KEY = (IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_RUNNING)
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "一笔业务一个键，重试时沿用 / one key per request, kept when you retry; 1–200 visible ASCII",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
}


class Demands(Protocol):
    """The part of an edge rule that the docs page shows."""

    @property
    def scope(self) -> str:
        """Scope that the token must hold, or `public`."""
        ...

    @property
    def row(self) -> str:
        """Whose rows the caller sees."""
        ...

    @property
    def summary_zh(self) -> str:
        """Chinese summary."""
        ...

    @property
    def idempotent(self) -> bool:
        """Whether a POST demands a key."""
        ...


def changes(rule: Demands, methods: Collection[str]) -> bool:
    """Tell whether a route changes something: every method that writes, but a POST only where it demands a key."""
    return bool(set(methods) & {"PUT", "PATCH", "DELETE"}) or ("POST" in methods and rule.idempotent)


def refusals(*codes: RefusalCode) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI responses that name each refusal as an example under its status."""
    by_status: dict[int | str, list[RefusalCode]] = defaultdict(list)
    for code in codes:
        by_status[code.status].append(code)
    return {status: _response(found) for status, found in by_status.items()}


def _response(codes: Sequence[RefusalCode]) -> dict[str, Any]:
    return {
        "description": " · ".join(f"`{code.code}` {code.title_zh} / {code.title_en}" for code in codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code.code: {"$ref": EXAMPLES + code.code} for code in codes},
            }
        },
    }


def example(code: RefusalCode, source: str) -> dict[str, Any]:
    """Return a problem document as `source` would give it for `code`, with its details unfilled."""
    return {
        "summary": f"{code.title_zh} / {code.title_en}",
        "value": {
            "type": f"/problems/{code.code}",
            "title": code.title_zh,
            "status": code.status,
            "detail": code.way_out_zh,
            "hint": code.hint()[0],
            "instance": "/v1/…",
            "code": code.code,
            "errors": [],
            "details": {},
            "retryable": is_retryable(code),
            "source": source,
            "request_id": "019e8000-0000-7000-8000-00000000000a",
        },
    }


def describe(rule: Demands, path: str, endpoint: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a route with summary, security, key and common refusals added."""
    methods = {str(method).upper() for method in options.get("methods") or ["GET"]}
    writes = bool(methods & {"POST", "PUT", "PATCH"})
    keyed = rule.idempotent and "POST" in methods
    english = (endpoint.__doc__ or endpoint.__name__.replace("_", " ")).strip().partition("\n")[0].rstrip(".")
    codes = [*_ALWAYS]
    codes += _PROTECTED if rule.scope != "public" else ()
    codes += _WITH_BODY if writes else ()
    codes += _WITH_KEY if keyed else ()
    codes += (CONFLICT, EVENT_TOO_LARGE, HISTORY_REGRESSED) if changes(rule, methods) else ()
    codes += (CURSOR_INVALID,) if _takes(endpoint, PageRequest) else ()
    codes += (RULE_SET_NOT_IN_FORCE,) if _takes(endpoint, RuleBook) else ()
    if "{" in path:
        codes.append(NOT_FOUND)
    extra: dict[str, Any] = {"x-row-scope": rule.row}
    if rule.scope == "public":
        extra["security"] = []
    else:
        extra["x-scope"] = rule.scope
        extra["security"] = [{"oauth2": [rule.scope]}]
    if keyed:
        extra["parameters"] = [_KEY_PARAMETER]
    merged = _merge(refusals(*codes), options.get("responses") or {})
    if "GET" in methods:
        extra["parameters"] = [_IF_NONE_MATCH]
        merged[304] = _UNCHANGED
    return {
        **options,
        "operation_id": options.get("operation_id") or endpoint.__name__,
        "summary": options.get("summary") or f"{rule.summary_zh} / {english}",
        "responses": merged,
        "openapi_extra": {**extra, **(options.get("openapi_extra") or {})},
    }


def _takes(endpoint: Callable[..., Any], kind: type) -> bool:
    """Tell whether a parameter of a route is of `kind`, annotated or not."""
    kinds = (parameter.annotation for parameter in inspect.signature(endpoint).parameters.values())
    return any(getattr(found, "__origin__", found) is kind for found in kinds)


def anywhere() -> dict[int | str, dict[str, Any]]:
    """Return what any address may answer, a page of the operators too: these are given before a route is looked for."""
    return refusals(*_ANYWHERE)


def _merge(
    common: dict[int | str, dict[str, Any]], own: dict[int | str, dict[str, Any]]
) -> dict[int | str, dict[str, Any]]:
    """Join the refusals of one status: its own first, then the common ones."""
    merged = dict(common)
    for status, response in own.items():
        before = merged.get(status)
        if before is None:
            merged[status] = response
            continue
        content = {**before["content"], **response.get("content", {})}
        examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
        shared = before["content"][MEDIA_TYPE]
        content[MEDIA_TYPE] = {**shared, "examples": {**examples, **shared["examples"]}}
        merged[status] = {
            **response,
            "description": f"{response['description']} · {before['description']}",
            "content": content,
        }
    return merged

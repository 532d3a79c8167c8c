"""What the docs page says of a route: scope, row scope, key, and every refusal as a problem document."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.kernel.errors import RefusalCode
from shared.kernel.refusals import (
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    CONFLICT,
    EVENT_TOO_LARGE,
    FIELD_INVALID,
    FORBIDDEN_SCOPE,
    HISTORY_REGRESSED,
    IDEMPOTENCY_KEY_MISSING,
    IDEMPOTENCY_KEY_REUSED,
    IDEMPOTENCY_KEY_RUNNING,
    INTERNAL,
    MEDIA_TYPE_UNSUPPORTED,
    QUERY_REPEATED,
    QUERY_UNKNOWN,
    REQUEST_UNREADABLE,
    TOKEN_INVALID,
    TOKEN_MISSING,
    UNAVAILABLE,
)
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
_BETWEEN = " · "
_ANYWHERE = (REQUEST_UNREADABLE, BODY_TOO_LARGE, INTERNAL)
_ALWAYS = (*_ANYWHERE, QUERY_UNKNOWN, UNAVAILABLE)
_PROTECTED = (TOKEN_MISSING, TOKEN_INVALID)
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
        """Scope that the token must hold, `public` without one, or `token` where any will do."""
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

    @property
    def tells(self) -> bool:
        """Whether a change tells other systems of it."""
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
        "description": _BETWEEN.join(f"`{code.code}` {code.title_zh} / {code.title_en}" for code in codes),
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


def describe(rule: Demands, endpoint: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a route with summary, security and key added; `common` adds what every route may refuse."""
    methods = {str(method).upper() for method in options.get("methods") or ["GET"]}
    english = (endpoint.__doc__ or endpoint.__name__.replace("_", " ")).strip().partition("\n")[0].rstrip(".")
    extra: dict[str, Any] = {"x-row-scope": rule.row}
    if rule.scope == "public":
        extra["security"] = []
    elif rule.scope == "token":
        extra["security"] = [{"oauth2": []}]
    else:
        extra["x-scope"] = rule.scope
        extra["security"] = [{"oauth2": [rule.scope]}]
    if rule.idempotent and "POST" in methods:
        extra["parameters"] = [_KEY_PARAMETER]
    if "GET" in methods:
        extra["parameters"] = [_IF_NONE_MATCH]
    return {
        **options,
        "operation_id": options.get("operation_id") or endpoint.__name__,
        "summary": options.get("summary") or f"{rule.summary_zh} / {english}",
        "openapi_extra": {**extra, **(options.get("openapi_extra") or {})},
    }


def with_common(
    rule: Demands, route: APIRoute, refused_by: Mapping[Callable[..., Any], Sequence[RefusalCode]]
) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a route with the refusals that follow from what the edge demands and FastAPI reads.

    Args:
        rule: what the edge demands.
        route: the route, with what FastAPI reads for it.
        refused_by: dependency → what it, or the use of what it gives, may refuse.
    """
    methods = route.methods or set()
    dependants = [*_below(route.dependant)]
    takes_query = any(one.query_params for one in dependants)
    takes_fields = any(one.path_params or one.header_params or one.cookie_params for one in dependants)
    reads_body = route.body_field is not None
    calls = {one.call for one in dependants}
    codes = [*_ALWAYS]
    codes += _PROTECTED if rule.scope != "public" else ()
    codes += (FORBIDDEN_SCOPE,) if rule.scope not in {"public", "token"} else ()
    codes += (QUERY_REPEATED,) if takes_query else ()
    codes += (FIELD_INVALID,) if takes_query or takes_fields or reads_body or _is_keyed(rule, methods) else ()
    codes += _WITH_BODY if reads_body else ()
    codes += _WITH_KEY if _is_keyed(rule, methods) else ()
    codes += (CONFLICT, HISTORY_REGRESSED) if changes(rule, methods) else ()
    codes += (EVENT_TOO_LARGE,) if changes(rule, methods) and rule.tells else ()
    codes += [code for call, refused in refused_by.items() if call in calls for code in refused]
    merged = _merge(refusals(*codes), route.responses)
    if "GET" in methods:
        merged[304] = _UNCHANGED
    return merged


def _is_keyed(rule: Demands, methods: Collection[str]) -> bool:
    return rule.idempotent and "POST" in methods


def _below(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _below(one)


def anywhere() -> dict[int | str, dict[str, Any]]:
    """Return what any address may answer, a page of the operators too, which takes no parameter of a query."""
    return refusals(*_ANYWHERE, QUERY_UNKNOWN)


def with_refusals(common: Mapping[Any, Any], own: Mapping[Any, Any]) -> dict[str, Any]:
    """Join two sets of refusals as they stand in a document; of one status the second ones come first."""
    return _merge({str(one): answer for one, answer in common.items()}, {str(one): own[one] for one in own})


def _merge(common: Mapping[Any, dict[str, Any]], own: Mapping[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Join the refusals of one status: its own first, then the common ones."""
    merged = dict(common)
    for status, response in own.items():
        before = merged.get(status)
        if before is None or MEDIA_TYPE not in before.get("content", {}):
            merged[status] = response
            continue
        examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
        shared = before["content"][MEDIA_TYPE]
        added = {code: held for code, held in shared["examples"].items() if code not in examples}
        words = before["description"].split(_BETWEEN)
        told = [one for one in words if one not in response["description"].split(_BETWEEN)]
        content = {**before["content"], **response.get("content", {})}
        content[MEDIA_TYPE] = {**shared, "examples": {**examples, **added}}
        merged[status] = {
            **response,
            "description": _BETWEEN.join([response["description"], *told]),
            "content": content,
        }
    return merged

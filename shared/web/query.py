"""Query parameters are taken by name: one that is not known, or is given twice, would be dropped in silence."""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.kernel.errors import Refusal
from shared.kernel.refusals import QUERY_REPEATED, QUERY_UNKNOWN

_SHOWN = 60
_SEVERAL = frozenset({list, tuple, set, frozenset})


@dataclass(frozen=True, slots=True)
class QueryNames:
    """Which parameters a route takes.

    Attributes:
        known: every name.
        repeatable: the names that take several values.
    """

    known: frozenset[str]
    repeatable: frozenset[str]

    @classmethod
    def of(cls, dependant: Dependant) -> "QueryNames":
        """Return the names that a route and what it depends on read."""
        fields = dict(_fields(dependant))
        return cls(frozenset(fields), frozenset(name for name, many in fields.items() if many))

    def check(self, request: Request) -> None:
        """Refuse a query that says what nobody would read.

        Raises:
            Refusal: `query_parameter_unknown` naming the parameters there are, `query_parameter_repeated`.
        """
        if not request.url.query:
            return
        for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
            shown = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
            if name not in self.known:
                known = ", ".join(sorted(self.known)) or "—"
                raise Refusal(QUERY_UNKNOWN, pointer=f"query:{shown}", name=shown, known=known)
            if times > 1:
                self._check_repeated(name, shown)

    def _check_repeated(self, name: str, shown: str) -> None:
        if name not in self.repeatable:
            raise Refusal(QUERY_REPEATED, pointer=f"query:{shown}", name=shown)


class OperatorsRoute(APIRoute):
    """A route of the operators' pages, which pass no edge: its query is judged as everywhere."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler: judge the query, then answer."""
        call, names = super().get_route_handler(), QueryNames.of(self.dependant)

        async def handle(request: Request) -> Response:
            names.check(request)
            return await call(request)

        return handle


def judge_pages(app: FastAPI) -> None:
    """Let the pages that describe the interface take no parameter; that which a sign-in comes back to takes any."""
    for route in app.routes:
        if isinstance(route, Route) and not route.include_in_schema and not route.path.endswith("oauth2-redirect"):
            route.app = PageWithoutParameters(route.app)


class PageWithoutParameters:
    """One such page."""

    def __init__(self, page: ASGIApp) -> None:
        """Stand in front of `page`."""
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the query, then answer."""
        QueryNames(frozenset(), frozenset()).check(Request(scope))
        await self._page(scope, receive, send)


def _fields(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for field in dependant.query_params:
        yield field.alias, _takes_several(field.field_info.annotation)
    for below in dependant.dependencies:
        yield from _fields(below)


def _takes_several(annotation: Any) -> bool:  # noqa: ANN401  # any type
    kinds = (annotation, *get_args(annotation))  # `list[str] | None` has its list inside
    return any((get_origin(kind) or kind) in _SEVERAL for kind in kinds)

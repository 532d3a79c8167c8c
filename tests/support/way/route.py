"""Which problem codes a route can answer with: those on its way, and those that a layer around it gives."""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from shared.db.engine import Busy, DatabaseUnavailable
from shared.kernel.errors import RefusalCode
from shared.kernel.refusals import BODY_UNREADABLE, CONFLICT, FIELD_INVALID, UNAVAILABLE
from shared.web.edge import ANY_HOLDER, PUBLIC, EdgeRoute
from shared.web.edge_docs import changes
from shared.web.middleware import EdgeMiddleware
from shared.web.problem import MEDIA_TYPE
from tests.support.way.body import plain
from tests.support.way.kinds import Known
from tests.support.way.walk import Start, Step, Unresolved, Walk

FAULTS: Mapping[type[BaseException], RefusalCode] = {DatabaseUnavailable: UNAVAILABLE, Busy: UNAVAILABLE}
"""Exceptions that are no refusals and are answered by one code all the same (`shared/web/failures.py`)."""


def _needs_token(route: EdgeRoute) -> bool:
    return route.edge_rule.scope != PUBLIC


def _needs_scope(route: EdgeRoute) -> bool:
    return route.edge_rule.scope not in {PUBLIC, ANY_HOLDER}


def _changes(route: EdgeRoute) -> bool:
    return changes(route.edge_rule, route.methods or ())


def _is_keyed(route: EdgeRoute) -> bool:
    return route.edge_rule.idempotent and "POST" in (route.methods or ())


def _has_transaction(route: EdgeRoute) -> bool:
    return route.edge_rule.transaction


def _reads_body(route: EdgeRoute) -> bool:
    return route.body_field is not None


def _reads_form(route: EdgeRoute) -> bool:
    return any(True for _ in _fields(route.dependant, "form"))


def _reads_json(route: EdgeRoute) -> bool:
    return _reads_body(route) and not _reads_form(route)


def _takes_query(route: EdgeRoute) -> bool:
    return any(True for _ in _fields(route.dependant, "query"))


def _takes_fields(route: EdgeRoute) -> bool:
    return _reads_body(route) or any(True for _ in _fields(route.dependant, "any"))


def _keeps_documents(route: EdgeRoute) -> bool:
    return route.endpoint.__module__ == "shared.web.document"


def _is_audited(route: EdgeRoute) -> bool:
    return route.edge_rule.audited


def _always(route: EdgeRoute) -> bool:
    del route
    return True


def _fields(dependant: Dependant, kind: str) -> Iterator[str]:
    taken = {
        "query": dependant.query_params,
        "form": [one for one in dependant.body_params if type(one.field_info).__name__ in {"Form", "File"}],
        "any": [*dependant.query_params, *dependant.path_params, *dependant.header_params, *dependant.cookie_params],
    }[kind]
    yield from (one.name for one in taken)
    for below in dependant.dependencies:
        yield from _fields(below, kind)


GATES: Mapping[str, Callable[[EdgeRoute], bool]] = {
    "shared/web/edge.py:_identify": _needs_token,
    "shared/web/edge.py:_check_scope": _needs_scope,
    "shared/web/edge.py:_check_history": _changes,
    "shared/web/edge.py:_transact": _has_transaction,
    "shared/web/edge.py:_audit_refusal": _is_audited,
    "shared/web/reader.py:idempotency_key": _is_keyed,
    "shared/db/idempotency.py:claim": _is_keyed,
    "shared/web/edge.py:_single": _is_keyed,
    "shared/db/single.py:SingleWrite.flush": _is_keyed,
    "shared/web/reader.py:_check_kind": _reads_body,
    "shared/web/body.py:read_json": _reads_json,
    "shared/web/reader.py:_digest_form": _reads_form,
    "shared/web/query.py:QueryNames._check_repeated": _takes_query,
    "shared/files/store.py:_check": _keeps_documents,
}
"""Functions that the edge calls for some routes only: each with what tells them."""


@dataclass(frozen=True, slots=True)
class Around:
    """A code that a layer around the routes gives, for what is no refusal of ours.

    Attributes:
        code: the code.
        place: the function that answers with it.
        holds: for which routes.
        why: what happens then.
    """

    code: RefusalCode
    place: str
    holds: Callable[[EdgeRoute], bool]
    why: str


AROUND = (
    Around(FIELD_INVALID, "shared/web/failures.py:_on_fields", _takes_fields, "FastAPI judges parameters and body"),
    Around(BODY_UNREADABLE, "shared/web/failures.py:_on_http", _reads_body, "FastAPI or Starlette cannot read a body"),
    Around(CONFLICT, "shared/web/failures.py:_on_database", _changes, "the database holds a row to be the only one"),
    Around(UNAVAILABLE, "shared/web/farewell.py:farewell", _always, "the process ends before the answer is there"),
)


@dataclass(frozen=True, slots=True)
class Excused:
    """A refusal that stands on the way of a route and cannot come from there, which types do not tell.

    Attributes:
        operation: the operation's id.
        place: file and function that would raise it.
        code: the code.
        why: why it cannot.
    """

    operation: str
    place: str
    code: str
    why: str


@dataclass(frozen=True)
class RouteWay:
    """The way of one route.

    Attributes:
        service: whose route.
        route: the route.
        steps: every function on the way.
    """

    service: str
    route: EdgeRoute
    steps: list[Step]

    @property
    def name(self) -> str:
        """Method and path, as people name it."""
        return f"{self.service} {'/'.join(sorted(self.route.methods or ()))} {self.route.path}"

    @cached_property
    def declared(self) -> set[str]:
        """The codes that the description of the route names."""
        return declared_in(self.route.responses)

    @cached_property
    def raised(self) -> dict[str, list[str]]:
        """Code → the places from which the route may answer with it."""
        found: dict[str, list[str]] = {}
        for step in self.steps:
            for one in step.raised:
                found.setdefault(one.code.code, []).append(one.where)
        for around in AROUND:
            if around.holds(self.route):
                found.setdefault(around.code.code, []).append(around.place)
        return found

    @property
    def unresolved(self) -> set[Unresolved]:
        """What is called on the way, not told what it is."""
        return {one for step in self.steps for one in step.unresolved}


def declared_in(responses: Mapping[Any, Any]) -> set[str]:
    """Return the codes that responses of OpenAPI name as examples of problem documents."""
    media = [answer.get("content", {}).get(MEDIA_TYPE, {}) for answer in responses.values()]
    return {code for one in media for code in one.get("examples", {})}


def dependencies(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Yield what FastAPI calls before a route."""
    for below in dependant.dependencies:
        if below.call is not None:
            yield below.call
        yield from dependencies(below)


@dataclass
class Ways:
    """The ways of all routes of an application.

    Args:
        service: its name.
        app: the application.
    """

    service: str
    app: FastAPI
    passed: set[str] = field(default_factory=set)
    """Gates that kept something off a way: the others would be idle."""

    def __post_init__(self) -> None:
        """Prepare the walk."""
        self._walk = Walk(self.app, FAULTS)
        self._reactions = {
            plain(reaction): event for event, all_ in (self.app.state.db.reactions or {}).items() for reaction in all_
        }
        self._reaction_places = {f"{self._place(one)}": event for one, event in self._reactions.items()}

    def _place(self, function: Any) -> str:  # a function
        step = self._walk.step(function)
        return "" if step is None else step.place

    def routes(self) -> list[EdgeRoute]:
        """Return the routes that pass the edge."""
        return [one for one in self.app.routes if isinstance(one, EdgeRoute)]

    def all(self) -> list[RouteWay]:
        """Return the way of every route."""
        return [self.of(route) for route in self.routes()]

    def of(self, route: EdgeRoute) -> RouteWay:
        """Return the way of a route; a reaction is on it where its event is made on it."""
        starts: list[Start] = [
            (_function(EdgeMiddleware.__call__), None),
            (_function(EdgeRoute.get_route_handler), Known(route)),
            (_function(route.endpoint), None),
            *((_function(one), None) for one in dependencies(route.dependant)),
        ]
        told: set[type] = set()
        while True:
            steps = self._walk.way(starts, partial(self._passes, route, frozenset(told)))
            made = {cls for step in steps for cls in step.types}
            if made <= told:
                return RouteWay(self.service, route, steps)
            told |= made

    def _passes(self, route: EdgeRoute, told: frozenset[type], place: str) -> bool:
        event = self._reaction_places.get(place)
        if event is not None and event not in told:
            return False
        gate = GATES.get(place)
        if gate is not None and not gate(route):
            self.passed.add(place)
            return False
        return True


def _function(thing: object) -> types.FunctionType:
    inner = plain(thing)
    assert isinstance(inner, types.FunctionType), thing
    return inner

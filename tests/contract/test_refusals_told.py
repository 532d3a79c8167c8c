"""Each route documents the problem codes that it can answer with, all of them and no other.

The source is followed from the route to every `Refusal` on its way, through use cases, rules, stores, dependencies and
the edge; nothing runs. What types do not tell is listed here, each with its reason, and a reason nobody needs fails.
"""

import functools
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from importlib import import_module
from typing import Any

import pytest

from gateway.api.entrance import PASSES_ON
from tests.support.contracts import SERVICES, application, described
from tests.support.source import name_of, python_files
from tests.support.way.body import is_product, plain
from tests.support.way.kinds import Of
from tests.support.way.route import AROUND, GATES, Excused, RouteWay, Ways
from tests.support.way.walk import Start, Unresolved, Walk

OWNERS = (*SERVICES, "gateway")
EXCUSED = (
    Excused(
        "deregister_enterprise",
        "services/registry/enterprise/rules/qualification.py:revoke",
        "qualification_not_valid",
        "only a title that stands is revoked with its firm: the use case asks for its state just before",
    ),
    Excused(
        "read_*_import_refused",
        "shared/db/keyset.py:Keyset.read",
        "cursor_invalid",
        "the walk over all findings goes on from its own last row, never from a caller's cursor",
    ),
)
UNTOLD = {
    (
        "shared/db/inbox.py:take_next",
        "(await tx.session.execute(statement, {**words, 'value': value, 'event_id': event.id})).one",
    ): "a row of SQLAlchemy",
    ("gateway/upstream/connection.py:Connection.whole", "self._pieces.clear"): "a deque of bytes",
    ("gateway/upstream/connection.py:Connection._told", "tell"): "who called at once, on a way that no route takes",
    (
        "services/finance/evaluation/store/credit_line.py:set_limit",
        "(await tx.session.execute(_SET_LIMIT, values)).mappings().one",
    ): "a row of SQLAlchemy",
    (
        "services/ipr/right/store/right.py:page_of",
        "(await tx.session.execute(_PAGE.where(col(Right.id) == right_id))).one",
    ): "a row of SQLAlchemy",
    ("shared/db/document.py:add_document", "found.mappings().one"): "a row of SQLAlchemy",
    ("shared/db/document.py:cites", "evidence.op('->>')"): "an operator of SQLAlchemy",
    ("shared/db/operation.py:start_operation", "found.mappings().one"): "a row of SQLAlchemy",
    (
        "shared/db/selection.py:Selection._condition",
        "self.found[name]",
    ): "a condition on a text, of the list's own store",
    ("shared/files/encoding.py:_decoded", "codecs.getincrementaldecoder(encoding)"): "a decoder of Python",
    ("shared/files/spreadsheet.py:_calamine_rows", "sheet.start"): "a sheet of python-calamine",
    ("shared/files/spreadsheet.py:_measured", "archive.read"): "an archive of Python",
    ("shared/files/sheet_count.py:SheetCount._reach", "self._filled.extend"): "a list of Python",
    ("shared/files/workbook_parts.py:count_of", "archive.open"): "an archive of Python",
    ("shared/web/body.py:_check_depth", "mark.start"): "a match of a regular expression",
    ("shared/web/edge.py:EdgeRoute.get_route_handler", "call"): "FastAPI's handler, which calls the endpoint",
    (
        "shared/web/failures.py:refusal_response",
        "code",
    ): "the refusal that was caught: its code was given where it arose",
    ("shared/web/reader.py:_digest_form", "value.read"): "an upload of Starlette",
}
"""Calls of which the source does not tell what they reach, and what they reach."""


@functools.cache
def ways() -> dict[str, Ways]:
    """Return the ways of each service and of the gateway."""
    return {name: Ways(name, application(name)) for name in OWNERS}


@functools.cache
def described_routes() -> list[RouteWay]:
    """Return the way of every route that a contract shows."""
    found = [one for way in ways().values() for one in way.all() if one.route.include_in_schema]
    assert len(found) > 150, "the routes were not found"
    return found


@functools.cache
def documented() -> dict[str, dict[str, Any]]:
    """Return the generated documents."""
    return described()


def handed_on(way: RouteWay) -> dict[str, list[str]]:
    """Return what a composed route hands on of another service's refusals: those of status 4xx."""
    target = (way.route.openapi_extra or {}).get(PASSES_ON)
    if target is None:
        return {}
    (other,) = [one for one in described_routes() if one.name.partition(" ")[2] == target]
    codes = {one.code.code for step in other.steps for one in step.raised if one.code.status < 500}
    return {code: other.raised[code] for code in codes}


def is_excused(way: RouteWay, code: str, where: str) -> bool:
    """Tell whether a refusal on the way cannot come from there."""
    return any(_fits(one, way, code, where) for one in EXCUSED)


def _fits(one: Excused, way: RouteWay, code: str, where: str) -> bool:
    file, _, function = one.place.partition(":")
    at = where.startswith(f"{file}:") and where.endswith(f"({function})")
    return at and one.code == code and fnmatch(way.route.operation_id or "", one.operation)


def undeclared(way: RouteWay, declared: set[str]) -> list[str]:
    """Name each code that a route may answer with and does not document, with the place that raises it."""
    return [
        f"{way.name}: {code} is raised at {places[0]} and not documented"
        for code, all_places in sorted(way.raised.items())
        if code not in declared and (places := [one for one in all_places if not is_excused(way, code, one)])
    ]


def idle(way: RouteWay, declared: set[str], handed: Mapping[str, Any]) -> list[str]:
    """Name each code that a route documents and nothing on its way raises."""
    raised = {code for code, places in way.raised.items() if any(not is_excused(way, code, one) for one in places)}
    return [
        f"{way.name}: {code} is documented and raised nowhere on the way from {way.route.endpoint.__module__}."
        f"{way.route.endpoint.__qualname__}"
        for code in sorted(declared - raised - set(handed))
    ]


def way_of(operation: str) -> RouteWay:
    """Return the way of one route by its operation id."""
    (found,) = [one for one in described_routes() if one.route.operation_id == operation]
    return found


def product_functions() -> Iterator[Start]:
    """Yield every function and method of the product, with the class that it is a method of."""
    for path in python_files("services", "shared", "gateway"):
        if "migrations" in path.parts:
            continue
        name = name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for held in list(vars(import_module(name)).values()):
            inner = plain(held)
            if is_product(inner) and getattr(inner, "__module__", "") == name:
                yield inner, None  # type: ignore[misc]  # is_product tells that it is a function
            elif isinstance(held, type) and held.__module__ == name:
                methods = [one.fget if isinstance(one, property) else plain(one) for one in vars(held).values()]
                yield from ((one, Of(held)) for one in methods if is_product(one))  # type: ignore[misc]  # the same


@functools.cache
def refusing_names() -> frozenset[str]:
    """Return the names of all functions that may refuse: a call of unknown goal with another name harms nobody."""
    walk = Walk(ways()["finance"].app)
    return frozenset(
        function.__name__
        for function, owner in product_functions()
        if any(s.raised for s in walk.way([(function, owner)]))
    )


def untold() -> set[Unresolved]:
    """Return each call on the way of a route that could refuse, not told what it reaches."""
    found = {one for way in described_routes() for one in way.unresolved}
    return {one for one in found if not one.name or one.name == "Refusal" or one.name in refusing_names()}


def test_every_route_documents_each_refusal_on_its_way() -> None:
    found = [line for way in described_routes() for line in undeclared(way, way.declared)]
    assert not found, "\n".join(found)


def test_no_route_documents_a_refusal_that_nothing_on_its_way_raises() -> None:
    found = [line for way in described_routes() for line in idle(way, way.declared, handed_on(way))]
    assert not found, "\n".join(found)


def test_what_the_source_does_not_tell_is_listed_with_its_reason() -> None:
    found = [f"{one.where} calls {one.text}" for one in untold() if (one.where, one.text) not in UNTOLD]
    assert not found, "what these reach is not told:\n" + "\n".join(sorted(found))


def test_no_listed_call_has_become_plain_or_gone() -> None:
    found = {(one.where, one.text) for one in untold()}
    assert not set(UNTOLD) - found


def test_every_excuse_and_every_gate_is_needed() -> None:
    needed = {
        one
        for one in EXCUSED
        for way in described_routes()
        for code, places in way.raised.items()
        if any(_fits(one, way, code, where) for where in places)
    }
    assert not set(EXCUSED) - needed
    described_routes()
    assert not set(GATES) - set().union(*(one.passed for one in ways().values()))


def test_every_answer_of_the_layers_around_a_route_is_accounted_for() -> None:
    """What is no refusal of ours becomes a problem document in two files; each code there is known here."""
    walk = Walk(ways()["finance"].app)
    answered = set()
    for module in ("shared.web.failures", "shared.web.farewell"):
        for function in vars(import_module(module)).values():
            if is_product(function) and function.__module__ == module:
                step = walk.step(function)
                answered |= {(one.code.code, step.place) for one in step.raised} if step is not None else set()
    known = {(one.code.code, one.place) for one in AROUND} | KNOWN_ANSWERS
    assert answered == known


OTHER_WORDS = {
    "/oauth2/token": "errors of RFC 6749, which every OAuth program knows",
    "/health/ready": "a state for the operators' programs: what is not ready",
}
"""Answers beyond 400 that are no problem documents."""
KNOWN_ANSWERS = {
    # The way meets these as exceptions or in the outermost layer.
    ("unavailable", "shared/web/failures.py:_on_unavailable"),
    ("internal", "shared/web/failures.py:_on_database"),
    ("field_invalid", "shared/web/failures.py:_on_database"),
    # No route answers so, only an address or a method that is none, and the server before any.
    ("route_unknown", "shared/web/failures.py:_on_http"),
    ("method_not_allowed", "shared/web/failures.py:_on_http"),
    ("body_too_large", "shared/web/failures.py:_on_http"),
    # What is no HTTP never reaches a route; every route names the code all the same.
    ("request_unreadable", "shared/web/farewell.py:unreadable"),
    # Nor does what is over a limit of the server; a client that sends a whole city in its address is told so.
    ("address_too_long", "shared/web/farewell.py:address_too_long"),
    ("head_too_large", "shared/web/farewell.py:head_too_large"),
    ("internal", "shared/web/failures.py:_on_http"),
    ("request_unreadable", "shared/web/failures.py:_on_http"),
}


def test_a_composed_route_documents_what_it_hands_on() -> None:
    paths = documented()["openapi/gateway.json"]["paths"]
    handing = [one for one in described_routes() if handed_on(one)]
    assert handing
    for way in handing:
        operation = paths[way.route.path][next(iter(way.route.methods or ())).lower()]
        told = {code for code, _ in _codes(operation)}
        assert set(handed_on(way)) <= told, way.name


def test_every_operation_that_passes_through_tells_of_the_entrance() -> None:
    gateway = documented()["openapi/gateway.json"]["paths"]
    own = {one.route.path for one in described_routes() if one.service == "gateway"}
    passing = [
        (f"{method} {path}", operation)
        for path, item in gateway.items()
        if path.startswith("/v1/") and path not in own
        for method, operation in item.items()
    ]
    assert passing
    for where, operation in passing:
        assert {"client_busy", "deadline_exceeded"} <= {code for code, _ in _codes(operation)}, where


def test_each_status_of_an_operation_is_that_of_the_codes_it_names() -> None:
    status_of = {one["code"]: str(one["status"]) for one in documented()["errors.json"]["codes"]}
    found = []
    for name, document in documented().items():
        for path, item in document.get("paths", {}).items():
            for method, operation in item.items():
                where = f"{name} {method.upper()} {path}"
                found += [
                    f"{where}: {code} under {told}" for code, told in _codes(operation) if status_of[code] != told
                ]
                named = {told for _, told in _codes(operation)}
                silent = {told for told in operation["responses"] if told >= "4"} - named
                found += [f"{where}: {told} without a code" for told in silent if path not in OTHER_WORDS]
    assert not found, "\n".join(found)


def _codes(operation: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (code, status) of each refusal that an operation of a document names."""
    return [
        (code, status)
        for status, answer in operation["responses"].items()
        if status >= "4"
        for media in answer.get("content", {}).values()
        for code in media.get("examples", {})
    ]


@pytest.mark.planted
def test_a_forgotten_and_an_idle_declaration_would_be_named_with_route_code_and_place() -> None:
    way = way_of("decide_cover")
    (forgotten,) = undeclared(way, way.declared - {"cover_state_conflict"})
    assert "finance POST /v1/covers/{cover_id}:decide: cover_state_conflict" in forgotten
    assert "services/finance/lending/rules/cover.py:" in forgotten
    (surplus,) = idle(way, way.declared | {"consent_revoked"}, {})
    assert "decide_cover" in surplus
    assert "consent_revoked" in surplus


@pytest.mark.planted
@pytest.mark.parametrize(
    "layer", ["token_missing", "idempotency_key_running", "body_unreadable", "rule_set_not_in_force"]
)
def test_a_code_of_the_edge_that_is_not_documented_would_be_named(layer: str) -> None:
    way = way_of("decide_cover")
    assert undeclared(way, way.declared - {layer})

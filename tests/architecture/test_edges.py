"""Every route is async, names its scope and its row scope, and waits for nothing in a thread."""

import ast
import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterator

import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.support.source import ROOT, SERVICES, name_of, room_files, tree_of

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
ROWS = {"enterprise", "bank", "agency", "unit", "any"}
OWNERS = (*(f"services.{service}" for service in SERVICES), "gateway")


def decorators(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[str, ast.Call]]:
    """Return (last name, call) of each decorator that is a call."""
    found = []
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call):
            name = (
                decorator.func.attr if isinstance(decorator.func, ast.Attribute) else getattr(decorator.func, "id", "")
            )
            found.append((name, decorator))
    return found


def rule_problems(edge: ast.Call) -> Iterator[str]:
    """Yield what an edge rule does not say."""
    given = {keyword.arg: keyword.value for keyword in edge.keywords}
    scope, row = given.get("scope"), given.get("row")
    if not (isinstance(scope, ast.Constant) and scope.value):
        yield "names no scope"
    if not (isinstance(row, ast.Constant) and row.value in ROWS):
        yield "names no row scope"
    if not isinstance(given.get("summary_zh"), ast.Constant):
        yield "has no Chinese summary"


def route_problems(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield what is wrong with one function if it is a route."""
    named = decorators(function)
    if not any(name in METHODS for name, _ in named):
        return
    if isinstance(function, ast.FunctionDef):
        yield "is not async"
    if ast.get_docstring(function) is None:
        yield "has no docstring, which is its text in the API's documentation"
    edges = [call for name, call in named if name == "edge"]
    if len(edges) != 1:
        yield "has no edge rule"
        return
    if named[-1][0] != "edge":
        yield "names its edge above its route"
    yield from rule_problems(edges[0])


def edge_problems(tree: ast.Module) -> Iterator[str]:
    """Yield what is wrong with the routes of one module."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (f"{function.name} {problem}" for problem in route_problems(function))


def waits_in_a_thread(call: Callable[..., object]) -> bool:
    """Tell whether FastAPI would run this dependency in its thread pool."""
    target = call if inspect.isroutine(call) or inspect.isclass(call) else type(call).__call__
    return not (asyncio.iscoroutinefunction(target) or inspect.isasyncgenfunction(target))


def sync_calls(dependant: Dependant) -> Iterator[str]:
    """Yield the names of the dependencies below `dependant` that would wait in a thread."""
    for part in dependant.dependencies:
        if part.call is not None and waits_in_a_thread(part.call):
            yield getattr(part.call, "__qualname__", repr(part.call))
        yield from sync_calls(part)


def routers_of(owner: str) -> Iterator[APIRouter]:
    """Import the rooms of HTTP and yield the routers they define."""
    for path in room_files("api", owner.removeprefix("services.")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield from (one for one in vars(importlib.import_module(name)).values() if isinstance(one, APIRouter))


GOOD = '''
@router.post("/loans")
@edge(scope="credit.loan:write", row="bank", summary_zh="签约")
async def sign_loan() -> None:
    """Sign."""
'''


@pytest.mark.planted
def test_a_careless_route_would_be_found() -> None:
    assert list(edge_problems(ast.parse(GOOD))) == []
    for before, after, problem in (
        ("async def", "def", "is not async"),
        ('row="bank", ', "", "no row scope"),
        ('row="bank"', 'row="everybody"', "no row scope"),
        ('scope="credit.loan:write", ', "", "no scope"),
        ('"""Sign."""', "...", "no docstring"),
        (', summary_zh="签约"', "", "no Chinese summary"),
    ):
        assert any(problem in found for found in edge_problems(ast.parse(GOOD.replace(before, after)))), problem
    without = "\n".join(line for line in GOOD.splitlines() if "@edge" not in line)
    assert list(edge_problems(ast.parse(without))) == ["sign_loan has no edge rule"]


@pytest.mark.planted
def test_a_dependency_that_waits_in_a_thread_would_be_found() -> None:
    class Slow:
        def __call__(self) -> None: ...

    class Quick:
        async def __call__(self) -> None: ...

    assert waits_in_a_thread(Slow())
    assert waits_in_a_thread(Slow)
    assert not waits_in_a_thread(Quick())


def test_every_route_names_its_scope_and_its_row_scope() -> None:
    found = [
        f"{name_of(path)} {problem}"
        for path in room_files("api", *SERVICES)
        for problem in edge_problems(tree_of(path))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("owner", OWNERS)
def test_routes_and_dependencies_never_wait_in_a_thread(owner: str) -> None:
    routers = list(routers_of(owner))
    assert routers
    found = []
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                if waits_in_a_thread(route.endpoint):
                    found.append(f"{route.path}: {route.name} is not async")
                found += [f"{route.path}: {name} is not async" for name in sync_calls(route.dependant)]
    assert not found, "\n".join(sorted(set(found)))

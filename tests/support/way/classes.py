"""What the classes and functions of the product hold, looked up without calling any of them."""

import ast
import functools
import inspect
import types
import typing
from typing import Any, get_args

from fastapi import FastAPI
from starlette.datastructures import State

from tests.support.way.body import Body, hints_of, is_product, plain
from tests.support.way.kinds import Bound, Known, Values, class_of, of_kind

OURS = ("services.", "shared.", "gateway.", "deploy.", "tests.")


def is_plain(thing: object) -> bool:
    """Tell whether the attributes of a thing are what it holds, whatever its class has."""
    return isinstance(thing, types.ModuleType | State | FastAPI)


def kept_in(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.AnnAssign):
        return [(node.target, node.annotation)]
    return [(target, node.value) for target in node.targets] if isinstance(node, ast.Assign) else []


def closure(body: Body) -> dict[str, Any]:
    found = {}
    for name, cell in zip(body.function.__code__.co_freevars, body.function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def class_around(body: Body) -> type | None:
    words = body.function.__qualname__.split(".")[:-1]
    if not words or "<locals>" in words:
        return None
    thing: Any = None
    for word in words:
        thing = body.function.__globals__.get(word) if thing is None else getattr(thing, word, None)
    return thing if isinstance(thing, type) else None


def of_class(value: Known, name: str) -> Values:
    held = inspect.getattr_static(value.thing, name, None)
    inner = plain(held)
    if is_product(inner):
        return (Bound(inner, value if isinstance(held, classmethod) else None),)  # type: ignore[arg-type]
    try:
        return (Known(getattr(value.thing, name)),)
    except AttributeError:
        return ()


def parts_of(kind: Any) -> dict[Any, Values]:  # any annotation
    names = getattr(class_of(kind), "__parameters__", ())
    return {name: of_kind(part) for name, part in zip(names, get_args(kind), strict=False)}


def has_variable(kind: Any) -> bool:  # any annotation
    return isinstance(kind, typing.TypeVar) or any(has_variable(part) for part in get_args(kind))


def alike(protocol: type, cls: type, name: str) -> bool:
    """Tell whether a class has the method, or what can be read, of a protocol; a method with the same parameters."""
    asked, held = vars(protocol)[name], inspect.getattr_static(cls, name, None)
    if isinstance(asked, property):
        return held is not None or name in hints_of(cls)
    inner = plain(held)
    return isinstance(inner, types.FunctionType) and list(inspect.signature(inner).parameters) == list(
        inspect.signature(asked).parameters
    )


def fitting(protocol: type) -> list[type]:
    """Return the classes of the product that have every method of a protocol."""
    wanted = {name for name, held in vars(protocol).items() if isinstance(held, types.FunctionType | property)}
    wanted -= {"__init__", "__subclasshook__"}
    found, todo = [], list(object.__subclasses__())
    while todo:
        cls = todo.pop()
        if cls.__module__.startswith(OURS) and cls is not protocol and all(alike(protocol, cls, one) for one in wanted):
            found.append(cls)
        todo += cls.__subclasses__() if cls.__subclasses__ is not type.__subclasses__ else []
    return found


@functools.cache
def overriding(cls: type, name: str) -> tuple[types.FunctionType, ...]:
    """Return the methods of that name in the classes below one, and in those that fit it where it is a protocol."""
    found: list[types.FunctionType] = []
    todo = list(cls.__subclasses__()) if cls.__subclasses__ is not type.__subclasses__ else []
    if getattr(cls, "_is_protocol", False):
        todo += fitting(cls)
    while todo:
        below = todo.pop()
        todo += below.__subclasses__()
        inner = plain(vars(below).get(name))
        if is_product(inner):
            found.append(inner)  # type: ignore[arg-type]
    return tuple(found)

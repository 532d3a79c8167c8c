"""Walks from a function to everything that is called on its way, and gathers each problem code that may be answered."""

import ast
import dataclasses
import functools
import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from fastapi import FastAPI

from shared.kernel.action import Act
from shared.kernel.errors import Refusal, RefusalCode
from shared.web.problem import problem_response
from tests.support.way.body import Body, body_of, file_of, is_product, plain
from tests.support.way.classes import OURS
from tests.support.way.kinds import Bound, Known, Many, Of, Value, Values, class_of
from tests.support.way.reading import Reading

Start = tuple[types.FunctionType, Value | None]
"""A function and what it is called on."""
_CATCHES_REFUSALS = frozenset({"Refusal", "Exception", "BaseException"})
_MAKES = frozenset({"Refusal", "problem_response"})
_ANSWERS = frozenset({"refusal_response", "answer_refusal"})
_BEGINS = (
    "__init__",
    "__post_init__",
    "__call__",
    "__aenter__",
    "__enter__",
    "__aexit__",
    "__exit__",
    "__iter__",
    "__aiter__",
)


@dataclass(frozen=True, slots=True)
class Raised:
    """One place where a code is given.

    Attributes:
        code: the code.
        where: file, line and function.
    """

    code: RefusalCode
    where: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """One expression of which the source does not tell what it calls.

    Attributes:
        where: `shared/db/keyset.py:Keyset.page`, the function.
        text: the expression as it is written.
        name: the last word of it.
    """

    where: str
    text: str
    name: str


@dataclass(slots=True)
class Step:
    """One function on the way.

    Attributes:
        place: file and function.
        raised: codes that it gives itself.
        calls: what it names and may thus call.
        unresolved: what it calls, not told what that is.
        types: classes that it makes something of.
    """

    place: str
    raised: list[Raised] = field(default_factory=list)
    calls: list[Start] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    types: set[type] = field(default_factory=set)


class Walk:
    """The ways through one application.

    Args:
        app: the application.
        faults: exception → the code with which the application answers it.
    """

    def __init__(self, app: FastAPI, faults: Mapping[type[BaseException], RefusalCode] | None = None) -> None:
        """Prepare; nothing is read yet."""
        self._app = app
        self._faults = dict(faults or {})
        self._steps: dict[tuple[int, int], Step | None] = {}
        self._kept: list[object] = []

    def step(self, function: types.FunctionType, owner: Value | None = None) -> Step | None:
        """Return what one function does, called on `owner`; None for what a program wrote."""
        key = (id(function), _identity(owner))
        if key not in self._steps:
            self._kept += [function, owner]
            body = body_of(function)
            self._steps[key] = (
                None if body is None else _Reader(body, Reading(body, owner, self._app), self._faults).step
            )
        return self._steps[key]

    def way(self, starts: Iterable[Start], passes: Callable[[str], bool] = lambda _: True) -> list[Step]:
        """Return every function on the way from some, each once.

        Args:
            starts: where it begins.
            passes: tells of a function, by its place, whether the way leads through it.
        """
        found: list[Step] = []
        seen: set[int] = set()
        todo = list(starts)
        while todo:
            step = self.step(*todo.pop())
            if step is not None and id(step) not in seen and passes(step.place):
                seen.add(id(step))
                found.append(step)
                todo += step.calls
        return found


def _identity(owner: Value | None) -> int:
    return id(owner.thing) if isinstance(owner, Known) else 0


@functools.cache
def acting_nodes(function: types.FunctionType) -> tuple[ast.AST, ...]:
    """Return what runs in a function and can refuse its caller: whoever it is called on, it is the same."""
    body = body_of(function)
    return () if body is None else tuple(node for node in _executed(body) if not _is_caught(body, node))


def _executed(body: Body) -> Iterator[ast.AST]:
    """Yield what runs when the function runs: annotations and decorators do not."""
    todo: list[ast.AST] = list(body.node.body) if isinstance(body.node.body, list) else [body.node.body]
    while todo:
        node = todo.pop()
        yield node
        skipped: set[int] = set()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += node.body
            continue
        if isinstance(node, ast.AnnAssign):
            skipped = {id(node.annotation)}
        todo += [child for child in ast.iter_child_nodes(node) if id(child) not in skipped]


def _is_caught(body: Body, node: ast.AST) -> bool:
    """Tell whether a refusal from here ends in an `except` of the same function that does not hand it on."""
    child, parent = node, body.parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.Try) and any(child is one for one in parent.body):
            caught = next((handler for handler in parent.handlers if _catches(handler)), None)
            if caught is not None and not any(_hands_on(one) for one in ast.walk(caught)):
                return True
        child, parent = parent, body.parents.get(parent)
    return False


class _Reader:
    """Reads one function."""

    def __init__(self, body: Body, reading: Reading, faults: Mapping[type[BaseException], RefusalCode]) -> None:
        self._body = body
        self._reading = reading
        self._faults = faults
        self.step = Step(body.place)
        for node in acting_nodes(body.function):
            self._read(node)

    def _read(self, node: ast.AST) -> None:
        if isinstance(node, ast.Raise) and node.exc is not None:
            self._read_raise(node)
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                self._use_all(self._methods(self._reading.of(item.context_expr), "enter", "exit"))
        if isinstance(node, ast.Call):
            self._read_call(node)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            values = self._reading.of(node)
            self._use_all(values, is_base=isinstance(self._body.parents.get(node), ast.Attribute))
            if isinstance(node, ast.Attribute):
                self._read_attribute(node, values)

    def _methods(self, values: Values, *words: str) -> Values:
        return tuple(
            found
            for value in values
            for word in words
            for name in (f"__{word}__", f"__a{word}__")
            for found in self._reading.attribute(value, name)
            if isinstance(found, Bound)
        )

    def _read_raise(self, node: ast.Raise) -> None:
        for value in self._reading.of(node.exc) if node.exc is not None else ():
            cls = value.thing if isinstance(value, Known) else class_of(value.kind) if isinstance(value, Of) else None
            if isinstance(cls, type) and (code := self._faults.get(cls)) is not None:
                self.step.raised.append(Raised(code, self._where(node)))

    def _where(self, node: ast.AST) -> str:
        return f"{file_of(self._body.function)}:{getattr(node, 'lineno', 0)} ({self._body.function.__qualname__})"

    def _read_call(self, node: ast.Call) -> None:
        for called in self._reading.of(node.func):
            thing = called.thing if isinstance(called, Known) else None
            if thing is Refusal or thing is problem_response:
                if not self._is_handed_in(node):
                    self._read_code(node, node.args[0] if node.args else None)
                return
            function = called.function if isinstance(called, Bound) else plain(thing)
            for name in code_parameters(function) if is_product(function) else ():  # type: ignore[arg-type]
                self._read_code(node, *_argument(function, node, name))  # type: ignore[arg-type]
        if not self._reading.of(node.func) and not self._is_handed(node.func):
            self._unresolved(node.func)

    def _is_handed_in(self, node: ast.Call) -> bool:
        """Tell whether the code of a refusal is a parameter: whoever calls the function names it."""
        told = node.args[0] if node.args else None
        return isinstance(told, ast.Name) and told.id in code_parameters(self._body.function)

    def _read_code(self, node: ast.Call, told: ast.expr | None, otherwise: object = None) -> None:
        codes = (
            [one.thing for one in self._reading.of(told) if isinstance(one, Known)] if told is not None else [otherwise]
        )
        found = [one for one in codes if isinstance(one, RefusalCode)]
        if not found:
            text = ast.unparse(node if told is None else told)
            self.step.unresolved.append(Unresolved(self.step.place, text, "Refusal"))
        self.step.raised += [Raised(code, self._where(node)) for code in found]

    def _is_handed(self, func: ast.expr) -> bool:
        """Tell whether a call goes to what was handed in: who handed it in named it, and is on the way."""
        return isinstance(func, ast.Name) and self._reading.is_parameter(func.id)

    def _unresolved(self, func: ast.expr) -> None:
        if isinstance(func, ast.Attribute) and self._reading.of(func.value):
            base = self._reading.of(func.value)
            if not any(_is_ours(one) for one in base):
                return
        name = func.attr if isinstance(func, ast.Attribute) else ""
        self.step.unresolved.append(Unresolved(self.step.place, ast.unparse(func), name))

    def _read_attribute(self, node: ast.Attribute, values: Values) -> None:
        for base in self._reading.of(node.value):
            getter = _getter(base, node.attr)
            if getter is not None:
                self.step.calls.append((getter, base))
        parent = self._body.parents.get(node)
        is_called = isinstance(parent, ast.Call) and parent.func is node
        if not values and not is_called and not self._reading.of(node.value):
            self.step.unresolved.append(Unresolved(self.step.place, ast.unparse(node), node.attr))

    def _use_all(self, values: Values, *, is_base: bool = False) -> None:
        for value in values:
            self._use(value, is_base=is_base)

    def _use(self, value: Value, *, is_base: bool) -> None:
        if isinstance(value, Bound):
            self.step.calls.append((value.function, value.owner))
        elif isinstance(value, Known):
            # Of a thing that is asked for one of its attributes, that attribute alone is used.
            self._use_thing(value.thing, depth=_DEPTH if is_base else 0)
        elif isinstance(value, Many):
            self._use_all(tuple(one for one in value.elements if isinstance(one, Bound | Known)))

    def _use_thing(self, thing: Any, depth: int) -> None:  # anything the product holds
        inner = plain(thing)
        if is_product(inner):
            self.step.calls.append((inner, None))  # type: ignore[arg-type]
        elif isinstance(thing, functools.partial):
            self._use_thing(thing.func, depth)
        elif isinstance(thing, type):
            self._make(thing)
        elif depth < _DEPTH:
            for one in _held(thing):
                self._use_thing(one, depth + 1)

    def _make(self, cls: type) -> None:
        if not cls.__module__.startswith(OURS) or issubclass(cls, Enum):
            return
        self.step.types.add(cls)
        for name in _BEGINS:
            for base in cls.__mro__:
                if base.__module__.startswith(OURS) and name in vars(base):
                    inner = plain(vars(base)[name])
                    if is_product(inner):
                        self.step.calls.append((inner, Of(cls)))  # type: ignore[arg-type]
        decorators = getattr(cls, "__pydantic_decorators__", None)
        for kind in ("validators", "field_validators", "root_validators", "model_validators"):
            for one in getattr(decorators, kind, {}).values():
                inner = plain(getattr(one, "func", None))
                if is_product(inner):
                    self.step.calls.append((inner, Of(cls)))  # type: ignore[arg-type]


_DEPTH = 3


def _is_ours(value: Value) -> bool:
    """Tell whether a value is of a class of the product, so that a call on it could be one of its own."""
    if isinstance(value, Of):
        cls = class_of(value.kind)
        return isinstance(cls, type) and cls.__module__.startswith(OURS)
    if isinstance(value, Known):
        return type(value.thing).__module__.startswith(OURS)
    return False


@functools.cache
def code_parameters(function: types.FunctionType) -> tuple[str, ...]:
    """Return the parameters of a function that it makes a refusal of."""
    body = body_of(function)
    if body is None:
        return ()
    own = inspect.signature(function).parameters
    calls = [node for node in ast.walk(body.node) if isinstance(node, ast.Call) and node.args]
    named = [one.args[0] for one in calls if isinstance(one.func, ast.Name) and one.func.id in _MAKES]
    return tuple(dict.fromkeys(one.id for one in named if isinstance(one, ast.Name) and one.id in own))


def _argument(function: types.FunctionType, node: ast.Call, name: str) -> tuple[ast.expr | None, object]:
    """Return what a call gives for a parameter, and what stands there otherwise."""
    given = next((one.value for one in node.keywords if one.arg == name), None)
    told = inspect.signature(function).parameters
    place = [one for one in told if one not in {"self", "cls"}].index(name)
    if given is None and place < len(node.args):
        given = node.args[place]
    return given, told[name].default


def _held(thing: Any) -> Iterator[Any]:  # anything the product holds
    if isinstance(thing, dict):
        yield from thing.values()
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from thing
    elif isinstance(thing, Act):
        yield thing.due_on  # its check is asked by `actions` alone, where every refusal ends
    elif dataclasses.is_dataclass(thing) and type(thing).__module__.startswith(OURS):
        for one in dataclasses.fields(thing):
            yield getattr(thing, one.name, None)
    elif type(thing).__module__.startswith(OURS) and hasattr(thing, "__dict__"):
        yield from vars(thing).values()


def _getter(base: Value, name: str) -> types.FunctionType | None:
    cls = class_of(base.kind) if isinstance(base, Of) else type(base.thing) if isinstance(base, Known) else None
    for one in getattr(cls, "__mro__", ()):
        held = vars(one).get(name)
        inner = held.fget if isinstance(held, property) else getattr(held, "func", None)
        if held is not None:
            return inner if isinstance(held, property | functools.cached_property) and is_product(inner) else None
    return None


def _hands_on(node: ast.AST) -> bool:
    """Tell whether a caught refusal goes on from here: raised again, or answered."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(node, ast.Raise) or (isinstance(called, ast.Name) and called.id in _ANSWERS)


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(part, "id", getattr(part, "attr", "")) in _CATCHES_REFUSALS for part in parts)

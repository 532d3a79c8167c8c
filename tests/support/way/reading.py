"""What the expressions of one function may be: names and attributes are looked up, calls give what they promise."""

import ast
import builtins
import functools
import inspect
import types
import typing
from collections import abc
from typing import Any, Self, get_args, get_origin

from fastapi import FastAPI
from starlette.requests import Request

from tests.support.way.body import Binding, Body, body_of, hints_of, is_product, plain
from tests.support.way.classes import (
    class_around,
    closure,
    has_variable,
    is_plain,
    kept_in,
    of_class,
    overriding,
    parts_of,
)
from tests.support.way.kinds import (
    Bound,
    Known,
    Later,
    Many,
    Of,
    Row,
    Table,
    Value,
    Values,
    awaited,
    class_of,
    elements,
    filled,
    items,
    of_kind,
    place,
    told_by,
)

_WALKED = {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "aiter"}
_TAKEN_FROM = {"next", "anext", "min", "max"}
_FIRST_IS_IT = {"wait_for", "shield", "create_task", "deepcopy", "copy", "replace"}


class Reading:
    """One function, called on something, in the application of one service.

    Args:
        body: the function.
        owner: what it is called on.
        app: the application.
    """

    def __init__(self, body: Body, owner: Value | None, app: FastAPI) -> None:
        """Prepare; nothing is looked up yet."""
        self.body = body
        self._owner = owner
        self._app = app
        self._seen: dict[int, Values] = {}
        self._open: set[int] = set()
        self._free = closure(body)
        self._parameters = self._own_parameters()

    def _own_parameters(self) -> dict[str, Values]:
        told = self.body.node.args
        found: dict[str, Values] = {}
        names = [one.arg for one in (*told.posonlyargs, *told.args, *told.kwonlyargs)]
        for name in names:
            found[name] = of_kind(self.body.hints.get(name))
        if told.vararg is not None:
            found[told.vararg.arg] = (Many(of_kind(self.body.hints.get(told.vararg.arg))),)
        if told.kwarg is not None:
            found[told.kwarg.arg] = (Table((), of_kind(self.body.hints.get(told.kwarg.arg))),)
        cls = class_around(self.body)
        if cls is not None and names and names[0] in {"self", "cls", "mcs"}:
            default: Value = Of(cls) if names[0] == "self" else Known(cls)
            found[names[0]] = (self._owner or default,)
        return found

    def of(self, node: ast.AST) -> Values:
        """Return what an expression may be; nothing where that is not told."""
        key = id(node)
        if key in self._seen:
            return self._seen[key]
        if key in self._open:
            return ()
        self._open.add(key)
        try:
            found = self._look(node)
        finally:
            self._open.discard(key)
        self._seen[key] = found
        return found

    def _look(self, node: ast.AST) -> Values:
        looked = getattr(self, f"_{type(node).__name__.lower()}", None)
        return looked(node) if looked is not None else ()

    def _name(self, node: ast.Name) -> Values:
        name = node.id
        if name in self._parameters:
            rebound = self.body.names.get(name, [])
            return (*self._parameters[name], *(one for told in rebound for one in self._bound(told)))
        if name in self.body.names:
            return tuple(one for told in self.body.names[name] for one in self._bound(told))
        if name in self._free:
            return (Known(self._free[name]),)
        names = self.body.function.__globals__
        if name in names:
            return (Known(names[name]),)
        return (Known(getattr(builtins, name)),) if hasattr(builtins, name) else ()

    def is_parameter(self, name: str) -> bool:
        """Tell whether a name is a parameter of the function, or of one inside it."""
        return name in self._parameters or name in self.body.inner_parameters

    def _bound(self, told: Binding) -> Values:
        if told.how == "annotated":
            found = self.kind(told.node)
        elif told.how == "inner":
            return (Later(self._promised(told.node)),)
        elif told.how == "caught":
            return tuple(Of(one.thing) for one in self.of(told.node) if isinstance(one, Known))
        else:
            found = self.of(told.node)
        if told.how == "element":
            found = elements(found)
        elif told.how == "entered":
            found = self.entered(found)
        for index, of in told.path:
            found = place(found, index, of)
        return found

    def _promised(self, node: ast.AST) -> Values:
        returns = getattr(node, "returns", None)
        return self.kind(returns) if returns is not None else ()

    def kind(self, node: ast.AST) -> Values:
        """Return what an annotation inside the function names."""
        try:
            code = compile(ast.Expression(typing.cast("ast.expr", node)), "annotation", "eval")
            told = eval(code, {**self.body.function.__globals__, **self._free})  # noqa: S307  # our own annotations
            told = eval(told, self.body.function.__globals__) if isinstance(told, str) else told  # noqa: S307  # the same
        except (NameError, TypeError, AttributeError, SyntaxError):
            return ()
        return of_kind(told)

    def entered(self, values: Values) -> Values:
        """Return what `with` hands out for these."""
        found: list[Value] = []
        for value in values:
            cls = class_of(value.kind) if isinstance(value, Of) else None
            if cls is not None and isinstance(cls, type) and issubclass(cls, (abc.AsyncIterator, abc.Iterator)):
                found += elements((value,))
                continue
            for name in ("__aenter__", "__enter__"):
                for method in self.attribute(value, name):
                    found += self.result(method, None)
        return tuple(found)

    def _attribute(self, node: ast.Attribute) -> Values:
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "super":
            return self._inherited(node.attr)
        return tuple(found for value in self.of(node.value) for found in self.attribute(value, node.attr))

    def _inherited(self, name: str) -> Values:
        cls = class_around(self.body)
        for base in cls.__mro__[1:] if cls is not None else ():
            if name in vars(base):
                found = plain(vars(base)[name])
                return (Bound(found, self._owner or Of(cls)),) if is_product(found) else ()  # type: ignore[arg-type]
        return ()

    def attribute(self, value: Value, name: str) -> Values:
        """Return what an attribute of a value may be."""
        if isinstance(value, Of):
            return self._field(value, name)
        if not isinstance(value, Known):
            return ()
        thing = value.thing
        if isinstance(thing, type):
            return of_class(value, name)
        held = None if is_plain(thing) else inspect.getattr_static(type(thing), name, None)
        if isinstance(held, property | functools.cached_property):
            return self._got(held, value)
        inner = plain(held)
        if is_product(inner):
            return (Bound(inner, value),)  # type: ignore[arg-type]  # is_product tells that it is a function
        found = getattr(thing, name, None)
        return () if found is None else (Known(found),)

    def _got(self, held: property | functools.cached_property[Any], owner: Value) -> Values:
        getter = held.fget if isinstance(held, property) else held.func
        if not isinstance(getter, types.FunctionType):
            return ()
        return self.result(Bound(getter, owner), None)

    def _field(self, value: Of, name: str) -> Values:
        cls = class_of(value.kind)
        if issubclass(cls, Request) and name == "app":
            return (Known(self._app),)
        held = inspect.getattr_static(cls, name, None)
        if isinstance(held, property | functools.cached_property):
            return self._got(held, value)
        inner = plain(held)
        if is_product(inner):
            return tuple(Bound(one, value) for one in (inner, *overriding(cls, name)))  # type: ignore[arg-type]
        told = hints_of(cls).get(name)
        return self._kept(cls, value, name) if told is None else filled(told, parts_of(value.kind))

    def _kept(self, cls: type, value: Of, name: str) -> Values:
        """Return what `__init__` keeps under a name."""
        begins = plain(inspect.getattr_static(cls, "__init__", None))
        body = body_of(begins) if is_product(begins) else None  # type: ignore[arg-type]
        if body is None or body.function is self.body.function:
            return ()
        inside = Reading(body, value, self._app)
        found: list[Value] = []
        for node in ast.walk(body.node):
            for target, told in kept_in(node):
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.attr == name:
                    found += inside.kind(told) if isinstance(node, ast.AnnAssign) else inside.of(told)
        return tuple(found)

    def _call(self, node: ast.Call) -> Values:
        given = [self.of(one) for one in node.args]
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if given and isinstance(node.func, ast.Name) and node.func.id not in self.body.names:
            found = self._of_builtin(node, name, given)
            if found is not None:
                return found
        if given and name in _FIRST_IS_IT and not any(isinstance(one, Bound) for one in self.of(node.func)):
            return given[0]
        if given and name == "to_thread":
            return tuple(found for one in given[0] for found in self.result(one, None))
        held = self._of_container(node.func, name, given) if isinstance(node.func, ast.Attribute) else None
        if held is not None:
            return held
        return tuple(found for one in self.of(node.func) for found in self.result(one, node))

    def _of_builtin(self, node: ast.Call, name: str, given: list[Values]) -> Values | None:
        """Return what a function of Python gives, None for one that is not known here."""
        found: Values | None = None
        if name in _WALKED:
            found = (Many(elements(given[0])),)
        elif name in _TAKEN_FROM:
            found = elements(given[0]) + (given[1] if len(given) > 1 else ())
        elif name == "enumerate":
            found = (Many((Row(((Of(int),), elements(given[0]))),)),)
        elif name == "zip":
            found = (Many((Row(tuple(elements(one) for one in given)),)),)
        elif name in {"dict", "partial"}:
            found = given[0]
        elif name == "cast":
            found = tuple(Of(one.thing) for one in given[0] if isinstance(one, Known))
        elif name == "getattr" and isinstance(node.args[1], ast.Constant):
            word = str(node.args[1].value)
            found = tuple(one for value in given[0] for one in self.attribute(value, word))
        return found

    def _of_container(self, func: ast.Attribute, named: str, given: list[Values]) -> Values | None:
        """Return what a method of a list or a mapping gives, None where it is none of these."""
        base = self.of(func.value)
        if not base or any(isinstance(one, Known) and not isinstance(one.thing, (dict, list, tuple)) for one in base):
            return None
        if named in {"values", "get", "pop", "setdefault"}:
            found = items(base) + (given[1] if len(given) > 1 else ())
            return ((Many(found),) if named == "values" else found) if found else None
        if named == "items":
            keys, values = elements(base), items(base)
            return (Many((Row((keys, values)),)),) if keys or values else None
        if named in {"keys", "copy"}:
            return base if elements(base) else None
        return None

    def result(self, called: Value, node: ast.Call | None) -> Values:
        """Return what a call gives."""
        if isinstance(called, Later):
            return called.result
        if isinstance(called, Bound):
            return self._returned(called.function, called.owner, node)
        if isinstance(called, Of):
            if get_origin(called.kind) is abc.Callable:
                return awaited(of_kind(get_args(called.kind)[1]))
            return tuple(found for one in self.attribute(called, "__call__") for found in self.result(one, node))
        return self._made(called.thing, node) if isinstance(called, Known) else ()

    def _made(self, thing: Any, node: ast.Call | None) -> Values:  # anything the product holds
        if isinstance(thing, type):
            return (Of(thing),)
        if isinstance(thing, functools.partial):
            return self._made(thing.func, None)
        if get_origin(thing) is not None:
            return of_kind(thing)
        inner = plain(thing)
        return self._returned(inner, None, node) if isinstance(inner, types.FunctionType) else ()

    def _returned(self, function: types.FunctionType, owner: Value | None, node: ast.Call | None) -> Values:
        hints = hints_of(function)
        promised = hints.get("return")
        if promised is Self:
            kind = owner.thing if isinstance(owner, Known) and isinstance(owner.thing, type) else None
            return (Of(kind),) if kind is not None else (owner,) if owner is not None else ()
        told: dict[Any, Values] = {}
        if isinstance(owner, Of):
            told |= parts_of(owner.kind)
        if node is not None and has_variable(promised):
            names = [name for name in inspect.signature(function).parameters if name not in {"self", "cls"}]
            for name, value in zip(names, node.args, strict=False):
                told |= told_by(hints.get(name), self.of(value))
            for keyword in node.keywords:
                told |= told_by(hints.get(keyword.arg or ""), self.of(keyword.value))
        return filled(promised, told)

    def _await(self, node: ast.Await) -> Values:
        return awaited(self.of(node.value))

    def _ifexp(self, node: ast.IfExp) -> Values:
        return self.of(node.body) + self.of(node.orelse)

    def _boolop(self, node: ast.BoolOp) -> Values:
        return tuple(one for value in node.values for one in self.of(value))

    def _binop(self, node: ast.BinOp) -> Values:
        return self.of(node.left) + self.of(node.right)

    def _namedexpr(self, node: ast.NamedExpr) -> Values:
        return self.of(node.value)

    def _starred(self, node: ast.Starred) -> Values:
        return elements(self.of(node.value))

    def _subscript(self, node: ast.Subscript) -> Values:
        held = self.of(node.value)
        if isinstance(node.slice, ast.Slice):
            return held
        return items(held)

    def _list(self, node: ast.List | ast.Set) -> Values:
        return (Many(tuple(one for value in node.elts for one in self.of(value))),)

    _set = _list

    def _tuple(self, node: ast.Tuple) -> Values:
        if any(isinstance(one, ast.Starred) for one in node.elts):
            return (Many(tuple(one for value in node.elts for one in self.of(value))),)
        return (Row(tuple(self.of(one) for one in node.elts)),)

    def _dict(self, node: ast.Dict) -> Values:
        keys = tuple(one for key in node.keys if key is not None for one in self.of(key))
        values = tuple(one for key, value in zip(node.keys, node.values, strict=True) if key for one in self.of(value))
        merged = tuple(value for key, value in zip(node.keys, node.values, strict=True) if key is None)
        return (
            Table(
                keys + tuple(one for value in merged for one in elements(self.of(value))),
                values + tuple(one for value in merged for one in items(self.of(value))),
            ),
        )

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        return (Many(self.of(node.elt)),)

    _setcomp = _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Values:
        return (Table(self.of(node.key), self.of(node.value)),)

    def _constant(self, node: ast.Constant) -> Values:
        return () if node.value is None else (Of(type(node.value)),)

    def _joinedstr(self, node: ast.JoinedStr) -> Values:
        del node
        return (Of(str),)

    def _lambda(self, node: ast.Lambda) -> Values:
        return (Later(self.of(node.body)),)

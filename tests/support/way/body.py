"""The text of a function: its syntax tree, what its names are bound to, and the hints of its parameters."""

import ast
import builtins
import inspect
import types
import typing
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.source import PACKAGES, ROOT, name_of, tree_of

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a name gets its value.

    Attributes:
        node: the expression, or the annotation of a parameter or a variable.
        how: `value`, `element` (of a loop), `entered` (by `with`), `annotated`, or `lambda` and `inner` for a function.
        path: the places of nested tuples that lead to the name, each with how many places there are.
    """

    node: ast.AST
    how: str
    path: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Body:
    """A function of the product as it is written.

    Attributes:
        function: the function.
        node: its syntax tree.
        names: names that it binds, those of functions inside it too.
        hints: its annotations, evaluated.
        parents: each node's own parent.
        inner_parameters: parameters of functions inside it.
    """

    function: types.FunctionType
    node: Function | ast.Lambda
    names: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    hints: dict[str, Any] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    inner_parameters: set[str] = field(default_factory=set)

    @property
    def place(self) -> str:
        """Where it stands: `shared/kernel/actor.py:party_as`."""
        return f"{file_of(self.function)}:{self.function.__qualname__}"


def file_of(function: types.FunctionType) -> str:
    """Return the file of a function, from the repository root."""
    return name_of(Path(function.__code__.co_filename))


def is_product(thing: object) -> bool:
    """Tell whether a function is written in the product."""
    return isinstance(thing, types.FunctionType) and _is_product_file(thing.__code__.co_filename)


@cache
def _is_product_file(name: str) -> bool:
    path = Path(name)
    return (
        path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in (*PACKAGES, "tests") and path.suffix == ".py"
    )


def plain(thing: object) -> object:
    """Return the function behind wrappers: a static or class method, a cache, a context manager's maker."""
    while True:
        if isinstance(thing, staticmethod | classmethod | types.MethodType):
            thing = thing.__func__
        elif hasattr(thing, "__wrapped__") and not isinstance(thing, type):
            thing = thing.__wrapped__
        else:
            return thing


@cache
def _functions_of(path: Path) -> dict[tuple[str, int], Function | ast.Lambda]:
    found: dict[tuple[str, int], Function | ast.Lambda] = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, _FUNCTIONS):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[node.name, first] = node
        elif isinstance(node, ast.Lambda):
            found.setdefault(("<lambda>", node.lineno), node)
    return found


@cache
def hints_of(function: Any) -> dict[str, Any]:  # a function or a class
    """Return the annotations of a function or a class, evaluated; those that name what is not loaded are left out."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        pass
    found: dict[str, Any] = {}
    for owner in reversed(function.__mro__ if isinstance(function, type) else (function,)):
        names = vars(inspect.getmodule(owner) or builtins)
        for name, told in getattr(owner, "__annotations__", {}).items():
            try:
                found[name] = eval(told, names) if isinstance(told, str) else told  # noqa: S307  # our own annotations
            except (NameError, TypeError, AttributeError):
                continue
    return found


@cache
def body_of(function: types.FunctionType) -> Body | None:
    """Return the body of a function, or None where a program wrote it (a data class's `__init__`)."""
    path = Path(function.__code__.co_filename)
    node = _functions_of(path).get((function.__code__.co_name, function.__code__.co_firstlineno))
    if node is None:
        return None
    found = Body(function, node, hints=hints_of(function))
    for parent in ast.walk(node):
        for child in ast.iter_child_nodes(parent):
            found.parents[child] = parent
    _bind(found)
    return found


def _bind(body: Body) -> None:
    own = body.node.args if isinstance(body.node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) else None
    for node in ast.walk(body.node):
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            if node.args is not own:
                for one in _arguments(node.args):
                    body.inner_parameters.add(one.arg)
                    if one.annotation is not None:
                        body.names[one.arg].append(Binding(one.annotation, "annotated"))
                    else:
                        body.names.setdefault(one.arg, [])
                if isinstance(node, _FUNCTIONS):
                    body.names[node.name].append(Binding(node, "inner"))
        else:
            for target, value, how in _assigned(node):
                _target(body, target, Binding(value, how))


def _arguments(told: ast.arguments) -> Iterator[ast.arg]:
    yield from (*told.posonlyargs, *told.args, *told.kwonlyargs)
    yield from (one for one in (told.vararg, told.kwarg) if one is not None)


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value, "value") for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        yield node.target, node.annotation, "annotated"
        if node.value is not None:
            yield node.target, node.value, "value"
    elif isinstance(node, ast.AugAssign | ast.NamedExpr):
        yield node.target, node.value, "value"
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter, "element"
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr, "entered"
    elif isinstance(node, ast.ExceptHandler) and node.name is not None and node.type is not None:
        yield ast.Name(node.name), node.type, "caught"


def _target(body: Body, target: ast.expr, binding: Binding) -> None:
    if isinstance(target, ast.Name):
        body.names[target.id].append(binding)
    elif isinstance(target, ast.Tuple | ast.List):
        if any(isinstance(one, ast.Starred) for one in target.elts):
            for one in target.elts:
                inner = one.value if isinstance(one, ast.Starred) else one
                if isinstance(inner, ast.Name):
                    body.names.setdefault(inner.id, [])
            return
        for index, one in enumerate(target.elts):
            path = (*binding.path, (index, len(target.elts)))
            _target(body, one, Binding(binding.node, binding.how, path))

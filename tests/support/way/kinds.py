"""What an expression may be, as far as names and annotations tell: a thing that is known, or one of a known type."""

import types
import typing
from collections import abc
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

ITERABLES = (list, set, frozenset, tuple, abc.Iterable)


@dataclass(frozen=True, eq=False)
class Known:
    """A thing that the loaded product holds: a module, a class, a function, a table."""

    thing: Any


@dataclass(frozen=True, eq=False)
class Of:
    """Something of a type, whatever it holds."""

    kind: Any


@dataclass(frozen=True, eq=False)
class Bound:
    """A function of the product with what it is called on; None for a plain function."""

    function: types.FunctionType
    owner: "Value | None" = None


@dataclass(frozen=True, eq=False)
class Many:
    """Something to be walked, with what it gives."""

    elements: "Values"


@dataclass(frozen=True, eq=False)
class Row:
    """A tuple, place by place."""

    places: tuple["Values", ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A mapping written out."""

    keys: "Values"
    values: "Values"


@dataclass(frozen=True, eq=False)
class Later:
    """A lambda or a function inside a function, with what a call of it gives."""

    result: "Values"


Value = Known | Of | Bound | Many | Row | Table | Later
Values = tuple[Value, ...]


def of_kind(kind: Any) -> Values:  # any annotation
    """Return what a value of an annotation may be; nothing for `Any`, `object` and what is no type."""
    kind = _bare(kind)
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return tuple(value for part in get_args(kind) for value in of_kind(part))
    if origin is Literal:
        return tuple(Of(type(part)) for part in get_args(kind))
    if origin is type:
        return tuple(Known(one.kind) for one in of_kind(get_args(kind)[0]) if isinstance(one, Of))
    is_told = kind not in {None, Any, object} and (origin is not None or isinstance(kind, type))
    return (Of(kind),) if is_told else ()


def _bare(kind: Any) -> Any:  # any annotation
    """Return an annotation without what only describes it; None where it tells nothing."""
    while True:
        origin = get_origin(kind)
        if isinstance(kind, typing.NewType):
            kind = kind.__supertype__
        elif isinstance(kind, TypeVar):
            kind = kind.__bound__
        elif origin in {typing.Annotated, typing.ClassVar, typing.Final}:
            kind = get_args(kind)[0]
        else:
            return None if kind in {typing.ClassVar, typing.Final} else kind


def class_of(kind: Any) -> type:  # any annotation
    """Return the class behind an annotation such as `Page[Loan]`."""
    return get_origin(kind) or kind


def filled(kind: Any, told: dict[Any, Values]) -> Values:  # any annotation
    """Return what a value of an annotation may be where its type variables stand for something."""
    if isinstance(kind, TypeVar):
        return told.get(kind) or of_kind(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {typing.Annotated, Union, types.UnionType}:
        inner = parts[:1] if origin is typing.Annotated else parts
        return tuple(value for part in inner for value in filled(part, told))
    if told and isinstance(origin, type) and any(isinstance(part, TypeVar) or get_args(part) for part in parts):
        return _filled_inside(kind, origin, parts, told)
    return of_kind(kind)


def _filled_inside(kind: Any, origin: type, parts: tuple[Any, ...], told: dict[Any, Values]) -> Values:
    if origin is tuple and Ellipsis not in parts:
        return (Row(tuple(filled(part, told) for part in parts)),)
    if issubclass(origin, abc.Mapping):
        return (Table(filled(parts[0], told), filled(parts[1], told)),)
    if issubclass(origin, (abc.Iterable, abc.AsyncIterable)):
        return (Many(filled(parts[0], told)),)
    return filled(parts[-1], told) if issubclass(origin, abc.Awaitable) else of_kind(kind)


def told_by(kind: Any, values: Values) -> dict[Any, Values]:  # any annotation
    """Return what the type variables of a parameter's annotation stand for where these values are given."""
    if isinstance(kind, TypeVar):
        return {kind: values} if values else {}
    origin, parts = get_origin(kind), get_args(kind)
    pairs: list[tuple[Any, Values]] = []
    if origin in {Union, types.UnionType, typing.Annotated}:
        pairs = [(part, values) for part in parts]
    elif origin is abc.Callable and parts:
        pairs = [(parts[1], tuple(one for value in values for one in _results(value)))]
    elif isinstance(origin, type) and parts:
        pairs = _pairs_inside(origin, parts, values)
    found: dict[Any, Values] = {}
    for part, given in pairs:
        found |= told_by(part, given)
    return found


def _pairs_inside(origin: type, parts: tuple[Any, ...], values: Values) -> list[tuple[Any, Values]]:
    if issubclass(origin, abc.Mapping):
        return [(parts[0], elements(values)), (parts[1], items(values))]
    if issubclass(origin, (abc.Iterable, abc.AsyncIterable)):
        return [(parts[0], elements(values))]
    same = [value for value in values if isinstance(value, Of) and get_origin(value.kind) is origin]
    return [(part, of_kind(given)) for value in same for part, given in zip(parts, get_args(value.kind), strict=False)]


def _results(value: Value) -> Values:
    if isinstance(value, Later):
        return value.result
    if isinstance(value, Known) and isinstance(value.thing, type):
        return (Of(value.thing),)
    return ()


def awaited(values: Values) -> Values:
    """Return what is there after waiting."""
    found: list[Value] = []
    for value in values:
        origin = get_origin(value.kind) if isinstance(value, Of) else None
        if isinstance(origin, type) and issubclass(origin, abc.Awaitable) and isinstance(value, Of):
            found += of_kind(get_args(value.kind)[-1])
        else:
            found.append(value)
    return tuple(found)


def elements(values: Values) -> Values:
    """Return what walking these gives."""
    return tuple(one for value in values for one in _elements(value))


def _elements(value: Value) -> Values:
    if isinstance(value, Row):
        return tuple(one for place in value.places for one in place)
    if isinstance(value, Many | Table):
        return value.elements if isinstance(value, Many) else value.keys
    if isinstance(value, Known):
        return _elements_of(value.thing)
    parts = [part for part in get_args(value.kind) if part is not Ellipsis] if isinstance(value, Of) else []
    is_tuple = isinstance(value, Of) and get_origin(value.kind) is tuple
    return tuple(one for part in (parts if is_tuple else parts[:1]) for one in of_kind(part))


def _elements_of(thing: Any) -> Values:  # anything the product holds
    if isinstance(thing, (list, tuple, set, frozenset, dict)):
        return tuple(Known(one) for one in thing)
    return (Of(thing),) if isinstance(thing, type) else ()  # the members of an enumeration


def items(values: Values) -> Values:
    """Return what looking up in these gives, whatever the key."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, Table):
            found += value.values
        elif isinstance(value, Known) and isinstance(value.thing, abc.Mapping):
            found += [Known(one) for one in value.thing.values()]
        elif isinstance(value, Known) and isinstance(value.thing, type):
            found.append(value)
        elif isinstance(value, Of) and _is_mapping(value.kind):
            found += of_kind(get_args(value.kind)[-1]) if get_args(value.kind) else ()
        else:
            found += _elements(value)
    return tuple(found)


def _is_mapping(kind: Any) -> bool:  # any annotation
    cls = class_of(kind)
    return isinstance(cls, type) and issubclass(cls, abc.Mapping)


def place(values: Values, index: int, of: int) -> Values:
    """Return what stands at one place of a tuple of so many."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, Row):
            if len(value.places) == of:
                found += value.places[index]
        elif isinstance(value, Known) and isinstance(value.thing, tuple):
            found += [Known(value.thing[index])] if len(value.thing) == of else []
        elif isinstance(value, Of) and get_origin(value.kind) is tuple:
            parts = get_args(value.kind)
            found += of_kind(parts[0] if Ellipsis in parts else parts[index] if len(parts) == of else None)
        else:
            found += _elements(value)
    return tuple(found)

"""The query parameters of a list, made from what its rows may be narrowed and sorted by."""

from collections.abc import Callable, Coroutine
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import BigInteger, Boolean, Integer, SQLColumnExpression, Uuid
from sqlalchemy import Enum as EnumType

from shared.db.selection import FROM_ON, UNTIL_ON, Chosen, Selection, type_of
from shared.kernel.types import CodeText, Day, LooseUscc, SearchText, UnitId

_MOST_VALUES = 20
_DAY_EXAMPLE = "2026-06-10"
_UNIT = "unit_id"


def chosen_from(selection: Selection, *, sorted_too: bool = True) -> Callable[..., Coroutine[Any, Any, Chosen]]:
    """Return the dependency that reads what a caller chose; it takes each parameter of the selection by name.

    A parameter of several values is repeated: `status=SIGNED&status=LAPSED`.

    Args:
        selection: the list.
        sorted_too: whether the caller may choose an order; False where rows are only counted.
    """

    async def read(**given: Any) -> Chosen:  # noqa: ANN401  # typed by the signature below
        sort = given.pop("sort", None)
        return Chosen({name: value for name, value in given.items() if value not in (None, [])}, sort)

    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=None)
        for name, kind in [*_filters(selection), *([_order(selection)] if sorted_too else [])]
    ]
    read.__signature__ = Signature(parameters, return_annotation=Chosen)  # type: ignore[attr-defined]  # FastAPI reads it
    return read


def _filters(selection: Selection) -> list[tuple[str, Any]]:
    """Return each parameter that narrows with its annotated type."""
    named: list[tuple[str, Any]] = []
    for name, column in selection.same.items():
        named.append((name, Annotated[_one(name, column) | None, Query()]))
    for name, column in selection.among.items():
        told = Query(max_length=_MOST_VALUES)
        named.append((name, Annotated[list[_one(name, column)] | None, told]))  # type: ignore[misc]  # a type by its column
    for name in selection.days:
        day = Annotated[Day | None, Query(examples=[_DAY_EXAMPLE])]
        named += [(name + FROM_ON, day), (name + UNTIL_ON, day)]
    named += [(name, Annotated[SearchText | None, Query()]) for name in selection.found]
    for name, asked in selection.asked.items():
        told = Query(max_length=_MOST_VALUES) if asked.several else Query()
        several = list[asked.kind] if asked.several else asked.kind  # type: ignore[name-defined]  # a type by its list
        named.append((name, Annotated[several | None, told]))
    return named


def _order(selection: Selection) -> tuple[str, Any]:
    """Return the parameter of the order with its annotated type."""
    sorts = tuple(selection.sorts)
    # In the order of the enumeration: Python keeps one `Literal | None` of equal members, whichever order was first.
    closed = tuple(one for one in type(sorts[0]) if one in sorts)
    kind = Literal[closed] | None  # type: ignore[valid-type]  # the closed set of this list
    return "sort", Annotated[kind, Query()]


def _one(name: str, column: SQLColumnExpression[Any]) -> Any:  # noqa: ANN401  # a type
    """Return the type of one value: codes are folded, days are written, enumerations are closed."""
    kind = type_of(column)
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        return kind.enum_class
    if name == _UNIT:
        return UnitId
    if name.endswith("uscc"):
        return LooseUscc
    plain = {Boolean: bool, BigInteger: _whole(64), Integer: _whole(32), Uuid: UUID}
    return next((python for sql, python in plain.items() if isinstance(kind, sql)), CodeText)


def _whole(bits: int) -> Any:  # noqa: ANN401  # a type
    """Return the type of a number that a column of so many bits can hold: of a larger one no row could be found."""
    return Annotated[int, Field(ge=-(2 ** (bits - 1)), le=2 ** (bits - 1) - 1)]

"""The query parameters of a list, made from what its rows may be narrowed and sorted by."""

from collections.abc import Callable, Coroutine
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from sqlalchemy import Boolean, Integer, SQLColumnExpression, Uuid
from sqlalchemy import Enum as EnumType

from shared.db.selection import FROM_ON, UNTIL_ON, Chosen, Selection
from shared.kernel.types import CodeText, Day, LooseUscc, SearchText, UnitId
from shared.web.field_title import FIELDS, title_of

_MOST_VALUES = 20
_DAY_EXAMPLE = "2026-06-10"
_UNIT = "unit_id"


def chosen_from(selection: Selection) -> Callable[..., Coroutine[Any, Any, Chosen]]:
    """Return the dependency that reads what a caller chose; it takes each parameter of the selection by name.

    A parameter of several values is repeated: `status=SIGNED&status=LAPSED`.
    """

    async def read(**given: Any) -> Chosen:  # noqa: ANN401  # typed by the signature below
        sort = given.pop("sort")
        return Chosen({name: value for name, value in given.items() if value not in (None, [])}, sort)

    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=None) for name, kind in _kinds(selection)
    ]
    read.__signature__ = Signature(parameters, return_annotation=Chosen)  # type: ignore[attr-defined]  # FastAPI reads it
    return read


def _kinds(selection: Selection) -> list[tuple[str, Any]]:
    """Return each parameter with its annotated type."""
    named: list[tuple[str, Any]] = []
    for name, column in selection.same.items():
        named.append((name, _told(_one(name, column) | None, *title_of(name), example=FIELDS[name].example)))
    for name, column in selection.among.items():
        zh, en = title_of(name)
        told = Query(
            description=f"{zh}，可重复给出多个 / {en}; may be repeated for several values",
            max_length=_MOST_VALUES,
        )
        named.append((name, Annotated[list[_one(name, column)] | None, told]))  # type: ignore[misc]  # a type by its column
    for name in selection.days:
        zh, en = title_of(name)
        named.append((name + FROM_ON, _told(Day | None, f"{zh}起（含）", f"{en}, first day", example=_DAY_EXAMPLE)))
        named.append((name + UNTIL_ON, _told(Day | None, f"{zh}止（含）", f"{en}, last day", example=_DAY_EXAMPLE)))
    named += [
        (name, _told(SearchText | None, *title_of(name), example=FIELDS[name].example)) for name in selection.found
    ]
    sorts = tuple(selection.sorts)
    words = "；".join(f"{one.value} {one.title_zh}" for one in sorts)
    english = "; ".join(f"{one.value} {one.title_en}" for one in sorts)
    first = sorts[0].value
    kind = Literal[sorts] | None  # type: ignore[valid-type]  # the closed set of this list
    named.append(("sort", _told(kind, f"排序：{words}；默认 {first}", f"order: {english}; {first} unless given")))
    return named


def _told(kind: Any, zh: str, en: str, *, example: Any = None) -> Any:  # noqa: ANN401  # a type and its example
    examples = None if example is None else [example]
    return Annotated[kind, Query(description=f"{zh} / {en}", examples=examples)]


def _one(name: str, column: SQLColumnExpression[Any]) -> Any:  # noqa: ANN401  # a type
    """Return the type of one value: codes are folded, days are written, enumerations are closed."""
    kind = column.type
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        return kind.enum_class
    if name == _UNIT:
        return UnitId
    if name.endswith("uscc"):
        return LooseUscc
    plain = {Boolean: bool, Integer: int, Uuid: UUID}
    return next((python for sql, python in plain.items() if isinstance(kind, sql)), CodeText)

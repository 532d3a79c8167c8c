"""What the rows of a list may be narrowed and sorted by: said once per list, used by its pages and by its export."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    SQLColumnExpression,
    String,
    func,
    inspect,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import Enum as EnumType

from shared.db.keyset import KeyPart, Keyset, Page, PageWanted, ascending, descending
from shared.db.transaction import Transaction
from shared.kernel.clock import SHANGHAI
from shared.kernel.fold import search_key
from shared.kernel.sort import Sort
from shared.kernel.types import ShortText

_FIRST_DAY, _LAST_DAY = date(1000, 1, 1), date(9998, 12, 30)
Columns = Mapping[str, SQLColumnExpression[Any]]
FROM_ON, UNTIL_ON = "_from_on", "_until_on"
_EXPORT_BATCH = 500
_MOST_COUNTED = 100_000
_RARE = 10
"""A state below this part of the bound is counted by itself where a pass ended early."""
_STATUS = "status"
NEVER = date(2199, 12, 31)
"""Stands for the end of what has none; a cursor holds no later day."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a caller chose of a selection.

    Attributes:
        values: parameter → value, those that were given only.
        sort: the order, None for the list's own.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a list have each state.

    Attributes:
        by_value: state → rows, every member of a closed set included.
        total: all rows, a lower bound where not all were counted.
        complete: whether all rows were counted.
        at_least: the states whose number is a lower bound.
    """

    by_value: Mapping[str, int]
    total: int
    complete: bool
    at_least: Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter that no column alone answers.

    Attributes:
        kind: type of one value with its bounds, as the parameter is read.
        holds: the condition of the rows that are asked for; it is told the transaction, for what depends on the caller
            or the day, and the value, a list where there are several.
        several: whether the parameter may be repeated.
    """

    kind: Any
    holds: Callable[[Transaction, Any], ColumnElement[bool]]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list may be narrowed and sorted by; conditions of different parameters all hold.

    Attributes:
        rows: the rows that a caller may see, in no order.
        sorts: the orders a caller may choose; the first is the list's own.
        same: parameter → column that has the value.
        among: parameter → column that has one of several values.
        days: name → day or instant; the parameters are `<name>_from_on` and `<name>_until_on`, both days included.
        found: parameter → condition for what somebody looks for.
        asked: parameter → what more than one column, or another table, answers.
        unless_asked: parameter → value that holds where the caller says nothing of it.
        states: parameter of `among` whose values the rows are counted by; `status` where it is there and none is named.
        counted: the values of it that these rows may have, where they are not all of its closed set.
        beside: name → what a page reads beside each row, in the same statement; the row has it as an attribute.
        unread: columns that no page of the list tells, left where they are.
    """

    rows: Callable[[Transaction], Select[Any]]
    sorts: Mapping[Sort, Keyset]
    same: Columns = field(default_factory=dict)
    among: Columns = field(default_factory=dict)
    days: Columns = field(default_factory=dict)
    found: Mapping[str, Callable[[str], ColumnElement[bool]]] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)
    unless_asked: Mapping[str, Any] = field(default_factory=dict)
    states: str | None = None
    counted: Sequence[str] | None = None
    beside: Columns = field(default_factory=dict)
    unread: Collection[str] = ()

    @property
    def counted_by(self) -> str | None:
        """The parameter whose values are counted, None where the rows have no states."""
        return self.states or (_STATUS if _STATUS in self.among else None)

    def narrowed(self, tx: Transaction, values: Mapping[str, Any]) -> Select[Any]:
        """Return the rows that the caller may see and chose, in no order.

        Raises:
            KeyError: for a name that this list does not know.
        """
        return self._where(tx, {**self.unless_asked, **values})

    def order(self, sort: Sort | None) -> Keyset:
        """Return the order that was chosen, or the list's own."""
        return next(iter(self.sorts.values())) if sort is None else self.sorts[sort]

    async def page(self, tx: Transaction, chosen: Chosen, wanted: PageWanted) -> Page[Any]:
        """Return one page of the rows that the caller may see and chose: columns, and what stands beside them.

        Raises:
            Refusal: `cursor_invalid`.
        """
        return await self.order(chosen.sort).page(tx, self._told(tx, chosen.values), wanted)

    async def one(self, tx: Transaction, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  # a row
        """Return the only row that the caller may see under some values as a page tells it, or None."""
        return (await tx.session.execute(self._told(tx, values))).one_or_none()

    def batches(self, tx: Transaction, chosen: Chosen) -> AsyncIterator[Sequence[Any]]:
        """Yield every row that the caller may see and chose, some hundred at once, in the order chosen."""
        return self.order(chosen.sort).batches(tx, self._told(tx, chosen.values), size=_EXPORT_BATCH)

    async def counts(self, tx: Transaction, chosen: Chosen) -> Counts:
        """Count the rows that the caller may see by their state; what was chosen of the state itself is passed over.

        A pass over the rows ends at a bound: a list may be as long as the city. Where it ended early, another counts
        what was seen seldom or never, so that a rare state is exact and never nought by chance.
        """
        by = self.counted_by
        closed = () if by is None else self.counted or _members(self.among[by])
        values = {name: value for name, value in {**self.unless_asked, **chosen.values}.items() if name != by}
        column = literal(_STATUS) if by is None else self.among[by]
        state = type_coerce(column, String)
        rows = self._where(tx, values).with_only_columns(state.label("state"), maintain_column_froms=True)
        held: dict[str | None, int] = {}
        last, at_least = await _counted(tx, rows), set[str]()
        while True:
            held = {name: max(held.get(name, 0), last.get(name, 0)) for name in {**held, **last}}
            if by is None or sum(last.values()) <= _MOST_COUNTED:
                break
            at_least |= _frequent(last)
            last = await _counted(tx, rows.where(state.is_not(None), state.not_in(sorted(at_least))))
        total = sum(held.values())
        return Counts(
            {**dict.fromkeys(closed, 0), **({} if by is None else {name: held[name] for name in held if name})},
            min(total, _MOST_COUNTED) if by is None else total,
            complete=not at_least and total <= _MOST_COUNTED,
            at_least=sorted(at_least),
        )

    def _told(self, tx: Transaction, values: Mapping[str, Any]) -> Select[Any]:
        """Return what a page tells of each row: plain columns, for a table's class is dear to make of every row."""
        rows = self.narrowed(tx, values)
        (listed,) = (one["entity"] for one in rows.column_descriptions)
        own = _columns(listed, frozenset(self.unread))
        return rows.with_only_columns(*own, *(value.label(name) for name, value in self.beside.items()))

    def _where(self, tx: Transaction, values: Mapping[str, Any]) -> Select[Any]:
        return self.rows(tx).where(*(self._condition(tx, name, value) for name, value in values.items()))

    def _condition(self, tx: Transaction, name: str, value: Any) -> ColumnElement[bool]:  # noqa: ANN401  # typed by the parameter
        if name in self.asked:
            return self.asked[name].holds(tx, value)
        if name in self.same:
            return cast("ColumnElement[bool]", self.same[name] == value)
        if name in self.among:
            return self.among[name].in_(value)
        if name in self.found:
            return self.found[name](value)
        return self._within_days(name, value)

    def _within_days(self, name: str, value: date) -> ColumnElement[bool]:
        if name.endswith(FROM_ON):
            column = self.days[name.removesuffix(FROM_ON)]
            return column >= _first(value, column)
        column = self.days[name.removesuffix(UNTIL_ON)]
        if isinstance(type_of(column), DateTime):
            return column < _first(min(value, _LAST_DAY) + timedelta(days=1), column)
        return column <= value


@cache
def _columns(listed: type[Any], unread: frozenset[str]) -> tuple[ColumnElement[Any], ...]:
    """Return the columns of a table's class as they are named there, but for those that are not read."""
    held = ((one.key, one.columns[0]) for one in inspect(listed).column_attrs if one.key not in unread)
    return tuple(column if column.key == key else column.label(key) for key, column in held)


def _frequent(counted: Mapping[str | None, int]) -> set[str]:
    """Return the states that filled a pass, at least one where there is any."""
    named = {state: rows for state, rows in counted.items() if state}
    enough = min(_MOST_COUNTED // _RARE, max(named.values(), default=0))
    return {state for state, rows in named.items() if rows >= enough}


async def _counted(tx: Transaction, rows: Select[Any]) -> dict[str | None, int]:
    """Count at most one row more than the bound by state."""
    found = rows.limit(_MOST_COUNTED + 1).subquery()
    counted = await tx.session.execute(select(found.c.state, func.count().label("held")).group_by(found.c.state))
    return {row.state: row.held for row in counted}


def by_time(at: SQLColumnExpression[Any], row_id: SQLColumnExpression[Any]) -> dict[Sort, Keyset]:
    """Return the two orders by the instant at which rows came, newest first."""
    return {Sort.NEWEST: descending(at, row_id), Sort.OLDEST: ascending(at, row_id)}


def due_first(on: SQLColumnExpression[Any], row_id: SQLColumnExpression[Any]) -> Keyset:
    """Return the order by a day that may be open; what never ends comes last.

    The row's own attribute is read beside it, so a cursor holds `NEVER` for an open day.
    """
    day = func.coalesce(on, NEVER, type_=Date)
    return Keyset(KeyPart(day, _key(on), otherwise=NEVER), KeyPart(cast("ColumnElement[Any]", row_id), _key(row_id)))


def exactly(column: SQLColumnExpression[Any]) -> Asked:
    """Return the parameter that asks for a word as it stands: others are codes, which are folded to large letters."""
    return Asked(ShortText, lambda _tx, value: cast("ColumnElement[bool]", column == value))


def as_code(column: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return a number that others gave as it is asked for: parameters are folded codes, rows keep what was written."""
    return func.upper(func.replace(column, " ", ""), type_=String)


def holds_key(keys: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column of search keys holds what a text is found by."""
    return cast("ColumnElement[str]", keys).contains(search_key(text), autoescape=True)


def type_of(column: SQLColumnExpression[Any]) -> Any:  # noqa: ANN401  # a type of the database
    """Return the type of a column."""
    return cast("ColumnElement[Any]", column).type


def _members(column: SQLColumnExpression[Any]) -> tuple[str, ...]:
    kind = type_of(column)
    return tuple(one.value for one in kind.enum_class) if isinstance(kind, EnumType) and kind.enum_class else ()


def _key(column: SQLColumnExpression[Any]) -> str:
    return str(cast("ColumnElement[Any]", column).key)


def _first(on: date, column: SQLColumnExpression[Any]) -> date | datetime:
    """Return the first instant of a day in Chongqing, or the day where the column holds days."""
    if not isinstance(type_of(column), DateTime):
        return on
    # No row is that old or that new, and an instant at either end has no place in UTC.
    within = min(max(on, _FIRST_DAY), _LAST_DAY + timedelta(days=1))
    return datetime(within.year, within.month, within.day, tzinfo=SHANGHAI)

"""Keyset pages: one piece for the order, the cursor's types and the row that tells of a further page.

A cursor is data from outside. Each of its values is read by the type of the column that it is compared with, and is
refused beyond what the column or the driver can hold: the first page in place of an answer would be a lie, an error of
the database a failure of ours.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    SQLColumnExpression,
    String,
    Uuid,
    and_,
    or_,
    tuple_,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.types import TypeEngine

from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import CURSOR_INVALID

Row = TypeVar("Row")
Told = tuple[str | int, ...]
"""The values of a cursor as they came: texts and whole numbers, nothing else."""
_YEARS = range(1800, 2200)
_TEXT_MAX = 1_000
_BITS = ((SmallInteger, 15), (BigInteger, 63), (Integer, 31))


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Which page is asked for.

    Attributes:
        limit: rows on the page, at least 1.
        told: the values behind which it begins, unread; None for the first page.
    """

    limit: int
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page.

    Attributes:
        rows: at most `limit` rows.
        next_key: sort values of the last row if more rows follow, else None.
    """

    rows: Sequence[Row]
    next_key: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One column of an order.

    Attributes:
        column: what is sorted by; never NULL.
        name: attribute of a row that holds the value.
        descending: whether the largest comes first.
        otherwise: what the column gives in place of an empty value; None where the attribute is never empty.
    """

    column: ColumnElement[Any]
    name: str
    descending: bool = False
    otherwise: Any = None


class Keyset:
    """The order of a list, the last part unique: it makes pages that skip and repeat no row while rows are added."""

    def __init__(self, *parts: KeyPart) -> None:
        """Keep the order; the type of each column must be one that a cursor can hold.

        Raises:
            TypeError: for another type of column.
        """
        self.parts = parts
        self._readers = tuple(_reader(part.column.type) for part in parts)

    def read(self, told: Told) -> tuple[Any, ...]:
        """Return the values of a cursor in the types of the columns.

        Raises:
            Refusal: `cursor_invalid` for a wrong number of values, a wrong type, or a value the column cannot hold.
        """
        try:
            return tuple(read(value) for read, value in zip(self._readers, told, strict=True))
        except (ValueError, OverflowError):
            raise Refusal(CURSOR_INVALID, pointer="query:cursor") from None

    def key_of(self, row: object) -> tuple[Any, ...]:
        """Return the sort values of a row."""
        found = ((getattr(row, part.name), part.otherwise) for part in self.parts)
        return tuple(otherwise if value is None else value for value, otherwise in found)

    def behind(self, key: tuple[Any, ...]) -> ColumnElement[bool]:
        """Return the condition of the rows behind `key` in this order."""
        descending = {part.descending for part in self.parts}
        if len(descending) == 1:  # one comparison of rows, which an index answers
            columns = tuple_(*(part.column for part in self.parts))
            return columns < key if descending == {True} else columns > key
        steps = []
        for place, part in enumerate(self.parts):
            same = [before.column == key[at] for at, before in enumerate(self.parts[:place])]
            beyond = part.column < key[place] if part.descending else part.column > key[place]
            steps.append(and_(*same, beyond))
        return or_(*steps)

    def order(self) -> tuple[ColumnElement[Any], ...]:
        """Return what the rows are ordered by."""
        return tuple(part.column.desc() if part.descending else part.column.asc() for part in self.parts)

    async def page(self, tx: Transaction, statement: Select[Any], wanted: PageWanted) -> Page[Any]:
        """Return one page of the rows of `statement`, which has no order and no limit of its own.

        Raises:
            Refusal: `cursor_invalid`.
        """
        found = (await tx.session.execute(self._limited(statement, wanted))).all()
        rows = found[: wanted.limit]  # one more was read, which only tells of a further page
        return Page(rows, self.key_of(rows[-1]) if len(found) > wanted.limit else None)

    async def batches(self, tx: Transaction, statement: Select[Any], *, size: int) -> AsyncIterator[Sequence[Any]]:
        """Yield every row, up to `size` at once."""
        key: tuple[Any, ...] | None = None
        while True:
            asked = statement if key is None else statement.where(self.behind(key))
            found = (await tx.session.execute(asked.order_by(*self.order()).limit(size))).all()
            if found:
                yield found
            if len(found) < size:
                return
            key = self.key_of(found[-1])

    def _limited(self, statement: Select[Any], wanted: PageWanted) -> Select[Any]:
        if wanted.told is not None:
            statement = statement.where(self.behind(self.read(wanted.told)))
        return statement.order_by(*self.order()).limit(wanted.limit + 1)


def ascending(*columns: SQLColumnExpression[Any]) -> Keyset:
    """Return the order by mapped columns, smallest first; the last one is unique."""
    return Keyset(*(_mapped(column, descending=False) for column in columns))


def descending(*columns: SQLColumnExpression[Any]) -> Keyset:
    """Return the order by mapped columns, largest first; the last one is unique."""
    return Keyset(*(_mapped(column, descending=True) for column in columns))


def _mapped(column: SQLColumnExpression[Any], *, descending: bool) -> KeyPart:
    known = cast("ColumnElement[Any]", column)
    return KeyPart(known, str(known.key), descending)


def _reader(kind: TypeEngine[Any]) -> Callable[[str | int], Any]:
    """Return what reads a value of a cursor for a type of column."""
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        members = kind.enum_class
        return lambda value: _member(members, value)
    if isinstance(kind, Uuid):
        return lambda value: UUID(_text(value))
    if isinstance(kind, DateTime):
        return _instant
    if isinstance(kind, Date):
        return _day
    for whole, bits in _BITS:
        if isinstance(kind, whole):
            return lambda value: _whole(value, bits)
    if isinstance(kind, String):
        return _text
    raise TypeError(f"a cursor cannot hold {kind!r}")


def _text(value: str | int) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_MAX or "\x00" in value:
        raise ValueError("a text is expected")
    return value


def _whole(value: str | int, bits: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << bits) <= value < 1 << bits:
        raise ValueError("a whole number is expected that the column can hold")
    return value


def _instant(value: str | int) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None or at.year not in _YEARS:
        raise ValueError("an instant with its zone is expected")
    return at.astimezone(UTC)


def _day(value: str | int) -> date:
    on = date.fromisoformat(_text(value))
    if on.year not in _YEARS:
        raise ValueError("a day of our time is expected")
    return on


def _member(members: type[Enum], value: str | int) -> Enum:
    return members(value)

"""A cursor is data from outside: each value is read by the type of its column, or refused."""

import contextlib
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Date, DateTime, Enum, Integer, LargeBinary, MetaData, String, Table, Uuid
from sqlalchemy.dialects import postgresql

from shared.db.keyset import KeyPart, Keyset, ascending, descending
from shared.kernel.errors import Refusal


class Colour(StrEnum):
    """A state to sort by."""

    RED = "RED"
    BLUE = "BLUE"


ROW = Table(
    "row",
    MetaData(),
    Column("id", Uuid()),
    Column("at", DateTime(timezone=True)),
    Column("on", Date()),
    Column("name", String(20)),
    Column("amount", BigInteger()),
    Column("line", Integer()),
    Column("colour", Enum(Colour)),
    Column("picture", LargeBinary()),
)
ID = "019e8000-0000-7000-8000-00000000000a"
AT = "2026-11-28T10:00:00.123456+00:00"


def sql(keyset: Keyset, *told: str | int) -> str:
    condition = keyset.behind(keyset.read(told))
    return str(condition.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": False}))


@pytest.mark.parametrize(
    ("column", "told", "value"),
    [
        ("id", ID, UUID(ID)),
        ("at", AT, datetime(2026, 11, 28, 10, 0, 0, 123456, tzinfo=UTC)),
        ("at", "2026-11-28T18:00:00+08:00", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("on", "2026-11-28", date(2026, 11, 28)),
        ("name", "华为", "华为"),
        ("amount", 2**63 - 1, 2**63 - 1),
        ("line", -1, -1),
        ("colour", "BLUE", Colour.BLUE),
    ],
)
def test_a_value_is_read_in_the_type_of_its_column(column: str, told: str | int, value: Any) -> None:
    assert ascending(ROW.c[column]).read((told,)) == (value,)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("id", "not-an-id"),
        ("id", 7),
        ("at", "0001-01-01T00:00:00+00:00"),
        ("at", "9999-12-31T23:59:59-14:00"),
        ("at", "1799-12-31T23:59:59+00:00"),
        ("at", "2026-11-28T10:00:00"),
        ("at", "2026-11-28"),
        ("at", 1_700_000_000),
        ("at", ""),
        ("on", "0001-01-01"),
        ("on", "2026-02-30"),
        ("on", 20261128),
        ("name", "a\x00b"),
        ("name", "x" * 1_001),
        ("name", 5),
        ("amount", 2**63),
        ("amount", -(2**63) - 1),
        ("amount", "5"),
        ("line", 2**31),
        ("line", "1"),
        ("colour", "GREEN"),
        ("colour", 1),
    ],
)
def test_what_the_column_cannot_hold_is_an_invalid_cursor(column: str, told: str | int) -> None:
    with pytest.raises(Refusal) as caught:
        ascending(ROW.c[column]).read((told,))
    assert (caught.value.code.code, caught.value.pointer) == ("cursor_invalid", "query:cursor")


@pytest.mark.parametrize("told", [(), (AT,), (AT, ID, 1), (ID, AT)])
def test_a_cursor_has_as_many_values_as_the_order_and_in_its_order(told: tuple[str | int, ...]) -> None:
    with pytest.raises(Refusal):
        descending(ROW.c.at, ROW.c.id).read(told)


@given(st.lists(st.text() | st.integers(), max_size=4))
def test_no_cursor_breaks_the_reader(told: list[str | int]) -> None:
    for column in ("id", "at", "on", "name", "amount", "line", "colour"):
        with contextlib.suppress(Refusal):
            ascending(ROW.c[column], ROW.c.id).read(tuple(told))


def test_one_direction_is_one_comparison_of_rows() -> None:
    assert " > (" in sql(ascending(ROW.c.at, ROW.c.id), AT, ID)
    assert " < (" in sql(descending(ROW.c.at, ROW.c.id), AT, ID)


def test_two_directions_are_compared_column_by_column() -> None:
    mixed = Keyset(KeyPart(ROW.c.amount, "amount", descending=True), KeyPart(ROW.c.id, "id"))
    said = sql(mixed, 5, ID).replace("\n", " ")
    assert "amount <" in said
    assert "amount =" in said
    assert "id >" in said
    assert [str(one) for one in mixed.order()] == ["row.amount DESC", "row.id ASC"]


def test_an_order_by_what_a_cursor_cannot_hold_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        ascending(ROW.c.picture)

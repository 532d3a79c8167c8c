"""Columns keep their units: fen in BIGINT, rates whole, instants with a zone, states guarded by a CHECK, no float."""

import importlib
import re
import subprocess
import sys

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
)

from shared.db import migrate
from shared.db.tables import attach_infrastructure
from tests.support.source import ROOT, SERVICES, python_files, room_files, text_of

OWNERS = (*(f"services.{service}" for service in SERVICES), "gateway")


def metadata_of(owner: str) -> MetaData:
    """Import every model of a service and return its tables."""
    for path in room_files("models", owner.removeprefix("services.")):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return migrate.metadata_of(owner.removeprefix("services."))


@pytest.mark.parametrize("owner", OWNERS)
def test_migrations_see_every_table_without_looking_for_it(owner: str) -> None:
    alone = (
        f"from shared.db.migrate import metadata_of; print(*metadata_of({owner.removeprefix('services.')!r}).tables)"
    )
    run = subprocess.run(  # a process of its own: nothing else has imported the models there
        [sys.executable, "-c", alone], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) == set(metadata_of(owner).tables)


def column_problem(column: Column[object]) -> str | None:
    """Say why the type of a column does not fit the unit in its name, or None."""
    name, kind = column.name, column.type
    expected: dict[str, type] = {
        "_fen": BigInteger,
        "_milli": BigInteger,
        "_ppm": Integer,
        "_on": Date,
        "_at": DateTime,
    }
    for suffix, wanted in expected.items():
        if name.endswith(suffix) and not isinstance(kind, wanted):
            return f"{name} is {kind!r}, not {wanted.__name__}"
    if isinstance(kind, DateTime) and not kind.timezone:
        return f"{name} has no time zone"
    if isinstance(kind, Float | Numeric):
        return f"{name} is no whole number"
    if isinstance(kind, Enum) and kind.native_enum:
        return f"{name} is a native enum: a new state would need ALTER TYPE"
    return None


def guards(table: Table) -> str:
    """Return the text of all CHECK constraints of a table."""
    return " ".join(str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))


def table_problems(table: Table) -> list[str]:
    """Return what is wrong with one table."""
    found = [problem for column in table.columns if (problem := column_problem(column))]
    checked = guards(table)
    for column in table.columns:
        guarded = column.name in checked or (isinstance(column.type, Enum) and column.type.create_constraint)
        is_state = column.name == "status" and isinstance(column.type, String)
        if (is_state or column.name.endswith("_fen")) and not guarded:
            found.append(f"{column.name} is guarded by no CHECK")
    if not table.primary_key.columns:
        found.append("has no primary key")
    return [f"{table.name}: {problem}" for problem in found]


@pytest.mark.planted
def test_a_bad_column_would_be_found() -> None:
    table = Table(
        "planted",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("paid_fen", Integer),
        Column("made_at", DateTime),
        Column("share", Numeric),
        Column("kind", Enum("a", "b", name="kind")),
        Column("status", String),
    )
    assert len(table_problems(table)) == 6


@pytest.mark.parametrize("owner", OWNERS)
def test_every_column_has_the_type_of_its_unit_and_every_state_its_guard(owner: str) -> None:
    tables = metadata_of(owner).tables.values()
    assert tables
    found = [problem for table in tables for problem in table_problems(table)]
    assert not found, "\n".join(found)


def tables_made_in(text: str) -> set[str]:
    """Return the names of the tables that a migration makes or drops."""
    return set(re.findall(r"(?:create_table|drop_table)\(\s*[\"'](\w+)[\"']", text))


@pytest.mark.planted
def test_a_table_made_in_a_migration_would_be_found() -> None:
    assert tables_made_in('op.create_table(\n    "outbox_event",') == {"outbox_event"}


@pytest.mark.parametrize("owner", OWNERS)
def test_the_infrastructure_tables_are_made_by_the_one_line_of_shared(owner: str) -> None:
    metadata = MetaData()
    attach_infrastructure(metadata)
    own, shared = (
        {name for path in python_files(folder) for name in tables_made_in(text_of(path))}
        for folder in (f"{owner.replace('.', '/')}/migrations/versions", "shared/db/migrations/versions")
    )
    assert shared >= set(metadata.tables)
    assert own
    assert not own & set(metadata.tables)


def test_no_service_sees_the_tables_of_another() -> None:
    metadatas = [metadata_of(owner) for owner in OWNERS]
    assert len({id(metadata) for metadata in metadatas}) == len(OWNERS)


@pytest.mark.parametrize("owner", OWNERS)
def test_no_table_reaches_another_by_an_orm_relationship(owner: str) -> None:
    words = ("Relationship(", "relationship(")
    found = [
        path
        for path in room_files("models", owner.removeprefix("services."))
        if any(word in text_of(path) for word in words)
    ]
    assert not found

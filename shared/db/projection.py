"""Projections: another service's facts, held by version, written in batches and never corrected here.

What its owner withdraws is forgotten: the row goes, and its version is remembered, so that an older state that comes
late does not bring it back.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql

from shared.db.inbox import NumberReused
from shared.db.transaction import Transaction

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


async def upsert_if_newer(
    tx: Transaction, table: Table, rows: list[dict[str, Any]], *, key: Sequence[str]
) -> list[dict[str, Any]]:
    """Insert or update projection rows, each only if its `version` is above the one that is held.

    Args:
        tx: the transaction.
        table: the projection's table, with a column `version`.
        rows: one dict per event, the columns by name; values that JSON can carry (dates as text or date objects). One
            whose word `withdrawn` is true takes the row away; all rows have the word or none has.
        key: names of the columns that identify a row.

    Returns:
        The keys of the rows that changed.

    Raises:
        NumberReused: a row has the version of the one that is held and says something else. The inbox has let its event
            pass as an unknown one, so its publisher gave the version twice.
    """
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        identity = tuple(str(row[name]) for name in key)
        other = newest.get(identity)
        if other is None or row["version"] > other["version"]:
            newest[identity] = row
        elif row["version"] == other["version"] and row != other:
            raise _reused(table, identity, row["version"])
    if not newest:
        return []
    # Keys in order: two batches that overlap lock their rows in the same order.
    ordered = [newest[identity] for identity in sorted(newest)]
    gone = [row for row in ordered if row.get("withdrawn")]
    stated = [_columns_of(row) for row in ordered if not row.get("withdrawn")]
    changed = await _put(tx, table, stated, tuple(key)) if stated else []
    return changed + (await _forget(tx, table, gone, tuple(key)) if gone else [])


def _columns_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "withdrawn"}


async def _put(
    tx: Transaction, table: Table, ordered: list[dict[str, Any]], key: tuple[str, ...]
) -> list[dict[str, Any]]:
    statement = _statement(table, tuple(ordered[0]), key)
    words = {"rows": orjson.dumps(ordered).decode(), "withdrawn": _withdrawn(table)}
    changed = [dict(row) for row in (await tx.session.execute(statement, words)).mappings()]
    if len(changed) < len(ordered):
        statement = _reused_statement(table, tuple(ordered[0]), key)
        found = (await tx.session.execute(statement, words)).mappings().first()
        if found is not None:
            raise _reused(table, tuple(str(found[name]) for name in key), found["version"])
    return changed


async def _forget(
    tx: Transaction, table: Table, gone: list[dict[str, Any]], key: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Take rows away, remember the versions under which they were withdrawn, and return the keys that were held."""
    rows = [{name: row[name] for name in (*key, "version")} for row in gone]
    statement = _forget_statement(table, key)
    words = {"rows": orjson.dumps(rows).decode(), "withdrawn": _withdrawn(table)}
    return [dict(row) for row in (await tx.session.execute(statement, words)).mappings()]


def _withdrawn(table: Table) -> str:
    """Return the name under which the inbox keeps what was withdrawn of a projection."""
    return f"withdrawn/{table.name}"


def _reused(table: Table, identity: tuple[Any, ...], version: int) -> NumberReused:
    return NumberReused(f"version {version} of {table.name} {'/'.join(identity)} belongs to another event")


@cache
def _reused_statement(table: Table, columns: tuple[str, ...], key: tuple[str, ...]) -> TextClause:
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in columns)
    keys = ", ".join(f'"{name}"' for name in key)
    held, fresh = (", ".join(f'{row}."{name}"' for name in columns) for row in ("held", "fresh"))
    return text(f"""
        SELECT {keys}, held.version FROM "{table.name}" AS held
        JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh ({typed}) USING ({keys})
        WHERE held.version = fresh.version AND ROW({held}) IS DISTINCT FROM ROW({fresh}) LIMIT 1
    """)  # noqa: S608  # names come from our own table definitions, values are bound


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@cache
def _forget_statement(table: Table, key: tuple[str, ...]) -> TextClause:
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in (*key, "version"))
    keys = _names(key)
    return text(f"""
        WITH fresh AS (SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh ({typed})
        ), noted AS (
            INSERT INTO inbox_cursor AS held (handler, subject, aggregate_id, value)
            SELECT CAST(:withdrawn AS text), '', {_identity(key, "fresh")}, version FROM fresh ORDER BY 3
            ON CONFLICT (handler, subject, aggregate_id) DO UPDATE SET value = greatest(held.value, excluded.value)
        ), older AS (
            SELECT {keys} FROM "{table.name}" AS held JOIN fresh USING ({keys})
            WHERE held.version < fresh.version ORDER BY {keys} FOR UPDATE OF held
        )
        DELETE FROM "{table.name}" AS held WHERE ({keys}) IN (SELECT {keys} FROM older) RETURNING {keys}
    """)  # noqa: S608  # names come from our own table definitions, values are bound


def _identity(key: tuple[str, ...], row: str) -> str:
    return " || '/' || ".join(f'CAST({row}."{name}" AS text)' for name in key)


@cache
def _statement(table: Table, columns: tuple[str, ...], key: tuple[str, ...]) -> TextClause:
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    keys = ", ".join(f'"{name}"' for name in key)
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    return text(f"""
        INSERT INTO "{table.name}" AS held ({names})
        SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh ({typed})
        WHERE NOT EXISTS (SELECT FROM inbox_cursor WHERE handler = :withdrawn) OR NOT EXISTS (
            SELECT FROM inbox_cursor AS gone WHERE (gone.handler, gone.subject) = (:withdrawn, '')
            AND gone.aggregate_id = {_identity(key, "fresh")} AND gone.value >= fresh.version)
        ON CONFLICT ({keys}) DO UPDATE SET {sets} WHERE excluded.version > held.version
        RETURNING {keys}
    """)  # noqa: S608  # names come from our own table definitions, values are bound

"""Projections: another service's facts, held by version, written in batches and never corrected here."""

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
        rows: one dict per event, the columns by name; values that JSON can carry (dates as text or date objects).
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
    statement = _statement(table, tuple(ordered[0]), tuple(key))
    words = {"rows": orjson.dumps(ordered).decode()}
    changed = [dict(row) for row in (await tx.session.execute(statement, words)).mappings()]
    if len(changed) < len(ordered):
        statement = _reused_statement(table, tuple(ordered[0]), tuple(key))
        found = (await tx.session.execute(statement, words)).mappings().first()
        if found is not None:
            raise _reused(table, tuple(str(found[name]) for name in key), found["version"])
    return changed


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


@cache
def _statement(table: Table, columns: tuple[str, ...], key: tuple[str, ...]) -> TextClause:
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    keys = ", ".join(f'"{name}"' for name in key)
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    return text(f"""
        INSERT INTO "{table.name}" AS held ({names})
        SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh ({typed})
        ON CONFLICT ({keys}) DO UPDATE SET {sets} WHERE excluded.version > held.version
        RETURNING {keys}
    """)  # noqa: S608  # names come from our own table definitions, values are bound

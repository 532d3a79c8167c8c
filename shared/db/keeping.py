"""How the rows of a table are kept: said once, beside the table; what a role may do and what a trigger refuses follow.

Two roles hold a database. The owner migrates it; the runner is what the service runs as. After each migration the
runner is given what the tables say, nothing else: it owns nothing, empties nothing, makes and drops nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table, text

VERSION_TABLE = "alembic_version"
_INFO = "keeping"
_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
"""
_REFUSE_UNLESS = """
CREATE OR REPLACE FUNCTION refuse_unless_held() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            held boolean;
        BEGIN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = ($1).%I)', TG_ARGV[0], TG_ARGV[1], TG_ARGV[1])
                INTO held USING OLD;
            IF NOT held THEN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END $$
"""
_REFUSE_UNLESS_CLEARED = """
CREATE OR REPLACE FUNCTION refuse_unless_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            kept boolean;
        BEGIN
            EXECUTE format('SELECT EXISTS (SELECT FROM gone WHERE NOT EXISTS (
                                SELECT FROM %I.%I AS cleared WHERE cleared.%I = gone.%I))',
                           TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1], TG_ARGV[1]) INTO kept;
            IF kept THEN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
"""
_HELD = text("""
SELECT tgrelid::regclass::text AS owner, tgname AS name FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled = 'O' AND obj_description(oid, 'pg_trigger') = :said AND tgname = :name
""")


@dataclass(frozen=True, slots=True)
class Keeping:
    """What may become of a row that was written.

    Attributes:
        is_append_only: whether what was written stays; then only `marks` and `once` may change.
        marks: columns that may change again and again, such as when an event was published.
        once: columns that are empty at first and filled once.
        taken_out_while: table that holds the key of a row as long as the owner may delete it, or None for never.
        cleared_by: table and column: rows whose column has a value that stands in this table may be deleted, by the
            runner too. That table is append-only itself, so that whoever takes rows out stays on record; None for
            never.
        leaves: whether the runner may delete rows; never of a table that is append-only.
    """

    is_append_only: bool = False
    marks: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    taken_out_while: str | None = None
    cleared_by: tuple[str, str] | None = None
    leaves: bool = False


CHANGING = Keeping()
"""Rows are changed and none is ever deleted: a table that says nothing."""


def append_only(
    *,
    marks: Iterable[str] = (),
    once: Iterable[str] = (),
    taken_out_while: str | None = None,
    cleared_by: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Return the words with which a table says that what was written stays.

    They are keywords of a `Table` and the last item of a model's `__table_args__`.

    Args:
        marks: columns that may change all the same.
        once: columns that may be filled once.
        taken_out_while: table that holds the key of a row as long as the owner may delete it.
        cleared_by: table and column that name the rows that may be deleted, such as all of one run.
    """
    return {"info": {_INFO: Keeping(True, tuple(marks), tuple(once), taken_out_while, cleared_by)}}


def rows_leave() -> dict[str, Any]:
    """Return the words with which a table says that its rows are deleted when they have served."""
    return {"info": {_INFO: Keeping(leaves=True)}}


def keeping_of(table: Table) -> Keeping:
    """Return how the rows of `table` are kept."""
    found: Keeping = table.info.get(_INFO, CHANGING)
    return found


def append_only_tables(metadata: MetaData) -> list[str]:
    """Return the names of the tables whose rows stay as they were written."""
    return sorted(name for name, table in metadata.tables.items() if keeping_of(table).is_append_only)


def keep(connection: Connection, metadata: MetaData, *, runner: str | None) -> None:
    """Let the database refuse what the tables say, to the owner by triggers and to the runner by its rights too.

    Args:
        connection: as the owner, in the transaction of the migration.
        metadata: all tables of the database.
        runner: the role that the service runs as; None where there is none, as in the databases of some tests.
    """
    tables = [table for table in metadata.sorted_tables if keeping_of(table).is_append_only]
    if tables:
        connection.exec_driver_sql(_REFUSE)
        connection.exec_driver_sql(_REFUSE_UNLESS)
        connection.exec_driver_sql(_REFUSE_UNLESS_CLEARED)
    for table in tables:
        for name, definition in _triggers(table):
            _ensure_trigger(connection, table.name, name, definition)
    if runner is not None:
        for statement in _rights(metadata, runner):
            connection.exec_driver_sql(statement)


def _ensure_trigger(connection: Connection, table: str, name: str, definition: str) -> None:
    """Make a trigger, or leave it alone where it stands as it should: making it waits for every writer."""
    held = connection.execute(_HELD, {"said": definition, "name": name})
    if any(row.owner.strip('"') == table for row in held):
        return
    connection.exec_driver_sql(f'CREATE OR REPLACE TRIGGER "{name}" {definition}')
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER "{name}"')
    connection.exec_driver_sql(f'COMMENT ON TRIGGER "{name}" ON "{table}" IS {_literal(definition)}')


def _triggers(table: Table) -> list[tuple[str, str]]:
    """Return name and definition of each trigger of an append-only table."""
    kept, name = keeping_of(table), table.name
    changing = {*kept.marks, *kept.once}
    fixed = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in changing)
    update = f"UPDATE OF {fixed}" if changing else "UPDATE"
    deletes = "" if kept.taken_out_while or kept.cleared_by else " OR DELETE"
    each = "FOR EACH ROW"
    refuse = "EXECUTE FUNCTION refuse_change()"
    found = [
        (f"{name}_is_append_only", f'BEFORE {update}{deletes} ON "{name}" {each} {refuse}'),
        (f"{name}_is_not_emptied", f'BEFORE TRUNCATE ON "{name}" FOR EACH STATEMENT {refuse}'),
    ]
    if kept.taken_out_while:
        (key,) = table.primary_key.columns
        unless = f"EXECUTE FUNCTION refuse_unless_held('{kept.taken_out_while}', '{key.name}')"
        found.append((f"{name}_is_kept", f'BEFORE DELETE ON "{name}" {each} {unless}'))
    if kept.cleared_by:
        # Once for all rows of a statement: asked row by row, clearing would cost more than deleting.
        gone = "REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"
        unless = "EXECUTE FUNCTION refuse_unless_cleared('{}', '{}')".format(*kept.cleared_by)
        found.append((f"{name}_is_kept_until_cleared", f'AFTER DELETE ON "{name}" {gone} {unless}'))
    if kept.once:
        columns = ", ".join(f'"{one}"' for one in kept.once)
        filled = " OR ".join(f'OLD."{one}" IS NOT NULL' for one in kept.once)
        when = f"WHEN ({filled})"
        found.append((f"{name}_is_filled_once", f'BEFORE UPDATE OF {columns} ON "{name}" {each} {when} {refuse}'))
    return found


def _rights(metadata: MetaData, runner: str) -> list[str]:
    """Return the statements that give the runner what the tables say, and take away all else."""
    role = _name(runner)
    said = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}, PUBLIC",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}, PUBLIC",
        f"REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f'GRANT SELECT ON "{VERSION_TABLE}" TO {role}',
    ]
    said += [f'GRANT {rights_of(table)} ON "{table.name}" TO {role}' for table in metadata.sorted_tables]
    # One statement: each of its own would be a round trip at every start.
    return [f"DO $rights$ BEGIN {'; '.join(said)}; END $rights$"]


def rights_of(table: Table) -> str:
    """Return what the runner may do with `table`, as GRANT names it."""
    kept = keeping_of(table)
    rights = ["SELECT", "INSERT"]
    if not kept.is_append_only:
        rights.append("UPDATE")
    elif kept.marks or kept.once:
        rights.append(f"UPDATE ({', '.join(_name(one) for one in (*kept.marks, *kept.once))})")
    if kept.leaves or kept.cleared_by:
        rights.append("DELETE")
    return ", ".join(rights)


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _literal(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"

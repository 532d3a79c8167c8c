"""Many rows at once: read by their keys, or past the session as the driver gives them, stored by COPY."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.db.statement import Statement
from shared.db.transaction import Transaction

# What the planner knows of a table that has just grown is not true: it took a batch of two hundred keys for most of the
# rows and read the whole table for each, so that ten times the lines cost more than ten times as much. A plan that was
# kept from when the table was small is no better: each statement is planned by the size that the table has by now.
_BY_KEY = Statement("""
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
""")


async def read_by_key(tx: Transaction) -> None:
    """Let the statements of this transaction go through indexes, row by row: they read no table whole.

    For batches of lists, whose rows are named by their keys.
    """
    await _BY_KEY.execute(tx.session, {})


async def fetch_rows(tx: Transaction, sql: str, *values: Any) -> Sequence[Sequence[Any]]:  # noqa: ANN401  # what columns hold
    """Return the rows of a statement with `$1` parameters as plain sequences.

    Raises:
        RuntimeError: no statement of this transaction was executed before, so that there is none yet.
    """
    rows: Sequence[Sequence[Any]] = await (await _driver(tx)).fetch(sql, *values)
    return rows


async def copy_rows(tx: Transaction, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Store rows by COPY; each holds `columns` in their order.

    Raises:
        RuntimeError: no statement of this transaction was executed before, so that there is none yet.
    """
    await (await _driver(tx)).copy_records_to_table(table, columns=columns, records=rows)


async def _driver(tx: Transaction) -> Any:  # noqa: ANN401  # asyncpg's connection
    connection = await tx.session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():  # the adapter begins with its first statement: this would commit by itself
        raise RuntimeError("rows in bulk come after a statement of their transaction")
    return driver

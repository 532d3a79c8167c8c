"""Many rows at once, past the session: read as the driver gives them, stored by COPY; both in the same transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.db.transaction import Transaction


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

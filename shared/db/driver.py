"""The driver's own connection, lent by the pool that all others use: for calls that need no session."""

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from shared.db.statement import Statement


class DriverConnection:
    """One connection of the pool, taken when the first statement is sent; each statement is its own transaction.

    Args:
        engine: whose pool lends it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Take nothing yet."""
        self._pool = engine.sync_engine.pool
        self._lent: PoolProxiedConnection | None = None
        self._is_sound = True

    async def fetch_one(self, statement: Statement, values: Any) -> asyncpg.Record | None:  # noqa: ANN401  # by name
        """Send a statement and return its first row.

        Raises:
            asyncpg.PostgresError: the server refused it; the connection goes on.
            OSError: the connection is lost, as with every other fault of the driver; the pool forgets it.
        """
        driver = await self._driver()
        try:
            row: asyncpg.Record | None = await driver.fetchrow(statement.sql, *statement.given(values))
        except asyncpg.PostgresError:
            raise
        except BaseException:  # also who was cancelled: what still comes on this line is an answer to nobody
            self._is_sound = False
            raise
        return row

    async def give_back(self) -> None:
        """Return the connection to its pool, or throw it away where it is not sound."""
        lent, self._lent = self._lent, None
        if lent is None:
            return
        if self._is_sound and not lent.driver_connection.is_closed():  # type: ignore[union-attr]  # it is lent
            lent.close()
        else:
            await greenlet_spawn(lent.invalidate)

    async def _driver(self) -> Any:  # noqa: ANN401  # asyncpg's connection, a generic of its record class
        while self._lent is None:
            lent = await greenlet_spawn(self._pool.connect)
            driver: Any = lent.driver_connection
            if driver.is_closed():  # the server went while it lay in the pool
                await greenlet_spawn(lent.invalidate)
            else:
                self._lent = lent
        return self._lent.driver_connection

"""Every statement that a service sends to its database: through SQLAlchemy, or on the driver's own connection."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Engine, event

from shared.db.driver import DriverConnection
from shared.db.statement import Statement

Hear = Callable[[str, tuple[Any, ...], tuple[str, ...]], None]
"""Takes a statement, its values, and their names where it has any."""


@contextmanager
def heard(engine: Engine, hear: Hear) -> Iterator[None]:
    """Let `hear` hear each statement before it is sent, until the block ends."""
    silence = listen(engine, hear)
    try:
        yield
    finally:
        silence()


def listen(engine: Engine, hear: Hear) -> Callable[[], None]:
    """Let `hear` hear each statement from now on; return what ends it."""

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        hear(statement, tuple(values), ())

    honest = DriverConnection.fetch_one

    async def fetch_one(self: DriverConnection, statement: Statement, values: Any) -> asyncpg.Record | None:
        if self._pool is engine.pool:
            hear(statement.sql, tuple(statement.given(values)), statement.names)
        return await honest(self, statement, values)

    def silence() -> None:
        event.remove(engine, "before_cursor_execute", note)
        DriverConnection.fetch_one = honest  # type: ignore[method-assign]

    event.listen(engine, "before_cursor_execute", note)
    DriverConnection.fetch_one = fetch_one  # type: ignore[method-assign]
    return silence

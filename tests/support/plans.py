"""How PostgreSQL would find the rows of the statements that a call makes, in tables with many rows."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
from sqlalchemy import Engine, event

from tests.support.heard import heard
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService

_FRAMES = ("BEGIN", "COMMIT", "ROLLBACK")
_SAID = tuple[str, tuple[Any, ...]]
_WATCHING: ContextVar[Any] = ContextVar("watching", default=None)


@dataclass
class Watched:
    """The statements that were made, and how each SELECT would be answered."""

    service: RunningService
    said: list[_SAID] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """Statements of any kind in their order; one that writes many rows stands once."""
    frames: list[str] = field(default_factory=list)
    """What opened and closed transactions around them, in its order."""

    async def read_whole(self, *tables: str) -> list[str]:
        """Return the statements that would read one of `tables` from end to end, with their plan."""
        found: list[str] = []
        async with self.service.db.engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            for statement, values in self.said:
                plan = await raw.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
                nodes = list(_nodes(plan[0]["Plan"]))
                if any(one["Node Type"] == "Seq Scan" and one["Relation Name"] in tables for one in nodes):
                    found.append(f"{statement}\n{orjson.dumps(plan, option=orjson.OPT_INDENT_2).decode()}")
        return found


def _nodes(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [plan, *(inner for part in plan.get("Plans", ()) for inner in _nodes(part))]


@asynccontextmanager
async def watched(service: RunningService) -> AsyncIterator[Watched]:
    """Note every SELECT that `service` makes in this block, and list all statements; its jobs' own are left out."""
    seen = Watched(service)

    def note(statement: str, values: tuple[Any, ...], _names: tuple[str, ...]) -> None:
        if _WATCHING.get() is not seen:
            return
        seen.made.append(statement)
        if statement.lstrip().startswith("SELECT"):
            seen.said.append((statement, values))

    before = _WATCHING.get()
    _WATCHING.set(seen)
    engine = service.db.engine.sync_engine
    try:
        with heard(engine, note), _frames_noted(engine, seen):
            yield seen
    finally:
        _WATCHING.set(before)


@contextmanager
def _frames_noted(engine: Engine, seen: Watched) -> Iterator[None]:
    def hear(query: Any) -> None:
        if query.query.startswith(_FRAMES) and _WATCHING.get() is seen:
            seen.frames.append(query.query)

    def listen(connection: Any, *_: Any) -> None:
        connection.driver_connection.add_query_logger(hear)

    def leave(connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.driver_connection.remove_query_logger(hear)

    listeners = ((engine.pool, "checkout", listen), (engine.pool, "checkin", leave))
    for one in listeners:
        event.listen(*one)
    try:
        yield
    finally:
        for one in listeners:
            event.remove(*one)


async def multiply(postgres: DatabaseServer, service: RunningService, table: str, copies: int, **changed: str) -> None:
    """Fill a table with copies of its first row and count it for the planner.

    Args:
        postgres: the server.
        service: whose table.
        table: its name.
        copies: rows that are added.
        changed: what differs in each copy, as SQL; `n` is its number.
    """
    changes = ", ".join(f"'{name}', {value}" for name, value in changed.items())
    admin = await asyncpg.connect(postgres.server.url(service.database_url.rsplit("/", 1)[1]))
    try:
        # A copy breaks the rules between tables, which is not what is asked here; no service's role may do that.
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(model, jsonb_build_object({changes}))).* "
            f"FROM (SELECT {table} FROM {table} LIMIT 1) AS one (model), generate_series(1, {copies}) AS n"
        )
        await admin.execute(f"ANALYZE {table}")
    finally:
        await admin.close()

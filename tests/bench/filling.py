"""Filling an outbox as transactions would have left it, by COPY: the filling itself is not measured."""

from collections.abc import Iterable

import asyncpg
import orjson

from shared.db.engine import Database
from shared.events.envelope import Recorded, to_wire
from shared.events.event import Event
from shared.kernel.ids import new_id
from shared.kernel.uscc import check_character
from tests.support.pair import CLOCK, marked, named

_COLUMNS = ["id", "subject", "aggregate", "aggregate_id", "version", "sequence", "occurred_at", "causation_id", "data"]


def code(number: int) -> str:
    """Return a made-up unified social credit code."""
    first = f"91500107BB{number:07d}"
    return first + check_character(first)


def payload() -> bytes:
    """Return one event as it goes over the wire."""
    event = named(code(1), "示例企业有限公司")
    return to_wire(
        Recorded(
            1, new_id(), event.subject, event.aggregate, event.aggregate_id, 1, 1, CLOCK.at, new_id(), None, None,
            event.model_dump_json(),
        )
    )  # fmt: skip


async def fill_states(database: Database, count: int) -> int:
    """Leave `count` changed enterprises in the outbox; return how many rows it then holds."""
    return await _fill(database, (named(code(number), f"示例企业{number}有限公司") for number in range(count)))


async def fill_happenings(database: Database, count: int) -> int:
    """Leave `count` changed marks in the outbox, each of another enterprise; return how many rows it then holds."""
    return await _fill(database, (marked(code(number)) for number in range(count)))


async def _fill(database: Database, events: Iterable[Event]) -> int:
    connection = await asyncpg.connect(database.url)
    try:
        rows = (
            (
                new_id(), one.subject, one.aggregate, one.aggregate_id, 1, 1, CLOCK.at, new_id(),
                orjson.dumps(one.model_dump(mode="json")).decode(),
            )
            for one in events
        )  # fmt: skip
        await connection.copy_records_to_table("outbox_event", records=rows, columns=_COLUMNS)
        await connection.execute(
            "INSERT INTO outbox_waiting (position, occurred_at) SELECT position, occurred_at FROM outbox_event"
        )
        await connection.execute("ANALYZE outbox_event, outbox_waiting")
        return int(await connection.fetchval("SELECT count(*) FROM outbox_event"))
    finally:
        await connection.close()

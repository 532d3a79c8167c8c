"""A made-up city in the registry, and one process that takes ranges of a run over all its firms.

Arguments: database, run. It prints when it began and ended, the firms it decided, and for reading, deciding and storing
the seconds by the clock; beside them its own processor time.
"""

import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

import services.registry
from services.registry.evaluation.rules.population_run import OPERATION
from services.registry.evaluation.store import population_run as store
from services.registry.evaluation.usecases import population_run as usecases
from shared.db.engine import Database
from shared.db.operation import claim_operation
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook

BOOK = RuleBook.from_folder(Path(services.registry.__file__).parent / "policies")
_CITY = Actor(client_id="bench", role=Role.CITY, party=None, unit_id=None)
# Of every fact each firm differs from the next, so that every tier, title, mark and industry occurs; there are as many
# industries as the national standard has classes.
_CITY_OF_FIRMS = {
    "enterprise": """
        SELECT n, 'uscc', {uscc}, 'unit_id', '500107', 'name', '示例企业' || n, 'name_key', '示例企业' || n,
        'version', 1, 'legal_form', (ARRAY['LIMITED', 'JOINT_STOCK', 'LIMITED', 'LIMITED', 'PARTNERSHIP'])[n % 5 + 1],
        'status', CASE WHEN n % 50 = 0 THEN 'DEREGISTERED' ELSE 'ACTIVE' END, 'industry_barred', n % 97 = 0,
        'industry_code', (ARRAY['C', 'I', 'M', 'F', 'E', 'L', 'K', 'G'])[n % 8 + 1] || (1000 + n % 173 * 52)""",
    "filing": """
        SELECT n, 'uscc', {uscc}, 'year', {year} - turn, 'version', 1, 'status', 'ACCEPTED', 'accepted_at', now(),
        'staff', n % 700 + 1, 'science_staff', n % 211 % (n % 700 + 1), 'senior_title_staff', n % 3,
        'revenue_fen', (n % 997 + 1) * 30000000::bigint, 'cost_expense_fen', (n % 877 + 1) * 25000000::bigint,
        'assets_fen', (n % 991 + 1) * 31000000::bigint, 'rd_expense_fen', (n % 83) * 9000000::bigint,
        'innovative_products', n % 2""",
    "portfolio": """
        SELECT n, 'uscc', {uscc}, 'version', 1, 'class_1_count', n % 7 / 6, 'class_2_count', n % 6,
        'rule_set_version', '2024.1'""",
    "qualification": """
        SELECT n, 'uscc', {uscc}, 'kind', (ARRAY['TECH_SME', 'HNTE', 'NATIONAL_AWARD', 'STANDARD_LEAD'])[n % 4 + 1],
        'number', 'N' || n, 'status', 'VALID', 'valid_from_on', DATE '2020-01-01' + (n * 13 % 2200),
        'valid_until_on', DATE '2023-01-01' + (n * 13 % 2200)""",
    "integrity_mark": """
        SELECT n, 'uscc', {uscc}, 'kind', (ARRAY['ABNORMAL_OPERATIONS', 'MAJOR_ACCIDENT'])[n % 2 + 1],
        'opened_on', DATE '2022-01-01' + (n * 17 % 1700)""",
}
_EACH = {"enterprise": 1, "filing": 1, "portfolio": 2, "qualification": 3, "integrity_mark": 40}
"""One firm of how many has a row of a table."""
_YEARS_FILED = 2


async def fill_city(administrator_url: str, firms: int, today: date) -> None:
    """Write the firms with their filings, portfolios, titles and marks; the filling is not measured."""
    connection = await asyncpg.connect(administrator_url)
    try:
        await connection.execute("SET session_replication_role = replica")
        for table, words in _CITY_OF_FIRMS.items():
            said = (
                words.strip()
                .removeprefix("SELECT n, ")
                .format(uscc="'91500107MA' || lpad(n::text, 8, '0')", year=today.year - 1)
            )
            turns = _YEARS_FILED if table == "filing" else 1
            await connection.execute(f"""
                INSERT INTO {table} SELECT row.*
                FROM generate_series(0, {firms - 1}, {_EACH[table]}) AS n, generate_series(0, {turns - 1}) AS turn,
                    jsonb_populate_record(NULL::{table}, {await _neutral(connection, table)}
                        || jsonb_build_object('id', gen_random_uuid(), {said})) AS row
            """)
            await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()


async def _neutral(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> str:
    """Return a JSON value for every column that must hold something."""
    neutral = {
        "bigint": 0, "integer": 0, "boolean": False, "date": "2024-01-01", "jsonb": {},
        "timestamp with time zone": "2026-01-01T00:00:00Z", "uuid": str(new_id()),
    }  # fmt: skip
    asked = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND is_nullable = 'NO'"
    needed = {one["column_name"]: neutral.get(one["data_type"], "0") for one in await connection.fetch(asked, table)}
    return f"'{json.dumps(needed)}'::jsonb"


async def ask_for_run(url: str) -> tuple[UUID, float]:
    """Ask for a run, lay out its ranges, and return it with the seconds that this took."""
    database, run_id = Database(url, service="bench"), new_id()
    began = time.perf_counter()
    try:
        async with _transaction(database) as tx:
            await usecases.start_run(tx, run_id, policies=(), book=BOOK)
        async with _transaction(database) as tx:
            operation = await claim_operation(tx, OPERATION)
            assert operation is not None
            await usecases.prepare(tx, operation, BOOK)
    finally:
        await database.close()
    return run_id, time.perf_counter() - began


def _transaction(database: Database) -> AbstractAsyncContextManager[Transaction]:
    return database.transaction(actor=_CITY, clock=SystemClock())


def _timed(seconds: dict[str, float], name: str, function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    async def timed(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return await function(*given, **named)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began

    return timed


def _decided(seconds: dict[str, float], function: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        began = time.perf_counter()
        found = function(*given)
        seconds["deciding"] = seconds.get("deciding", 0.0) + time.perf_counter() - began
        return found

    return timed


async def _work(url: str, run_id: UUID) -> dict[str, Any]:
    """Take ranges of the run until none is free, as the job does."""
    seconds: dict[str, float] = {}
    store.freeze_facts = _timed(seconds, "reading and freezing", store.freeze_facts)
    store.store_results = _timed(seconds, "storing", store.store_results)
    usecases._decided = _decided(seconds, usecases._decided)
    database = Database(url, service="bench")
    try:
        async with _transaction(database) as tx:
            operation = await claim_operation(tx, OPERATION)
            assert operation is not None
            deciding = await usecases.prepare(tx, operation, BOOK)
        began, processor = time.time(), time.process_time()
        while True:
            async with _transaction(database) as tx:
                if not await usecases.decide_range(tx, deciding):
                    break
        ended, processor = time.time(), time.process_time() - processor
        async with _transaction(database) as tx:
            await usecases.finish(tx, deciding)
    finally:
        await database.close()
    return {"began": began, "ended": ended, "closed": time.time(), "processor": processor, "seconds": seconds}


def today() -> date:
    """Return the business day of the run."""
    return shanghai_date(SystemClock().now())


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_work(sys.argv[1], UUID(sys.argv[2])))))

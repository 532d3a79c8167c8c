"""A list of rights is read by its keys: no table is read whole for a batch, however small it is thought to be."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.db.bulk import read_by_key
from shared.kernel.actor import Role, system_actor
from tests.service.ipr.test_imports import SCOPES, as_csv, line, upload
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.ipr.builders import firm, patent

ROWS = 60
LIST = as_csv([line("发明专利", patent("1", number), owners=firm(number % 20 + 1)) for number in range(ROWS)])
TABLES = ("ip_right", "ip_right_owner", "ip_portfolio")


@pytest.fixture
async def ipr(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    async with running_service("ipr", postgres, import_batch_rows=10) as service:
        yield service


async def read_whole(service: RunningService) -> dict[str, int]:
    """Return how often each table was read whole so far; sessions tell it when they end."""
    await service.db.engine.dispose()
    connection = await asyncpg.connect(service.administrator_url)
    try:
        found = await connection.fetch("SELECT relname, seq_scan FROM pg_stat_user_tables")
    finally:
        await connection.close()
    return {row["relname"]: row["seq_scan"] for row in found if row["relname"] in TABLES}


async def test_an_import_reads_no_table_of_rights_whole(ipr: RunningService) -> None:
    before = await read_whole(ipr)
    state = await upload(ipr, ipr.client(Role.IP_CENTRE, scopes=SCOPES), LIST)
    assert state["status"] == "DONE", state
    assert await read_whole(ipr) == before
    assert len(await ipr.rows("SELECT 1 AS one FROM ip_right")) == ROWS
    assert set(before) == set(TABLES)


async def test_reading_by_keys_ends_with_its_transaction(ipr: RunningService) -> None:
    async with ipr.db.transaction(actor=system_actor("ipr"), clock=ipr.clock) as tx:
        await read_by_key(tx)
    for name, value in (("enable_seqscan", "on"), ("plan_cache_mode", "auto")):
        (row,) = await ipr.rows("SELECT current_setting(:name) AS value", name=name)
        assert row["value"] == value

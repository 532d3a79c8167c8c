"""A database line that goes silent: nothing is reset and nothing comes; waiting ends, and so does every lock."""

import pytest
from sqlalchemy import text

from shared.db.engine import Database, DatabaseUnavailable
from tests.support.lab import lab_database
from tests.support.postgres import DatabaseServer
from tests.support.proxy import Proxy, Weather


async def test_a_statement_on_a_silent_line_ends_and_the_next_one_finds_a_new_line(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as direct, Proxy(postgres.server.port, seed=1).running() as line:
        url = direct.url.replace(f":{postgres.server.port}/", f":{line.port}/")
        database = Database(url, service="finance", pool_size=1, silence_seconds=0.5)
        try:
            await database.ping()
            line.weather = Weather(black_hole=True)
            with pytest.raises(DatabaseUnavailable):
                await database.ping()
            line.weather = Weather()
            await database.ping()
        finally:
            await database.close()


async def test_the_server_looks_after_its_end_of_a_line_so_that_no_lock_outlives_its_holder(
    postgres: DatabaseServer,
) -> None:
    async with lab_database(postgres, "finance") as database, database.engine.connect() as connection:
        found = await connection.execute(
            text("SELECT name, setting::int FROM pg_settings WHERE name LIKE 'tcp_keepalives%' ORDER BY name")
        )
        assert [tuple(row) for row in found] == [
            ("tcp_keepalives_count", 3),
            ("tcp_keepalives_idle", 10),
            ("tcp_keepalives_interval", 5),
        ]

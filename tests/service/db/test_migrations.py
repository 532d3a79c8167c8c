"""Migrations give exactly the tables that the code declares, once, however many processes start at the same time."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from shared.db.engine import TIMEOUTS, Database, driver_url
from shared.db.migrate import _render_item, heads_of, is_current, metadata_of, migrate, package_of
from shared.kernel.personal import PersonalColumn
from tests.support.lab import scalar
from tests.support.postgres import DatabaseServer

ROOT = Path(__file__).resolve().parents[3]
SERVICES = [
    name
    for name in ("registry", "finance", "techtransfer", "ipr", "gateway")
    if any(ROOT.joinpath(*package_of(name).split("."), "migrations", "versions").glob("0001_*.py"))
]


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_of_a_service_give_the_tables_that_it_declares(
    service: str, postgres: DatabaseServer
) -> None:
    url = await postgres.database_url(service)
    engine = create_async_engine(driver_url(url))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata_of(service)))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    database = Database(url, service=service)
    assert await is_current(database, service)
    await database.close()
    await postgres.drop(url)


async def test_several_processes_may_migrate_at_once(postgres: DatabaseServer) -> None:
    name = "migrated_at_once"
    await postgres._admin(f'CREATE DATABASE "{name}"')
    url = postgres.server.url(name)
    await asyncio.gather(*(asyncio.to_thread(asyncio.run, migrate(url, SERVICES[0])) for _ in range(3)))
    database = Database(url, service=SERVICES[0])
    assert await is_current(database, SERVICES[0])
    async with database.engine.begin() as connection:
        # The line of the infrastructure has a row of its own while no own step depends on its newest.
        own = "UPDATE alembic_version SET version_num = '0000' WHERE version_num NOT LIKE 'infrastructure%'"
        await connection.execute(text(own))
    assert not await is_current(database, SERVICES[0])
    assert await scalar(database, "SELECT count(*) FROM alembic_version") == len(heads_of(SERVICES[0]))
    await database.close()
    await postgres.drop(url)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_session_by_hand_under_a_services_role_has_the_services_limits(
    service: str, postgres: DatabaseServer
) -> None:
    url = await postgres.database_url(service)
    session = await asyncpg.connect(url)
    told = await session.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", sorted(TIMEOUTS))
    await session.close()
    await postgres.drop(url)
    assert {one["name"]: one["setting"] for one in told} == TIMEOUTS


async def test_an_empty_database_is_not_current(postgres: DatabaseServer) -> None:
    name = "never_migrated"
    await postgres._admin(f'CREATE DATABASE "{name}"')
    database = Database(postgres.server.url(name), service=SERVICES[0])
    assert not await is_current(database, SERVICES[0])
    await database.close()
    await postgres.drop(database.url)


def test_a_migration_names_plain_types_only() -> None:
    assert _render_item("type", AutoString(length=18), None) == "sa.String(length=18)"  # type: ignore[arg-type]
    assert _render_item("type", AutoString(), None) == "sa.String()"  # type: ignore[arg-type]
    assert _render_item("type", PersonalColumn(), None) == "sa.LargeBinary()"  # type: ignore[arg-type]
    assert _render_item("type", sa.BigInteger(), None) is False  # type: ignore[arg-type]

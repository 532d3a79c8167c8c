"""Migrations give exactly the tables that the code declares, once, however many processes start at the same time."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from shared.db.engine import TIMEOUTS, Database, driver_url
from shared.db.migrate import (
    _render_item,
    _with_connection,
    config_for,
    heads_of,
    is_current,
    metadata_of,
    migrate,
    package_of,
)
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


async def test_what_waits_and_what_was_published_is_taken_over_from_the_marks_on_the_events(
    postgres: DatabaseServer,
) -> None:
    url = await postgres.database_url("gateway")
    owner = postgres.owner_url(url)
    await _with_connection(
        owner,
        "gateway",
        lambda connection: command.downgrade(config_for("gateway", connection), "infrastructure_0010"),
    )
    database = Database(owner, service="gateway")
    async with database.engine.begin() as connection:
        await connection.execute(
            text("""
            INSERT INTO outbox_event (id, subject, aggregate, aggregate_id, version, sequence, occurred_at,
                                      causation_id, data, published_at, stream_sequence)
            SELECT gen_random_uuid(), 's', 'a', 'i', number, number, '2026-01-02', gen_random_uuid(), '{}',
                   CASE WHEN number < 3 THEN CAST('2026-01-03' AS timestamptz) END, CASE WHEN number = 1 THEN 7 END
            FROM generate_series(1, 3) AS number
            """)
        )
    await migrate(owner, "gateway", runner="gateway")
    numbers = "string_agg(version || ':' || coalesce(stream_sequence, 0), ' ' ORDER BY version)"
    told = await scalar(database, f"SELECT {numbers} FROM outbox_event JOIN outbox_published USING (position)")
    assert told == "1:7 2:0"
    waits = "SELECT string_agg(version::text, ' ') FROM outbox_event JOIN outbox_waiting USING (position)"
    assert await scalar(database, waits) == "3"
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM outbox_event WHERE version = 1"))
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM outbox_event WHERE version = 3"))
    await database.close()
    await postgres.drop(url)

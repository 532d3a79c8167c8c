"""The migrations of a service lead to exactly the tables that its models describe."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.engine import driver_url
from shared.db.migrate import metadata_of
from tests.support.postgres import DatabaseServer
from tests.support.source import SERVICES


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
async def test_the_migrated_database_is_what_the_models_say(postgres: DatabaseServer, service: str) -> None:
    engine = create_async_engine(driver_url(await postgres.database_url(service)))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata_of(service)))

    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()
    assert found == [], "write a migration: make migration"

"""H1: whoever holds a service's database secret, and nothing else, can neither rewrite nor empty what is kept."""

import asyncpg
import pytest

from tests.service.finance.world import WAN, World
from tests.support.postgres import DatabaseServer

pytestmark = pytest.mark.fault("H1")
KEPT = ("audit_entry", "credit_movement", "fund_posting", "kv_evaluation", "outbox_event", "repayment")
ATTACKS = (
    "ALTER TABLE {0} DISABLE TRIGGER {0}_is_not_emptied; TRUNCATE {0} CASCADE",
    "DROP TRIGGER {0}_is_append_only ON {0}; DELETE FROM {0}",
    "SET session_replication_role = replica; DELETE FROM {0}",
    "TRUNCATE {0} CASCADE",
    "DELETE FROM {0}",
)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_the_secret_of_a_service_empties_none_of_its_ledgers(world: World, attack: str) -> None:
    await world.ready_firm()
    await world.contribute("DISTRICT", WAN)
    runner = await asyncpg.connect(world.service.database_url)
    try:
        for table in KEPT:
            before = await runner.fetchval(f"SELECT count(*) FROM {table}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await runner.execute(attack.format(table))
            assert await runner.fetchval(f"SELECT count(*) FROM {table}") == before
    finally:
        await runner.close()


async def test_the_secret_of_a_service_opens_no_other_database(postgres: DatabaseServer, world: World) -> None:
    other = await postgres.database_url("ipr")
    role = world.service.database_url.rsplit("/", 1)[0]
    for database in (other.rsplit("/", 1)[1], "ipr", "postgres"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(f"{role}/{database}")
    await postgres.drop(other)

"""Owner and runner: the service's own role changes no ledger, drops no trigger and enters no other database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.db.engine import Database
from shared.db.keeping import append_only_tables
from shared.db.migrate import metadata_of, migrate
from shared.db.rights import RunsAsOwner, refuse_owner, rights_too_many
from shared.db.role import ownership_statements, script
from tests.support.postgres import DatabaseServer

SERVICES = ("registry", "finance", "techtransfer", "ipr", "gateway")
KEPT_BY_ALL = ("audit_entry", "discarded_event", "document", "outbox_event", "rule_set_version")
KEPT = {
    "registry": (
        "integrity_mark", "population_clearing", "population_fact", "population_range", "population_result",
        "population_rule_set", "tech_sme_evaluation", "unit_stay",
    ),
    "finance": ("credit_movement", "fund_posting", "kv_evaluation", "lpr_publication", "repayment"),
    "techtransfer": (),
    "ipr": ("ip_blemish", "ip_right_evidence", "ip_right_ground", "ip_right_move", "ip_right_transfer"),
    "gateway": (),
}  # fmt: skip
CLEARED = {"population_fact", "population_range", "population_result"}
"""Rows of these may be deleted once they are named as cleared; a row of any other never."""
DELETE = "DELETE FROM {table}"
ATTACKS = (
    "TRUNCATE {table}",
    DELETE,
    "DROP TABLE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER {table}_is_append_only",
    "DROP TRIGGER {table}_is_append_only ON {table}",
    "DROP TRIGGER {table}_is_not_emptied ON {table}",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE another (n int)",
    "CREATE TEMPORARY TABLE another (n int)",
    "SET session_replication_role = replica",
    "ALTER ROLE CURRENT_USER SUPERUSER",
)
"""What whoever breaks into a service would try on a table that keeps what was written."""


@asynccontextmanager
async def session(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Yield a connection."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
def test_these_tables_keep_what_was_written(service: str) -> None:
    assert append_only_tables(metadata_of(service)) == sorted((*KEPT_BY_ALL, *KEPT[service]))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_role_of_a_service_cannot_touch_what_is_kept(service: str, postgres: DatabaseServer) -> None:
    url = await postgres.database_url(service)
    async with session(url) as runner:
        for table in append_only_tables(metadata_of(service)):
            await runner.execute(f"GRANT ALL ON {table} TO CURRENT_USER")  # gives nothing, and PostgreSQL only warns
            for attack in (one for one in ATTACKS if one is not DELETE or table not in CLEARED):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await runner.execute(attack.format(table=table))
            columns = metadata_of(service).tables[table].columns
            fixed = next(column.name for column in columns if column.identity is None)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await runner.execute(f"UPDATE {table} SET {fixed} = {fixed}")
    database = Database(url, service=service)
    assert not (await rights_too_many(database)).owns
    await database.close()
    await postgres.drop(url)


async def test_what_is_sealed_once_stays_sealed_and_the_owner_too_changes_nothing(postgres: DatabaseServer) -> None:
    url = await postgres.database_url("gateway")
    put = """
        INSERT INTO audit_entry (at, client_id, role, action, subject, fields, outcome, detail, causation_id)
        VALUES (now(), 'c', 'CITY', 'a', 's', '[]', 'done', '{}', gen_random_uuid())
    """
    async with session(url) as runner:
        await runner.execute(put)
        await runner.execute("UPDATE audit_entry SET seal_no = 1, seal = 'first'")
        with pytest.raises(asyncpg.RestrictViolationError):
            await runner.execute("UPDATE audit_entry SET seal_no = 2, seal = 'second'")
    async with session(postgres.owner_url(url)) as owner:
        for statement in ("UPDATE audit_entry SET outcome = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await owner.execute(statement)
    await postgres.drop(url)


async def test_an_event_that_was_published_is_never_taken_out_and_one_that_waits_only_by_the_owner(
    postgres: DatabaseServer,
) -> None:
    url = await postgres.database_url("gateway")
    put = """
        WITH event AS (
            INSERT INTO outbox_event
                (id, subject, aggregate, aggregate_id, version, sequence, occurred_at, causation_id, data)
            VALUES (gen_random_uuid(), 's', 'a', 'i', $1, $1, now(), gen_random_uuid(), '{}') RETURNING position
        )
        INSERT INTO outbox_waiting (position, occurred_at) SELECT position, now() FROM event
    """
    async with session(url) as runner:
        await runner.execute(put, 1)
        await runner.execute(put, 2)
        await runner.execute("DELETE FROM outbox_waiting WHERE position = 1")
        await runner.execute("INSERT INTO outbox_published VALUES (1, 1, now())")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runner.execute("DELETE FROM outbox_published")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runner.execute("UPDATE outbox_event SET occurred_at = now()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runner.execute("DELETE FROM outbox_event WHERE version = 2")
    async with session(postgres.owner_url(url)) as owner:
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute("DELETE FROM outbox_event WHERE version = 1")
        await owner.execute("DELETE FROM outbox_event WHERE version = 2")
    await postgres.drop(url)


async def test_rows_that_may_be_cleared_are_deleted_by_nobody_before_they_are_named(postgres: DatabaseServer) -> None:
    url = await postgres.database_url("registry")
    put = """
        INSERT INTO population_range (run_id, number, first_uscc, last_uscc)
        SELECT CAST($1::text AS uuid), number, 'a', 'b' FROM generate_series(1, 3) AS number
    """
    first, second = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
    async with session(url) as runner, session(postgres.owner_url(url)) as owner:
        for run_id in (first, second):
            await runner.execute(put, run_id)
        for role in (runner, owner):
            for statement in ("DELETE FROM population_range", "DELETE FROM population_range WHERE number = 1"):
                with pytest.raises(asyncpg.RestrictViolationError):
                    await role.execute(statement)
        await runner.execute("INSERT INTO population_clearing (run_id, kept, begun_at) VALUES ($1, 1, now())", first)
        with pytest.raises(asyncpg.RestrictViolationError):
            await runner.execute("DELETE FROM population_range WHERE number = 1")
        await runner.execute("DELETE FROM population_range WHERE run_id = $1", first)
        assert await runner.fetchval("SELECT count(*) FROM population_range") == 3
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute("DELETE FROM population_clearing")
    await postgres.drop(url)


async def test_no_role_of_a_service_enters_a_database_that_is_not_its_own(postgres: DatabaseServer) -> None:
    urls = {service: await postgres.database_url(service) for service in SERVICES}
    for service, url in urls.items():
        for role in (url, postgres.owner_url(url)):
            others = [other.rsplit("/", 1)[1] for name, other in urls.items() if name != service]
            for database in (*others, "postgres", "template1"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(f"{role.rsplit('/', 1)[0]}/{database}")
    for url in urls.values():
        await postgres.drop(url)


async def test_a_database_that_its_service_owned_is_brought_on_in_place(postgres: DatabaseServer) -> None:
    await postgres.drop(await postgres.database_url("gateway"))  # makes both roles
    name = "owned_by_its_runner"
    await postgres._admin(f'CREATE DATABASE "{name}" OWNER gateway')
    url = postgres.server.url(name)
    runner = postgres.runner_url("gateway", name)
    await migrate(runner, "gateway")
    old = Database(runner, service="gateway")
    with pytest.raises(RunsAsOwner, match="GATEWAY_OWNER_DATABASE_URL"):
        await refuse_owner(old)
    async with session(runner) as before:
        await before.execute("INSERT INTO case_number VALUES ('kept', 7)")
    async with session(url) as admin:
        for statement in ownership_statements("gateway"):
            await admin.execute(statement)
    await migrate(postgres.owner_url(runner), "gateway", runner="gateway")
    assert not (await rights_too_many(old)).owns
    await old.close()
    async with session(runner) as after:
        assert await after.fetchval("SELECT value FROM case_number WHERE prefix = 'kept'") == 7
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await after.execute("TRUNCATE audit_entry")
    await postgres.drop(url)


@pytest.mark.parametrize("service", SERVICES)
def test_the_statements_for_an_administrator_name_no_password(service: str) -> None:
    told = script(service)
    assert f'\\password "{service}_owner"' in told
    assert f'GRANT CONNECT ON DATABASE "{service}" TO "{service}"' in told
    assert "PASSWORD '" not in told

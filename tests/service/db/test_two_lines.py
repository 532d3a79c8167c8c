"""The infrastructure tables are made by one line of steps under every service, on new databases and on old ones."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db import migrate as migrations
from shared.db.engine import Database, driver_url
from shared.db.migrate import head_of, heads_of, is_current, migrate, write_revision
from tests.support.postgres import DatabaseServer

OWN_COPIES = Path(__file__).parent / "own_copies"
"""Databases as they were made when each service still had its own copies of the infrastructure's steps."""
SERVICES = ("registry", "finance", "techtransfer", "ipr", "gateway")
SCHEMA = """
SELECT 'column' AS what, c.relname::text AS owner, a.attnum::text AS part, concat_ws(' ', a.attname,
       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS said
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal
UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'sequence', '', sequencename, concat_ws(' ', start_value, min_value, max_value, increment_by)
FROM pg_sequences WHERE schemaname = 'public'
"""


@asynccontextmanager
async def empty_database(postgres: DatabaseServer, name: str) -> AsyncIterator[str]:
    """Yield the address of a database without tables."""
    await postgres._admin(f'CREATE DATABASE "{name}"')
    url = postgres.server.url(name)
    yield url
    await postgres.drop(url)


async def run(url: str, *scripts: str) -> None:
    """Run scripts of SQL."""
    session = await asyncpg.connect(url)
    for script in scripts:
        await session.execute(script)
    await session.close()


async def read(url: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of `query`."""
    session = await asyncpg.connect(url)
    rows = await session.fetch(query)
    await session.close()
    return [tuple(row) for row in rows]


async def schema(url: str) -> set[tuple[object, ...]]:
    """Return columns in their order, constraints, indexes, triggers, functions and sequences."""
    return {tuple(" ".join(str(part).split()) for part in row) for row in await read(url, SCHEMA)}


def old_scripts(service: str) -> tuple[str, str]:
    """Return what makes the old database of `service`."""
    return tuple((OWN_COPIES / f"{name}.sql").read_text(encoding="utf-8") for name in ("infrastructure", service))  # type: ignore[return-value]


async def current(url: str, service: str) -> bool:
    """Tell whether readiness would call the database current."""
    database = Database(url, service=service)
    try:
        return await is_current(database, service)
    finally:
        await database.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_made_from_a_services_own_copies_is_brought_on_in_place(
    service: str, postgres: DatabaseServer
) -> None:
    fresh = await postgres.database_url(service)
    async with empty_database(postgres, f"own_copies_{service}") as old:
        await run(old, *old_scripts(service), "INSERT INTO case_number VALUES ('kept', 7)")
        await migrate(old, service)
        assert await current(old, service)
        assert await read(old, "SELECT prefix, value FROM case_number") == [("kept", 7)]
        told = await schema(old)
        assert len(told) > 150
        assert told == await schema(fresh)
        versions = "SELECT version_num FROM alembic_version"
        assert {row[0] for row in await read(old, versions)} == heads_of(service)
        assert sorted(await read(old, versions)) == sorted(await read(fresh, versions))
    await postgres.drop(fresh)


async def test_a_database_older_than_the_breaks_of_history_gets_them_from_the_infrastructure(
    postgres: DatabaseServer,
) -> None:
    fresh = await postgres.database_url("gateway")
    async with empty_database(postgres, "before_history_breaks") as old:
        back = "DROP TABLE history_break, consumer_mark; UPDATE alembic_version SET version_num = '0001'"
        await run(old, *old_scripts("gateway"), back)
        assert not await current(old, "gateway")
        await migrate(old, "gateway")
        assert await current(old, "gateway")
        assert await schema(old) == await schema(fresh)
    await postgres.drop(fresh)


@pytest.fixture
def copied_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let new steps be written into a copy of the folders."""
    for name in ("shared/db/migrations", "gateway/migrations"):
        shutil.copytree(migrations.ROOT / name, tmp_path / name)
    known = (migrations._script, head_of, heads_of)
    monkeypatch.setattr(migrations, "ROOT", tmp_path)
    for one in known:
        one.cache_clear()
    yield tmp_path
    for one in known:
        one.cache_clear()


def steps_in(folder: Path) -> set[Path]:
    """Return the files of all steps."""
    return set(folder.rglob("versions/*.py"))


def new_step(folder: Path, before: set[Path]) -> str:
    """Return the text of the one step that was written."""
    (found,) = steps_in(folder) - before
    return f"{found.relative_to(folder)}\n{found.read_text(encoding='utf-8')}"


async def write(url: str, *, infrastructure: bool) -> None:
    """Write the next step of the gateway or of the infrastructure."""
    engine = create_async_engine(driver_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda bound: write_revision(bound, "gateway", "add what lacks", infrastructure=infrastructure)
        )
    await engine.dispose()


async def test_a_new_step_holds_the_difference_of_its_own_line_alone(
    copied_steps: Path, postgres: DatabaseServer
) -> None:
    url = postgres.owner_url(await postgres.database_url("gateway"))
    await run(url, "ALTER TABLE client DROP COLUMN title_en", "ALTER TABLE case_number DROP COLUMN value")
    before = steps_in(copied_steps)
    own = int(str(head_of("gateway")))
    await write(url, infrastructure=False)
    told = new_step(copied_steps, before)
    assert told.startswith(f"gateway/migrations/versions/{own + 1:04d}_add_what_lacks.py")
    assert f'down_revision = "{own:04d}"' in told.replace("'", '"')
    assert "title_en" in told
    assert "case_number" not in told
    await postgres.drop(url)


async def test_a_new_step_of_the_infrastructure_is_taken_by_every_service(
    copied_steps: Path, postgres: DatabaseServer
) -> None:
    url = postgres.owner_url(await postgres.database_url("gateway"))
    await run(url, "ALTER TABLE client DROP COLUMN title_en", "ALTER TABLE case_number DROP COLUMN value")
    before = steps_in(copied_steps)
    own = head_of("gateway")
    assert await current(url, "gateway")
    await write(url, infrastructure=True)
    told = new_step(copied_steps, before)
    assert told.startswith("shared/db/migrations/versions/infrastructure_")
    assert "case_number" in told
    assert "title_en" not in told
    for one in (migrations._script, head_of, heads_of):
        one.cache_clear()
    assert not await current(url, "gateway")
    await migrate(url, "gateway")
    assert await current(url, "gateway")
    assert head_of("gateway") == own
    assert await read(url, "SELECT value FROM case_number") == []
    await postgres.drop(url)

"""Migrations: one Alembic environment for all services, under an advisory lock and with time limits.

A service's database is made by two lines of steps: that of the infrastructure tables, which stand once in
`shared/db/migrations` and are named `infrastructure_0001`, …, and the own one, numbered 0001, 0002, …, which depends on
it. A database made when each service still held copies of the infrastructure's steps stands at the same numbers.

`python -m shared.db.migrate upgrade finance` and `python -m shared.db.migrate revision finance "a sentence"`;
with `--infrastructure` the revision is written from the difference of the infrastructure tables.
"""

import argparse
import asyncio
import os
import sys
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic import command, context
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, MetaData, String, TypeDecorator, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.engine import Database, driver_url, is_refused_by_pooler
from shared.db.keeping import keep
from shared.db.lock import lock_number
from shared.db.pooler import OwnerBehindPooler, owner_words, refuse_pooler
from shared.db.role import SERVICES, role_in
from shared.db.tables import attach_infrastructure

ROOT = Path(__file__).resolve().parents[2]
INFRASTRUCTURE = "infrastructure"
"""Branch label of the steps that every service's database takes; their revisions begin with it."""
# A migration waits shortly for locks and gives up: a queue behind a waiting ALTER TABLE stops every reader.
_LIMITS = {"lock_timeout": "4000", "statement_timeout": "60000", "application_name": "kechuang-migrate"}


def package_of(service: str) -> str:
    """Return the Python package of a service or of the gateway."""
    return "gateway" if service == "gateway" else f"services.{service}"


def _folder(service: str) -> Path:
    return ROOT.joinpath(*package_of(service).split("."), "migrations")


def _versions(service: str, *, infrastructure: bool) -> Path:
    return (ROOT / "shared/db/migrations" if infrastructure else _folder(service)) / "versions"


def config_for(service: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for `service`, with both lines of steps."""
    lines = (_versions(service, infrastructure=shared) for shared in (True, False))
    config = Config()
    config.set_main_option("script_location", str(ROOT / "shared/db/migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, lines)).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["service"] = service
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def has_migrations(service: str) -> bool:
    """Tell whether `service` has a folder of migrations."""
    return _folder(service).is_dir()


def _line(script: ScriptDirectory, *, infrastructure: bool) -> list[Script]:
    """Return one line of steps, the newest first."""
    return [step for step in script.walk_revisions() if (INFRASTRUCTURE in step.branch_labels) is infrastructure]


@cache
def _script(service: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(config_for(service))


@cache
def head_of(service: str) -> str | None:
    """Return the newest of the own revisions of `service` that its code knows."""
    return next((step.revision for step in _line(_script(service), infrastructure=False)), None)


@cache
def heads_of(service: str) -> frozenset[str]:
    """Return what the version table of an up-to-date database of `service` holds.

    That is the newest revision of each line of steps, without one that another revision depends on.
    """
    return frozenset(step.revision for step in _script(service).get_revisions("heads") if step is not None)


async def migrate(url: str, service: str, *, runner: str | None = None) -> None:
    """Bring the database at `url` to the newest revision; several processes may call this at once.

    Args:
        url: address with the role that owns the database.
        service: whose database it is.
        runner: the role that the service runs as; it is given what the tables say. None gives nobody anything.

    Raises:
        OwnerBehindPooler: the address leads through a pooler.
        sqlalchemy.exc.DBAPIError: a lock or statement took longer than its limit; nothing was changed.
    """
    await _with_connection(url, service, lambda connection: _upgrade(connection, service, runner))


def _upgrade(connection: Connection, service: str, runner: str | None) -> None:
    # Another process may be migrating just now: that is worth a longer wait than a table's lock.
    connection.execute(text(f"SET LOCAL lock_timeout = {_LIMITS['statement_timeout']}"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number("migrate", service)})
    connection.execute(text(f"SET LOCAL lock_timeout = {_LIMITS['lock_timeout']}"))
    command.upgrade(config_for(service, connection), "heads")
    keep(connection, metadata_of(service), runner=runner)


async def is_current(database: Database, service: str) -> bool:
    """Tell whether the database stands at the newest revisions that the code knows, the infrastructure's included."""
    async with database.engine.connect() as connection:
        table = (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one()
        if table is None:
            return False
        held = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    return set(held) == heads_of(service)


async def _with_connection(url: str, service: str, work: Any) -> None:  # noqa: ANN401  # run_sync takes any callable
    engine = create_async_engine(
        driver_url(url),
        hide_parameters=True,
        poolclass=pool.NullPool,
        connect_args={"timeout": 10, "server_settings": _LIMITS},
    )
    try:
        async with engine.begin() as connection:
            await refuse_pooler(connection, service)
            await connection.run_sync(work)
    except Exception as fault:
        if is_refused_by_pooler(fault):
            raise OwnerBehindPooler(owner_words(service)) from fault
        raise
    finally:
        await engine.dispose()


def run_env() -> None:
    """Run the migrations inside Alembic; the whole body of `migrations/env.py`."""
    attributes = context.config.attributes
    writes_infrastructure: bool = attributes.get("infrastructure", False)

    def is_of_this_line(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or (name in _infrastructure_tables()) is writes_infrastructure

    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata_of(attributes["service"]),
        include_object=is_of_this_line,
        render_item=_render_item,
        compare_type=True,
        compare_server_default=False,
        # The whole upgrade is one transaction, opened by the caller together with its lock.
        transaction_per_migration=False,
    )
    context.run_migrations()


@cache
def _infrastructure_tables() -> frozenset[str]:
    metadata = MetaData()
    attach_infrastructure(metadata)
    return frozenset(metadata.tables)


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  # Alembic's hook
    """Write SQLModel's and our own column types as the plain types under them: a migration imports neither."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item.impl_instance, String):
        length = getattr(item, "length", None) or item.impl_instance.length
        return f"sa.String(length={length})" if length else "sa.String()"
    return f"sa.{item.impl_instance!r}"


def write_revision(connection: Connection, service: str, message: str, *, infrastructure: bool = False) -> None:
    """Write the next migration of `service` from the difference between its tables and the database.

    Args:
        connection: to a database of the service.
        service: whose tables are compared.
        message: one sentence: what the migration does.
        infrastructure: write the next step of the infrastructure tables, which every service takes, instead.
    """
    config = config_for(service, connection)
    config.attributes["infrastructure"] = infrastructure
    script = ScriptDirectory.from_config(config)
    line, below = (_line(script, infrastructure=shared) for shared in (infrastructure, True))
    command.upgrade(config, "heads")
    command.revision(
        config,
        message=message,
        autogenerate=True,
        rev_id=f"{f'{INFRASTRUCTURE}_' if infrastructure else ''}{len(line) + 1:04d}",
        head=line[0].revision if line else "base",
        depends_on=None if line else below[0].revision,
        version_path=str(_versions(service, infrastructure=infrastructure)),
    )


def metadata_of(service: str) -> MetaData:
    """Return the metadata of `service`, its tables imported."""
    tables = import_module(f"{package_of(service)}.{'models' if service == 'gateway' else 'tables'}")
    found: MetaData = tables.Base.metadata
    return found


def main(arguments: list[str]) -> int:
    """Run the command line; the addresses come from `<SERVICE>_OWNER_DATABASE_URL` and `<SERVICE>_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.migrate", description=__doc__)
    parser.add_argument("verb", choices=("upgrade", "revision"))
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("message", nargs="?", help="one sentence: what the migration does")
    parser.add_argument("--infrastructure", action="store_true", help="compare the tables that every service holds")
    given = parser.parse_args(arguments)
    variables = [f"{given.service.upper()}_{part}" for part in ("OWNER_DATABASE_URL", "DATABASE_URL")]
    url, runner_url = (os.environ.get(name) for name in variables)
    if url is None or runner_url is None:
        parser.error(
            f"set {variables[0]} to migrate with, and {variables[1]} to name who is given rights 请设置两个数据库地址"
        )
    if given.verb == "upgrade":
        asyncio.run(migrate(url, given.service, runner=role_in(runner_url)))
        return 0
    if not given.message:
        parser.error("a revision needs a sentence that says what it does")
    write = partial(write_revision, service=given.service, message=given.message, infrastructure=given.infrastructure)
    asyncio.run(_with_connection(url, given.service, write))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

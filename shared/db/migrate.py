"""Migrations: one Alembic environment for all services, under an advisory lock and with time limits.

`python -m shared.db.migrate upgrade finance` and `python -m shared.db.migrate revision finance "a sentence"`.
"""

import argparse
import asyncio
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic import command, context
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, String, TypeDecorator, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.engine import TIMEOUTS, Database, driver_url
from shared.db.lock import lock_number

ROOT = Path(__file__).resolve().parents[2]
# A migration waits shortly for locks and gives up: a queue behind a waiting ALTER TABLE stops every reader.
_LIMITS = {"lock_timeout": "4000", "statement_timeout": "60000", "application_name": "kechuang-migrate"}


def package_of(service: str) -> str:
    """Return the Python package of a service or of the gateway."""
    return "gateway" if service == "gateway" else f"services.{service}"


def config_for(service: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for `service`; revisions are numbered 0001, 0002, …"""
    folder = ROOT.joinpath(*package_of(service).split("."), "migrations")
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def has_migrations(service: str) -> bool:
    """Tell whether `service` has a folder of migrations."""
    return ROOT.joinpath(*package_of(service).split("."), "migrations").is_dir()


def head_of(service: str) -> str | None:
    """Return the newest revision that the code of `service` knows."""
    return ScriptDirectory.from_config(config_for(service)).get_current_head()


async def migrate(url: str, service: str) -> None:
    """Bring the database at `url` to the newest revision; several processes may call this at once.

    Raises:
        sqlalchemy.exc.DBAPIError: a lock or statement took longer than its limit; nothing was changed.
    """
    await _with_connection(url, lambda connection: _upgrade(connection, service))


def _upgrade(connection: Connection, service: str) -> None:
    # Another process may be migrating just now: that is worth a longer wait than a table's lock.
    connection.execute(text(f"SET LOCAL lock_timeout = {_LIMITS['statement_timeout']}"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number("migrate", service)})
    connection.execute(text(f"SET LOCAL lock_timeout = {_LIMITS['lock_timeout']}"))
    command.upgrade(config_for(service, connection), "head")
    _limit_the_role(connection)


def _limit_the_role(connection: Connection) -> None:
    """Give the role the limits that our connections have: a person's session under it must not hold a lock for ever.

    A superuser's sessions are left alone.
    """
    found = connection.execute(text("SELECT rolsuper, rolconfig FROM pg_roles WHERE rolname = current_user")).one()
    held = set(found.rolconfig or ())
    for name, limit in TIMEOUTS.items():
        if not found.rolsuper and f"{name}={limit}" not in held:
            connection.execute(text(f"ALTER ROLE CURRENT_USER SET {name} = {limit}"))


async def is_current(database: Database, service: str) -> bool:
    """Tell whether the database stands at the newest revision that the code knows."""
    async with database.engine.connect() as connection:
        table = (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one()
        if table is None:
            return False
        held = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    return list(held) == [head_of(service)]


async def _with_connection(url: str, work: Any) -> None:  # noqa: ANN401  # run_sync takes any callable
    engine = create_async_engine(
        driver_url(url), poolclass=pool.NullPool, connect_args={"timeout": 10, "server_settings": _LIMITS}
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def run_env(metadata: MetaData) -> None:
    """Run the migrations of one service inside Alembic; the whole body of each `migrations/env.py`."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=_render_item,
        compare_type=True,
        compare_server_default=False,
        # The whole upgrade is one transaction, opened by the caller together with its lock.
        transaction_per_migration=False,
    )
    context.run_migrations()


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  # Alembic's hook
    """Write SQLModel's and our own column types as the plain types under them: a migration imports neither."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item.impl_instance, String):
        length = getattr(item, "length", None) or item.impl_instance.length
        return f"sa.String(length={length})" if length else "sa.String()"
    return f"sa.{item.impl_instance!r}"


def write_revision(connection: Connection, service: str, message: str) -> None:
    """Write the next migration of `service` from the difference between its tables and the database."""
    config = config_for(service, connection)
    script = ScriptDirectory.from_config(config)
    number = f"{len(list(script.walk_revisions())) + 1:04d}"
    command.upgrade(config, "head")
    command.revision(config, message=message, autogenerate=True, rev_id=number)


def metadata_of(service: str) -> MetaData:
    """Return the metadata of `service`, its tables imported."""
    tables = import_module(f"{package_of(service)}.{'models' if service == 'gateway' else 'tables'}")
    found: MetaData = tables.Base.metadata
    return found


def main(arguments: list[str]) -> int:
    """Run the command line; the address comes from `<SERVICE>_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.migrate", description=__doc__)
    parser.add_argument("verb", choices=("upgrade", "revision"))
    parser.add_argument("service", choices=("registry", "finance", "techtransfer", "ipr", "gateway"))
    parser.add_argument("message", nargs="?", help="one sentence: what the migration does")
    given = parser.parse_args(arguments)
    variable = f"{given.service.upper()}_DATABASE_URL"
    url = os.environ.get(variable)
    if url is None:
        parser.error(f"set {variable} to the database that is to be migrated")
    if given.verb == "upgrade":
        asyncio.run(migrate(url, given.service))
        return 0
    if not given.message:
        parser.error("a revision needs a sentence that says what it does")
    asyncio.run(_with_connection(url, lambda connection: write_revision(connection, given.service, given.message)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

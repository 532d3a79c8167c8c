"""A PostgreSQL for one test run: own folder and port, a migrated template for each service, a clone for each test."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from deploy.embedded.postgres import PostgresServer, close_common_databases, ensure_database
from deploy.embedded.process import Child, free_port
from shared.db.role import database_statements, owner_of, role_in

REPOSITORY = Path(__file__).resolve().parents[2]


class DatabaseServer:
    """The running server; hands out databases with a service's migrated schema, for the role it runs as."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._passwords: dict[str, str] = {}
        self._templates: dict[str, str] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._count = 0

    async def database_url(self, service: str) -> str:
        """Return the address of a fresh database of `service`, migrated to its newest version."""
        template = await self._template(service)
        self._count += 1
        name = f"{service}_{self._count}"
        await self._admin(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{owner_of(service)}" STRATEGY FILE_COPY'
        )
        await self._admin("; ".join(database_statements(service, name)))
        return self.server.url(name, service, self._passwords[service])

    def owner_url(self, url: str) -> str:
        """Return the address of the same database with the role that owns it."""
        service, database = role_in(url), url.rsplit("/", 1)[1]
        return self.server.url(database, owner_of(service), self._passwords[owner_of(service)])

    def runner_url(self, service: str, database: str) -> str:
        """Return the address of any database with the role that `service` runs as."""
        return self.server.url(database, service, self._passwords[service])

    def administrator_url(self, url: str) -> str:
        """Return the address of the same database for the administrator of the server."""
        return self.server.url(url.rsplit("/", 1)[1])

    async def drop(self, url: str) -> None:
        """Drop the database of `url`, closing what is still open in it."""
        await self._admin(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    async def _template(self, service: str) -> str:
        async with self._locks.setdefault(service, asyncio.Lock()):
            if service not in self._templates:
                for role in (service, owner_of(service)):
                    self._passwords[role] = secrets.token_hex(16)
                admin = await asyncpg.connect(self.server.url())
                try:
                    await close_common_databases(admin)
                    await ensure_database(admin, service, self._passwords[service], self._passwords[owner_of(service)])
                finally:
                    await admin.close()
                url = self.server.url(service, owner_of(service), self._passwords[owner_of(service)])
                await _migrate(url, service)
                self._templates[service] = service
        return self._templates[service]

    async def _admin(self, statement: str) -> None:
        admin = await asyncpg.connect(self.server.url())
        try:
            await admin.execute(statement)
        finally:
            await admin.close()


async def _migrate(url: str, service: str) -> None:
    """Migrate; a service without tables yet stays empty."""
    from shared.db.migrate import has_migrations, migrate

    if has_migrations(service):
        await migrate(url, service, runner=service)


_MEMORY = Path("/dev/shm")  # noqa: S108  # a file system of Linux that keeps its files in memory
_MEMORY_BYTES = 4 << 30


def in_memory() -> Path | None:
    """Return a folder whose files are kept in memory, or None where there is none with much room.

    A test that clones a database makes three hundred files and removes them again; a disk takes up to a third of a
    second for that, memory a hundredth.
    """
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES else None


@contextmanager
def state_folder(purpose: str, *, within: Path | None = None) -> Iterator[Path]:
    """Yield a fresh folder that servers under another account may enter, and remove it afterwards.

    Args:
        purpose: part of its name.
        within: the folder above it; that of temporary files unless given.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"kechuang-{purpose}-", dir=within))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[DatabaseServer]:
    """Run a server on a free port until the block ends; two test runs, or a test run beside the suite, never meet."""
    with state_folder("postgres", within=None if durable else in_memory()) as folder:
        server = PostgresServer(
            folder / "postgres",
            port=free_port(),
            password=secrets.token_hex(16),
            log=folder / "postgres.log",
            durable=durable,
        )
        server.initialise()
        child = Child(server.program())
        try:
            server.wait_until_ready()
            yield DatabaseServer(server)
        finally:
            child.stop()

"""The embedded PostgreSQL: one server, one database and two roles for each service."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.embedded.binaries import postgres_bin
from deploy.embedded.patience import Patience
from deploy.embedded.process import Account, Child, Program, seen_by, server_account
from deploy.embedded.pulse import SPEAKS_TLS
from deploy.embedded.state_folder import StateError
from deploy.embedded.wal_archive import ARCHIVE_COMMAND
from shared.db.role import database_statements, owner_of, ownership_statements, role_statements

_START_SECONDS = 20.0
_INITDB_SECONDS = 60.0


class PostgresServer:
    """One PostgreSQL on the loopback address.

    Attributes:
        folder: its home, with `data` inside.
        port: where it listens.
        connections: how many it lets in at once.
        durable: False spares the disk in tests; a crash of the server alone still loses nothing.
        data: the data folder inside its home.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        log: Path,
        durable: bool = True,
        connections: int = 150,
        data: str = "data",
    ) -> None:
        """Name the server; nothing is started."""
        self.folder = folder
        self.data = folder / data
        self.port = port
        self.durable = durable
        self.connections = connections
        self._password = password
        self._log = log
        self._bin = postgres_bin()
        self._account = server_account(folder.parent)

    def seen(self, path: Path) -> str:
        """Return the name by which the server itself finds a path inside its home."""
        return str(seen_by(self._account, self.folder) / path.relative_to(self.folder))

    def url(self, database: str = "postgres", role: str = "postgres", password: str | None = None) -> str:
        """Return the address of `database` for `role`; the administrator where no role is named."""
        secret = quote(self._password if password is None else password, safe="")
        return f"postgresql://{role}:{secret}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> bool:
        """Make the data folder unless it exists, and tell whether it was made; a half-made one is thrown away."""
        if (self.data / "PG_VERSION").exists():
            self._clear_stale_lock()
            return False
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = self.folder / "password.new"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        for path in (self.folder, draft, password_file):
            _give(path, self._account)
        child = Child(self._initdb(draft, password_file))
        patience = Patience(_INITDB_SECONDS)
        while not child.wait(1.0) and not patience.is_over():
            pass
        password_file.unlink()
        if child.exit_code() != 0:
            child.kill()
            shutil.rmtree(draft, ignore_errors=True)
            raise StateError(f"The database could not be made 数据库未能创建; see {self._log}")
        draft.rename(self.data)
        return True

    def _initdb(self, data: Path, password_file: Path) -> Program:
        return Program(
            name="initdb",
            argv=(
                str(self._bin / "initdb"),
                *("-D", self.seen(data), "-U", "postgres"),
                *("--auth=scram-sha-256", f"--pwfile={self.seen(password_file)}"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *(() if self.durable else ("--no-sync",)),
            ),
            log=self._log,
            env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"},
            account=self._account,
            entered=self.folder,
        )

    def _clear_stale_lock(self) -> None:
        """Remove a lock file whose process id meanwhile belongs to something else, as happens in containers."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        deadline = time.monotonic() + 5
        while _command_of(pid) == "postgres" and time.monotonic() < deadline:
            time.sleep(0.05)  # the server of a killed supervisor is still on its way out
        if _command_of(pid) != "postgres":
            lock.unlink(missing_ok=True)

    @property
    def binaries(self) -> Path:
        """Where PostgreSQL's own programs lie."""
        return self._bin

    def secret_environment(self) -> dict[str, str]:
        """Return what a program of PostgreSQL is told to enter as administrator; its arguments would be seen by all."""
        return {"PATH": os.environ.get("PATH", ""), "PGPASSWORD": self._password, "LC_ALL": "C"}

    def entry(self) -> tuple[str, ...]:
        """Return the arguments by which a program of PostgreSQL finds this server as administrator."""
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")

    def give_to_server(self, path: Path) -> None:
        """Let the account of the server own a file or folder, as root."""
        _give(path, self._account)

    def program(self, settings: Mapping[str, str] | None = None) -> Program:
        """Return how the server is started; TCP on loopback only, so no path is too long for a socket.

        Args:
            settings: of PostgreSQL, beside its usual ones or in their place.
        """
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": str(self.connections),
            "recovery_init_sync_method": "syncfs",  # a crashed server need not open thousands of files to be sure
            # A failing statement, its detail and its message may hold a secret or personal data: the service says what
            # failed, the server tells of itself.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_min_messages": "log",
            # Until the first backup the command keeps nothing: before it no piece of the history is of any use.
            **({"archive_mode": "on", "archive_command": ARCHIVE_COMMAND} if self.durable else {}),
            **({} if self.durable else {"fsync": "off", "full_page_writes": "off"}),
            **(settings or {}),
        }
        return Program(
            name="postgres",
            argv=(
                *(str(self._bin / "postgres"), "-D", self.seen(self.data), "-p", str(self.port)),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ),
            log=self._log,
            env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"},
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            account=self._account,
            entered=self.folder,
            pulse_port=self.port,
            pulse_question=SPEAKS_TLS,
        )

    def is_ready(self) -> bool:
        """Tell whether it accepts connections."""
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        return subprocess.run(probe, check=False, cwd="/").returncode == 0

    def wait_until_ready(self, seconds: float = _START_SECONDS) -> None:
        """Wait until it accepts connections.

        Raises:
            TimeoutError: it does not within `seconds`.
        """
        patience = Patience(seconds)
        while not self.is_ready():
            if patience.is_over():
                raise TimeoutError(f"PostgreSQL is not ready after {seconds:.0f} s; see {self._log}")
            time.sleep(0.02)

    def checkpoint(self) -> Program:
        """Return a program that writes a checkpoint: a crash soon after a first start need not make all files again."""
        return Program(
            name="checkpoint",
            argv=(str(self._bin / "psql"), "-q", "-c", "CHECKPOINT", *self.entry()),
            log=self._log,
            env=self.secret_environment(),
        )

    def databases(self) -> list[str]:
        """Return the names of the databases that the server has.

        Raises:
            StateError: the secret is not the one that this server was made with.
        """

        async def ask() -> list[str]:
            connection = await asyncpg.connect(self.url())
            try:
                return [row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")]
            finally:
                await connection.close()

        try:
            return asyncio.run(ask())
        except asyncpg.InvalidPasswordError as refused:
            raise StateError(
                f"The secret of the database's administrator does not open {self.data}: data and secrets come from two "
                "installations. Put back the secret that belongs to the data.\n"
                "数据库管理员密钥与数据不属于同一套安装，请恢复与数据相配的密钥文件 secrets/postgres"
            ) from refused

    def ensure_databases(self, passwords: dict[str, str], owner_passwords: dict[str, str]) -> None:
        """Make both roles and the database of each service, closed to every other role.

        Args:
            passwords: of the role that each service runs as; set anew at each start, so that the secret file is the
                truth.
            owner_passwords: of the role that owns each service's database.
        """
        asyncio.run(self._ensure_databases(passwords, owner_passwords))

    async def _ensure_databases(self, passwords: dict[str, str], owner_passwords: dict[str, str]) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            await close_common_databases(connection)
            for service, password in passwords.items():
                await ensure_database(connection, service, password, owner_passwords[service])
                if await _owns_something(connection, service):
                    await self._take_from_runner(service)
        finally:
            await connection.close()

    async def _take_from_runner(self, service: str) -> None:
        """Bring on a database that was made when the service ran as its owner."""
        inside = await asyncpg.connect(self.url(service))
        try:
            await inside.execute("; ".join(ownership_statements(service)))
        finally:
            await inside.close()


async def close_common_databases(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let nobody but administrators into the databases that every server has."""
    await admin.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC")


async def ensure_database(
    admin: "asyncpg.Connection[asyncpg.Record]", service: str, password: str, owner_password: str
) -> None:
    """Make both roles and the database of `service` if they are missing, and set the roles' passwords."""
    await admin.execute("; ".join(role_statements(service)))
    for role, word in ((service, password), (owner_of(service), owner_password)):
        literal = await admin.fetchval("SELECT quote_literal($1)", word)
        await admin.execute(f'ALTER ROLE "{role}" PASSWORD {literal}')
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", service):
        await admin.execute(f'CREATE DATABASE "{service}" OWNER "{owner_of(service)}"')
    await admin.execute("; ".join(database_statements(service)))


async def _owns_something(admin: "asyncpg.Connection[asyncpg.Record]", role: str) -> bool:
    query = """
        SELECT EXISTS (SELECT FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
                       WHERE rolname = $1 AND refclassid = 'pg_authid'::regclass AND deptype = 'o')
    """
    return bool(await admin.fetchval(query, role))


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _command_of(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None

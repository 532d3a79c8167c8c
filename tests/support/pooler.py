"""A PgBouncer in transaction mode in front of a test's PostgreSQL; where the program is missing, tests are skipped."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from deploy.embedded.process import Child, Program, free_port, server_account
from tests.support.postgres import DatabaseServer, state_folder
from tests.support.suite import wait_until

_PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
is_installed = _PROGRAM is not None
needs_pgbouncer = pytest.mark.skipif(not is_installed, reason="PgBouncer is not installed")


@dataclass
class Pooler:
    """One PgBouncer, which may be killed and started again.

    Attributes:
        folder: of its configuration and its log.
        port: where it listens.
    """

    folder: Path
    port: int
    _child: Child | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert _PROGRAM is not None
        log = self.folder / "log"
        seen = log.read_text().count("process up") if log.exists() else 0
        words = (_PROGRAM, str(self.folder / "ini"))
        self._child = Child(Program(name="pgbouncer", argv=words, log=log, account=server_account(self.folder)))
        wait_until(lambda: log.read_text().count("process up") > seen, 10, "PgBouncer does not start")

    def kill(self) -> None:
        """Kill it the hard way: every transaction under way loses its line."""
        assert self._child is not None
        self._child.kill()

    def stop(self) -> None:
        """End it."""
        if self._child is not None:
            self._child.stop()


@contextmanager
def pooler_before(
    port: int, passwords: Mapping[str, str], *, sessions: int, settings: Mapping[str, str] | None = None
) -> Iterator[Pooler]:
    """Run PgBouncer before the server on `port`.

    Args:
        port: of the PostgreSQL server.
        passwords: role → password, of all who come through the pooler.
        sessions: sessions that it keeps for each role in each database; transactions of all clients take turns on them.
        settings: further lines of its configuration.
    """
    with state_folder("pgbouncer") as folder:
        pooler = Pooler(folder, free_port())
        (folder / "users").write_text("".join(f'"{role}" "{password}"\n' for role, password in passwords.items()))
        further = "\n".join(f"{name} = {value}" for name, value in (settings or {}).items())
        (folder / "ini").write_text(f"""
[databases]
* = host=127.0.0.1 port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {pooler.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder / "users"}
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 500
{further}
""")
        pooler.start()
        try:
            yield pooler
        finally:
            pooler.stop()


@contextmanager
def running_pooler(
    postgres: DatabaseServer, url: str, *, sessions: int = 3, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run PgBouncer before a test's server and yield the address through it.

    Args:
        postgres: the server.
        url: address of a database of it, with the role that comes through the pooler.
        sessions: see `pooler_before`.
        settings: 〃.
    """
    role = urlsplit(url)
    passwords = {role.username or "": unquote(role.password or "")}
    with pooler_before(postgres.server.port, passwords, sessions=sessions, settings=settings) as pooler:
        yield url.replace(f":{postgres.server.port}/", f":{pooler.port}/")

"""A PgBouncer in transaction mode in front of a test's PostgreSQL; where the program is missing, tests are skipped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import pytest

from deploy.embedded.process import Child, Program, free_port, server_account
from tests.support.postgres import DatabaseServer, state_folder
from tests.support.suite import wait_until

_PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(_PROGRAM is None, reason="PgBouncer is not installed")


@contextmanager
def running_pooler(postgres: DatabaseServer, url: str, *, sessions: int = 3) -> Iterator[str]:
    """Run PgBouncer before the server and yield the address through it.

    Args:
        postgres: the server.
        url: address of a database of it, with the role that comes through the pooler.
        sessions: sessions that the pooler keeps; transactions of all clients take turns on them.
    """
    assert _PROGRAM is not None
    role = urlsplit(url)
    port = free_port()
    with state_folder("pgbouncer") as folder:
        (folder / "users").write_text(f'"{role.username}" "{unquote(role.password or "")}"\n')
        (folder / "ini").write_text(f"""
[databases]
* = host=127.0.0.1 port={postgres.server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder / "users"}
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 200
""")
        child = Child(
            Program(
                name="pgbouncer",
                argv=(_PROGRAM, str(folder / "ini")),
                log=folder / "log",
                account=server_account(folder),
            )
        )
        try:
            wait_until(lambda: "process up" in (folder / "log").read_text(), 10, "PgBouncer does not start")
            yield url.replace(f":{postgres.server.port}/", f":{port}/")
        finally:
            child.stop()

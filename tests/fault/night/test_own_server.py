"""G6: a PostgreSQL of one's own archives as the page prints it, and a side server comes to the instant between."""

import asyncio
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from tests.fault.night.page import sections, text
from tests.support.postgres import state_folder
from tests.support.suite import wait_until

pytestmark = [pytest.mark.fault("G6"), pytest.mark.timeout(300)]
_PRINTED = re.compile(r"archive_command = '(.*)'")


@contextmanager
def running(server: PostgresServer, **settings: str) -> Iterator[None]:
    """Run a server with settings of its administrator's."""
    child = Child(server.program(settings))
    try:
        server.wait_until_ready()
        yield
    finally:
        child.stop()


def asked(server: PostgresServer, *statements: str) -> Any:
    """Run statements as the administrator; return the value of the last."""

    async def ask() -> Any:
        connection = await asyncpg.connect(server.url())
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(ask())


def recovered(server: PostgresServer, folder: Path, base: Path) -> PostgresServer:
    """Return a side server over a copy of the base backup, which begins by reading the archive."""
    side = PostgresServer(server.folder, port=free_port(), password=server._password, log=folder / "side", data="side")
    shutil.copytree(base, side.data)
    (side.data / "recovery.signal").touch()
    for path in (side.data, *side.data.rglob("*")):
        side.give_to_server(path)
    return side


@pytest.mark.night("Backup", blocks=(1,))
def test_the_printed_archive_command_never_writes_over_and_leads_to_an_instant_after_the_base_backup() -> None:
    ((line,),) = [block for block in sections()["Backup"] if block[0].startswith("archive_command")]
    (order,) = re.findall(r"pg_basebackup -D FOLDER [a-z=\- ]+", text())
    with state_folder("own-server", within=None) as folder:
        server = PostgresServer(
            folder / "postgres", port=free_port(), password=secrets.token_hex(8), log=folder / "postgres.log"
        )
        server.initialise()
        archive = server.folder / "kept"
        archive.mkdir(mode=0o700)
        server.give_to_server(archive)
        printed = _PRINTED.fullmatch(line)
        assert printed is not None
        command = printed[1].replace("/archive", server.seen(archive))
        with running(server, archive_command=command):
            asked(server, "CREATE TABLE said (word text)", "INSERT INTO said VALUES ('before') RETURNING word")
            words = order.replace("FOLDER", str(folder / "base")).split()
            program = [str(server.binaries / words[0]), *server.entry(), *words[1:]]
            subprocess.run(program, check=True, env=server.secret_environment(), cwd="/", capture_output=True)
            asked(server, "INSERT INTO said VALUES ('after') RETURNING word")
            at: datetime = asked(server, "SELECT clock_timestamp()")
            time.sleep(0.05)
            asked(server, "INSERT INTO said VALUES ('a mistake') RETURNING word")
            piece = asked(server, "SELECT pg_walfile_name(pg_switch_wal())")
            wait_until((archive / piece).exists, 30, "nothing was archived")
            again = command.replace("%f", piece).replace("%p", "/etc/hostname")
            held = (archive / piece).read_bytes()
            assert subprocess.run(["sh", "-c", again], check=False, cwd=server.data).returncode != 0
            assert (archive / piece).read_bytes() == held
        side = recovered(server, folder, folder / "base")
        target = {"recovery_target_time": at.isoformat(), "recovery_target_action": "promote"}
        with running(side, restore_command=f"cp {server.seen(archive)}/%f %p", archive_mode="off", **target):
            wait_until(lambda: not asked(side, "SELECT pg_is_in_recovery()"), 30, "the side server never came up")
            assert asked(side, "SELECT string_agg(word, ',' ORDER BY word) FROM said") == "after,before"

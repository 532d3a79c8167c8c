"""The embedded servers as the tests themselves use them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import nats as nats_client
import pytest
from nats.js.api import ConsumerConfig
from nats.js.errors import NoStreamResponseError

from deploy.embedded.process import Child, Program, free_port, port_fault
from tests.support.nats import Broker
from tests.support.postgres import DatabaseServer
from tests.support.suite import wait_until


async def test_each_test_gets_a_database_of_its_own(postgres: DatabaseServer) -> None:
    first, second = await postgres.database_url("finance"), await postgres.database_url("finance")
    assert first != second
    connection = await asyncpg.connect(postgres.owner_url(first))
    await connection.execute("CREATE TABLE only_here (n int)")
    await connection.close()
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    await connection.close()


async def test_a_role_cannot_enter_the_database_of_another_service(postgres: DatabaseServer) -> None:
    finance, ipr = await postgres.database_url("finance"), await postgres.database_url("ipr")
    role = finance.split("@")[0]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(f"{role}@{ipr.split('@')[1].replace(ipr.rsplit('/', 1)[1], 'ipr')}")


async def test_a_user_publishes_its_own_subjects_only(nats: Broker) -> None:
    async def connect(service: str) -> nats_client.NATS:
        refused = []

        async def note(error: Exception) -> None:
            refused.append(error)

        return await nats_client.connect(
            nats.url(service), inbox_prefix=f"_INBOX_{service}".encode(), error_cb=note, allow_reconnect=False
        )

    registry, techtransfer = await connect("registry"), await connect("techtransfer")
    mine, other = registry.jetstream(timeout=60), techtransfer.jetstream(timeout=0.3)
    published = await mine.publish("registry.enterprise.changed.v1", b"{}")
    with pytest.raises((nats_client.errors.TimeoutError, NoStreamResponseError)):
        await other.publish("registry.enterprise.changed.v1", b"forged")
    for nobody in (registry.jetstream(timeout=0.3), other):
        with pytest.raises(nats_client.errors.TimeoutError):
            await nobody.delete_stream("REGISTRY")
    with pytest.raises(nats_client.errors.TimeoutError):
        await other.add_consumer("REGISTRY", ConsumerConfig(durable_name="techtransfer"))
    # The provisioner made the durable that it hears by.
    subscription = await other.pull_subscribe_bind(durable="techtransfer", stream="REGISTRY")
    while True:
        (message,) = await subscription.fetch(1, timeout=60)
        await message.ack_sync()
        if message.metadata.sequence.stream == published.seq:
            break
    assert message.data == b"{}"
    await registry.close()
    await techtransfer.close()


def has_ended(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_child_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from deploy.embedded.process import Child, Program\n"
        "child = Child(Program(name='sleeper', argv=('/bin/sleep', '60')))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    repository = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=repository, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        command = Path(f"/proc/{pid}/comm")
        wait_until(lambda: command.read_text().strip() == "sleep", 5, "the child does not sleep")
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_until(lambda: has_ended(pid), 5, "the child outlives its parent")


def test_a_program_that_ignores_its_stop_signal_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    child = Child(Program(name="stubborn", argv=(sys.executable, "-c", stubborn), log=log, stop_seconds=0.2))
    while "on" not in log.read_text():
        time.sleep(0.02)
    child.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_a_taken_port_is_seen(postgres: DatabaseServer) -> None:
    assert port_fault(postgres.server.port) == "taken by another program"
    assert port_fault(free_port()) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to another account")
def test_as_root_the_servers_run_under_an_unprivileged_account(postgres: DatabaseServer) -> None:
    assert postgres.server.data.stat().st_uid != 0


def test_forked_children_draw_their_own_ids_and_keep_none_of_the_parents_files(tmp_path: Path) -> None:
    script = f"""
import random
from pathlib import Path
from deploy.embedded.forked import preload
from deploy.embedded.process import Child, Program
preload()
held = open({str(tmp_path / "held")!r}, "w")
def work():
    from shared.kernel.ids import new_id
    files = [link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()]
    print(new_id(), random.random(), Path({str(tmp_path / "held")!r}) in files, flush=True)
children = [Child(Program(name=f"c{{n}}", work=work, log=Path({str(tmp_path)!r}) / f"log{{n}}")) for n in range(4)]
assert all(child.wait(20) and child.exit_code() == 0 for child in children)
"""
    repository = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", script], check=True, cwd=repository)
    said = [(tmp_path / f"log{number}").read_text().split() for number in range(4)]
    assert len({words[0] for words in said}) == 4
    assert len({words[1] for words in said}) == 4
    assert {words[2] for words in said} == {"False"}


@pytest.mark.parametrize(
    ("thread", "is_refused"),
    [("time.sleep(0.3)", False), ("time.sleep(60)", True)],
    ids=["one-that-ends", "one-that-stays"],
)
def test_a_thread_that_stays_forbids_forking_and_one_that_ends_does_not(thread: str, is_refused: bool) -> None:
    script = f"""
import threading, time
from deploy.embedded.forked import ThreadsError, preload
threading.Thread(target=lambda: {thread}, daemon=True).start()
try:
    preload()
except ThreadsError as fault:
    print("refused", fault)
"""
    repository = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", script], check=True, cwd=repository, capture_output=True, text=True)
    assert ("refused 2 threads" in done.stdout) == is_refused

"""The broker's disk is full: the outbox grows while work goes on, and all of it leaves once there is room."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from deploy.embedded.nats import NatsServer
from deploy.embedded.process import Child, free_port
from shared.events.permission import PROVISIONER
from tests.fault.bus.herd import FIRMS, TWICE, UNPUBLISHED, comes_to, number, relays, workers
from tests.fault.mount import may_mount, small_disk
from tests.support.lab import lab_database
from tests.support.nats import USERS, Broker, provisioned
from tests.support.pair import Listener, Pair, count, marked, named
from tests.support.postgres import DatabaseServer, state_folder


class SmallBroker:
    """A broker as it is deployed, with its store on a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.server = NatsServer(
            folder,
            port=free_port(),
            monitor_port=free_port(),
            passwords=dict.fromkeys((*USERS, PROVISIONER), "x"),
            log=folder.parent / "nats.log",
        )
        self.url = self.server.url


@contextlib.contextmanager
def small_broker() -> Iterator[tuple[SmallBroker, Path]]:
    with state_folder("full") as folder, small_disk(folder / "nats", megabytes=64) as disk:
        broker = SmallBroker(disk)
        broker.server.initialise()
        child = Child(broker.server.program())
        try:
            broker.server.wait_until_ready()
            with provisioned(broker.server):
                yield broker, disk
        finally:
            child.stop()


def fill(disk: Path) -> Path:
    """Write a file until nothing more fits."""
    filler = disk / "filler"
    order = ["dd", "if=/dev/zero", f"of={filler}", "bs=4k"]
    subprocess.run(order, check=False, stderr=subprocess.DEVNULL)
    return filler


@pytest.mark.fault("A9")
@pytest.mark.skipif(not may_mount(), reason="this machine lets nobody make a disk of its own")
async def test_a_full_disk_of_the_broker_lets_the_outbox_grow_and_is_recovered_from(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seconds instead of the minute that a silent stream is given.
    monkeypatch.setattr("shared.bus.publish._TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr("shared.bus.relay.MOST_UNANSWERED", 4)
    with small_broker() as (broker, disk):
        async with lab_database(postgres, "registry") as publisher, lab_database(postgres, "finance") as listener:
            pair = Pair(publisher, listener, Listener(), cast("Broker", broker))
            async with relays(pair, 2), workers(pair, 2):
                await pair.emit(*(event for firm in FIRMS for event in (named(firm, "before"), marked(firm))))
                await comes_to(pair.listener, "SELECT count(*) FROM effect", 4)
                filler = await asyncio.to_thread(fill, disk)
                for round_ in range(10):
                    # Work goes on: the database takes the events that the broker does not.
                    await pair.emit(*(event for firm in FIRMS for event in (named(firm, f"{round_}"), marked(firm))))
                await asyncio.sleep(3)
                assert await count(pair.publisher, UNPUBLISHED) > 0
                filler.unlink()
                await comes_to(pair.publisher, UNPUBLISHED, 0)
                await comes_to(pair.listener, "SELECT count(*) FROM effect", 44)
                await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = '9'", 4)
            assert await number(pair, TWICE) == 0
            for firm in FIRMS:
                assert [place for name, place in pair.handlers.happened if name == firm] == list(range(1, 12))

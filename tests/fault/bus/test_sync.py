"""The broker has each event on the disk before it says so, and a broker that has not is reported."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nats as nats_client
import pytest

from deploy.embedded.nats import NatsServer
from deploy.embedded.process import Child, free_port
from shared.bus.monitor import syncs_always
from shared.events.permission import PROVISIONER
from tests.support.nats import USERS, Broker, provisioned
from tests.support.pair import until
from tests.support.postgres import DatabaseServer, state_folder
from tests.support.service import RunningService, running_service

EVENTS = 200


@contextlib.contextmanager
def deployed_broker() -> Iterator[tuple[NatsServer, Child]]:
    """Run a broker as the suite starts it."""
    with state_folder("sync") as folder:
        passwords = dict.fromkeys((*USERS, PROVISIONER), "x")
        server = NatsServer(
            folder / "nats", port=free_port(), monitor_port=free_port(), passwords=passwords, log=folder / "nats.log"
        )
        server.initialise()
        child = Child(server.program())
        try:
            server.wait_until_ready()
            with provisioned(server):
                yield server, child
        finally:
            child.stop()


@contextlib.contextmanager
def traced(pid: int, told: Path) -> Iterator[None]:
    """Write every sync of a process and its threads down."""
    order = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(told), "-p", str(pid)]
    tracer = subprocess.Popen(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        os.kill(tracer.pid, signal.SIGINT)
        tracer.wait(10)


@pytest.mark.fault("A6")
async def test_the_broker_syncs_each_event_before_it_acknowledges(
    record_property: Callable[[str, object], None],
) -> None:
    with deployed_broker() as (server, child), state_folder("strace") as folder:
        assert await syncs_always(server.monitor_url) is True
        if shutil.which("strace") is None or os.geteuid() != 0:
            record_property("noted", "by the broker's own word: tracing needs root and strace")
            return
        told = folder / "syncs"
        client = await nats_client.connect(server.url("registry"), inbox_prefix=b"_INBOX_registry")
        js = client.jetstream()
        with traced(child.pid, told):
            while not told.exists():  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            # One after the other: each acknowledgement is waited for, so each needs a sync of its own.
            for number in range(EVENTS):
                await js.publish("registry.enterprise.changed.v1", f"{number}".encode())
        await client.close()
        syncs = sum("sync(" in line for line in told.read_text().splitlines())
        record_property("noted", f"{syncs} syncs for {EVENTS} events")
        assert syncs >= EVENTS


async def _warnings(service: RunningService) -> list[str]:
    async with service.client() as client:
        found: list[str] = (await client.get("/health/ready")).json()["warnings"]
        return found


@pytest.mark.fault("A6")
async def test_a_broker_that_does_not_sync_is_reported_at_readiness(postgres: DatabaseServer, nats: Broker) -> None:
    words: dict[str, Any] = {"relay_enabled": True}
    words |= {"nats_url": nats.url("techtransfer"), "nats_monitor_url": nats.monitor_url}
    async with running_service("techtransfer", postgres, **words) as service:

        async def is_told() -> bool:
            return any("sync" in one for one in await _warnings(service))

        await until(is_told)
    with deployed_broker() as (server, _):
        words |= {"nats_url": server.url("techtransfer"), "nats_monitor_url": server.monitor_url}
        async with running_service("techtransfer", postgres, **words) as service:

            async def is_connected() -> bool:
                return service.app.state.bus is not None and service.app.state.bus.is_connected

            await until(is_connected)
            assert not any("sync" in one for one in await _warnings(service))

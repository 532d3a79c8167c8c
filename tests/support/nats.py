"""A NATS with JetStream for one test run, with the users, permissions and provisioner of the embedded one."""

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.nats import NatsServer
from deploy.embedded.process import Child, free_port
from shared.bus.provision import watch
from shared.events.listeners import HEARD_BY
from shared.events.permission import PROVISIONER
from tests.support.postgres import in_memory, state_folder

USERS = ("registry", "finance", "techtransfer", "ipr", "gateway")
HEARD_IN_THE_LAB = {**HEARD_BY, "registry.integrity.changed.v1": ("finance",)}
"""The happening that the tests let finance hear."""


class Provisioning:
    """The provisioner in a thread of its own; it outlives the broker, as the product's does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        async def work() -> None:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            with contextlib.suppress(asyncio.CancelledError):
                await watch(self._url, heard_by=HEARD_IN_THE_LAB, told_ready=self._ready.set)

        asyncio.run(work())

    def start(self) -> None:
        """Begin, and wait until everything is made."""
        self._thread.start()
        assert self._ready.wait(30), "nothing was provisioned"

    def stop(self) -> None:
        """End it."""
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)


@contextmanager
def provisioned(server: NatsServer) -> Iterator[None]:
    """Let the provisioner work on a server that runs until the block ends."""
    provisioning = Provisioning(server.url(PROVISIONER))
    provisioning.start()
    try:
        yield
    finally:
        provisioning.stop()


class Broker:
    """The running server; `stop`, `kill` and `start` let a test take it away."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.server = NatsServer(
            folder / "nats",
            port=free_port(),
            monitor_port=free_port(),
            passwords={user: secrets.token_hex(16) for user in (*USERS, PROVISIONER)},
            log=folder / "nats.log",
            durable=durable,
        )
        self.server.initialise()
        self._child: Child | None = None

    def url(self, user: str) -> str:
        """Address with the user of a service, or with the provisioner's."""
        return self.server.url(user)

    @property
    def monitor_url(self) -> str:
        """Address of the monitor."""
        return self.server.monitor_url

    def start(self) -> None:
        """Start it and wait until JetStream is open."""
        self._child = Child(self.server.program())
        self.server.wait_until_ready()

    def stop(self) -> None:
        """Stop it in order."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """Kill it at once."""
        if self._child is not None:
            self._child.kill()
            self._child = None


@contextmanager
def running_nats(*, durable: bool = False, provision: bool = True) -> Iterator[Broker]:
    """Run a broker on free ports until the block ends; a durable one syncs at each write."""
    with state_folder("nats", within=None if durable else in_memory()) as folder:
        broker = Broker(folder, durable=durable)
        broker.start()
        try:
            with provisioned(broker.server) if provision else contextlib.nullcontext():
                yield broker
        finally:
            broker.stop()

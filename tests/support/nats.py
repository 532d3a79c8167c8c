"""A NATS with JetStream for one test run, with the users and permissions of the embedded one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.nats import NatsServer
from deploy.embedded.process import Child, free_port
from tests.support.postgres import in_memory, state_folder

USERS = ("registry", "finance", "techtransfer", "ipr", "gateway")


class Broker:
    """The running server; `stop`, `kill` and `start` let a test take it away."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.server = NatsServer(
            folder / "nats",
            port=free_port(),
            monitor_port=free_port(),
            passwords={user: secrets.token_hex(16) for user in USERS},
            log=folder / "nats.log",
            durable=durable,
        )
        self.server.initialise()
        self._child: Child | None = None

    def url(self, service: str) -> str:
        """Address with the user of `service`."""
        return self.server.url(service)

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
def running_nats(*, durable: bool = False) -> Iterator[Broker]:
    """Run a broker on free ports until the block ends; a durable one syncs at each write."""
    with state_folder("nats", within=None if durable else in_memory()) as folder:
        broker = Broker(folder, durable=durable)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()

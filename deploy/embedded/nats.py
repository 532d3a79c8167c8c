"""The embedded NATS with JetStream: one user for each service and one who makes streams, none who may do both."""

import http.client
import json
import os
import signal
import time
from pathlib import Path

from deploy.embedded.binaries import nats_server
from deploy.embedded.patience import Patience
from deploy.embedded.process import Program, seen_by, server_account
from deploy.embedded.pulse import SPEAKS_FIRST
from shared.events.permission import PROVISIONER, permissions, provisioner_permissions

_START_SECONDS = 20.0


class NatsServer:
    """One nats-server on the loopback address."""

    def __init__(
        self, folder: Path, *, port: int, monitor_port: int, passwords: dict[str, str], log: Path, durable: bool = True
    ) -> None:
        """Name the server; nothing is started.

        Args:
            folder: its home, with the JetStream store inside.
            port: where clients connect.
            monitor_port: where its monitor answers over HTTP.
            passwords: of each service's user and of the provisioner, letters and digits only: the client library does
                not decode its address.
            log: file of its output.
            durable: False lets the server sync every two minutes instead of at each write.
        """
        self.folder = folder
        self.port = port
        self.monitor_port = monitor_port
        self._passwords = passwords
        self._log = log
        self._durable = durable
        self._account = server_account(folder.parent)

    @property
    def store(self) -> Path:
        """The folder of the JetStream store."""
        return self.folder / "jetstream"

    @property
    def monitor_url(self) -> str:
        """Address of the monitor."""
        return f"http://127.0.0.1:{self.monitor_port}"

    def url(self, user: str) -> str:
        """Return the address with the user of a service, or with the provisioner's."""
        return f"nats://{user}:{self._passwords[user]}@127.0.0.1:{self.port}"

    def initialise(self) -> None:
        """Write the configuration anew: secrets and ports are the caller's."""
        self.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in (self.folder, self.store):
            place.chmod(0o700)
        configuration = {
            "server_name": "kechuang",
            "listen": f"127.0.0.1:{self.port}",
            "http": f"127.0.0.1:{self.monitor_port}",
            "jetstream": {
                "max_memory_store": 67_108_864,
                "max_file_store": 10_737_418_240,
                "sync_interval": "always" if self._durable else "2m",
            },
            "authorization": {
                "users": [
                    {"user": user, "password": password, "permissions": self._permissions(user)}
                    for user, password in self._passwords.items()
                ]
            },
        }
        path = self._configuration
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(json.dumps(configuration, indent=1))  # its configuration language takes JSON
        if self._account is not None:
            for place in (self.folder, self.store, path):
                os.chown(place, self._account.uid, self._account.gid)

    def _permissions(self, user: str) -> dict[str, list[str]]:
        if user == PROVISIONER:
            return provisioner_permissions(tuple(name for name in self._passwords if name != PROVISIONER))
        return permissions(user)

    @property
    def _configuration(self) -> Path:
        return self.folder / "nats.json"

    def program(self) -> Program:
        """Return how the server is started."""
        seen = seen_by(self._account, self.folder)
        return Program(
            name="nats",
            argv=(
                str(nats_server()),
                # Its configuration language reads some characters of a path as escapes: the store is told as a word.
                *("-c", str(seen / self._configuration.name), "-sd", str(seen / self.store.name)),
            ),
            log=self._log,
            env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
            stop_signal=signal.SIGTERM,
            stop_seconds=1.0,
            death_signal=signal.SIGKILL,
            account=self._account,
            entered=self.folder,
            pulse_port=self.port,
            pulse_question=SPEAKS_FIRST,
        )

    def is_ready(self) -> bool:
        """Tell whether JetStream is open."""
        connection = http.client.HTTPConnection("127.0.0.1", self.monitor_port, timeout=1)
        try:
            connection.request("GET", "/healthz?js-enabled-only=true")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def wait_until_ready(self, seconds: float = _START_SECONDS) -> None:
        """Wait until JetStream is open.

        Raises:
            TimeoutError: it is not within `seconds`.
        """
        patience = Patience(seconds)
        while not self.is_ready():
            if patience.is_over():
                raise TimeoutError(f"NATS is not ready after {seconds:.0f} s; see {self._log}")
            time.sleep(0.02)

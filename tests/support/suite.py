"""The whole suite as a person launches it: `make run DETACH=1` in a folder of its own, on free ports."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.embedded.launch_settings import DEFAULT_PORTS, PROCESSES, LaunchSettings, port_setting
from deploy.embedded.patience import Patience, crowd
from deploy.embedded.process import free_ports
from shared.db.role import owner_of
from tests.support.postgres import REPOSITORY, state_folder

_LAUNCH_SECONDS = 600
_ERRORS_OF_OURS = ("unforeseen", "database_fault")


class LaunchedSuite:
    """A running suite, or one that can be started again."""

    def __init__(self, state: Path, **settings: str) -> None:
        """Name its state folder and ports; `settings` are environment variables such as FINANCE_PROCESSES."""
        self.state = state
        ports = dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not _belongs_to_a_suite(name)},
            **{port_setting(name): str(port) for name, port in ports.items()},
            "KECHUANG_HOME": str(state),
            **settings,
        }
        self.settings = LaunchSettings.from_environment(self.environment)
        self.gateway_url = self.settings.url
        self.printed = ""
        self.ports = ports
        self.closing = ExitStack()
        """What is closed before the suite is taken away."""

    def make(self, *words: str, seconds: float = _LAUNCH_SECONDS) -> "subprocess.CompletedProcess[str]":
        """Run `make` with these words, as a person would."""
        order = ["make", "-s", "-C", str(REPOSITORY), *words]
        limit = seconds * crowd()
        return subprocess.run(order, check=False, capture_output=True, text=True, env=self.environment, timeout=limit)

    def start(self) -> str:
        """Start it and return what it printed."""
        launched = self.make("run", "DETACH=1")
        assert launched.returncode == 0, f"{launched.stdout}\n{launched.stderr}\n{self.logs()}"
        return launched.stdout

    def stop(self) -> float:
        """Stop it in order and return how many seconds that took."""
        began = time.monotonic()
        stopped = self.make("stop")
        assert stopped.returncode == 0, f"{stopped.stdout}\n{stopped.stderr}"
        return time.monotonic() - began

    def token(self, client: str) -> str:
        """Return an access token as `make token` prints it."""
        printed = self.make("token", f"CLIENT={client}")
        assert printed.returncode == 0, printed.stderr
        return printed.stdout.strip()

    def client(self, client_id: str) -> httpx.Client:
        """Return an HTTP client that calls the gateway in the name of a demo client."""
        headers = {"Authorization": f"Bearer {self.token(client_id)}"}
        return httpx.Client(base_url=self.gateway_url, headers=headers, timeout=30, trust_env=False)

    def url_of(self, service: str) -> str:
        """Return the address of one service behind the gateway."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def database_url(self, service: str) -> str:
        """Return the address of a service's database, with the role it runs as."""
        password = (self.settings.secrets / f"postgres-{service}").read_text()
        return f"postgresql://{service}:{password}@127.0.0.1:{self.ports['postgres']}/{service}"

    def owner_url(self, service: str) -> str:
        """Return the address of a service's database, with the role that owns it."""
        password = (self.settings.secrets / f"postgres-{service}-owner").read_text()
        return f"postgresql://{owner_of(service)}:{password}@127.0.0.1:{self.ports['postgres']}/{service}"

    async def rows(self, service: str, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query against a service's database, as its owner."""
        connection = await asyncpg.connect(self.owner_url(service))
        try:
            return [dict(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    def administrator_url(self, service: str) -> str:
        """Return the address of a service's database for the administrator of the server."""
        password = (self.settings.secrets / "postgres").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.ports['postgres']}/{service}"

    async def tamper(self, service: str, statement: str) -> None:
        """Change rows of a service as an administrator who switches every trigger off."""
        connection = await asyncpg.connect(self.administrator_url(service))
        try:
            await connection.execute(f"SET session_replication_role = replica; {statement}")
        finally:
            await connection.close()

    def pids(self) -> dict[str, int]:
        """Return the running processes by name."""
        found: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        return found

    def kill(self, name: str) -> None:
        """Kill a process the hard way; the supervisor starts it again by itself."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.pids().get(name, pid) != pid, 120, f"{name} was not started again")

    def wait_until_ready(self) -> None:
        """Wait until every process is ready again."""
        wait_until(lambda: all(_is_ready(self.url_of(name)) for name in PROCESSES), 180, "the suite is not ready")

    def answers(self) -> list[dict[str, Any]]:
        """Return the recorded answers of the demonstration."""
        lines = (self.state / "story" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def logs(self) -> str:
        """Return the ends of all log files."""
        ends = [
            f"== {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-8:]) for path in self._logs()
        ]
        return "\n".join(ends)

    def unforeseen(self) -> list[str]:
        """Return what processes logged as unforeseen: log file, path of the call, exception, the last places of it."""
        found = []
        for path in self._logs():
            for line in path.read_text(errors="replace").splitlines():
                if line.startswith("{") and any(f'"{name}"' in line for name in _ERRORS_OF_OURS):
                    entry = json.loads(line)
                    raised = entry["exception"][0]
                    places = [f"{each['filename']}:{each['lineno']}" for each in raised["frames"][-4:]]
                    told = f"{raised['exc_type']} {raised['exc_value']} at {places}"
                    found.append(f"{path.name} {entry.get('path', '')}: {told}")
        return found

    def _logs(self) -> list[Path]:
        return sorted((self.state / "logs").glob("*.log"))


@contextmanager
def launched_suite(purpose: str, **settings: str) -> Iterator[LaunchedSuite]:
    """Launch a suite in a fresh folder whose path has a space in it, and take everything away at the end."""
    with state_folder(purpose) as folder:
        suite = LaunchedSuite(folder / "a state", **settings)
        try:
            yield suite
        finally:
            suite.closing.close()
            suite.make("reset")


def wait_until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait until something holds, or fail with what is otherwise the case."""
    patience = Patience(seconds)
    while not holds():
        assert not patience.is_over(), otherwise
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    # Asked many times a second: an httpx client of its own would cost more than the answer.
    connection = HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _belongs_to_a_suite(name: str) -> bool:
    prefixes = ("KECHUANG_", *(f"{process.upper()}_" for process in PROCESSES))
    return name.startswith(prefixes) or name in {"NATS_URL", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}


def settings_of(urls: Mapping[str, str], suffix: str) -> dict[str, str]:
    """Return environment variables such as FINANCE_DATABASE_URL."""
    return {f"{name.upper()}_{suffix}": url for name, url in urls.items()}

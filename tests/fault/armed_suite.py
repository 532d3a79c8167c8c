"""A launched suite whose processes fail where they are told to."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.forked import ONE_THREAD
from deploy.embedded.launch_settings import PROCESSES
from deploy.embedded.secret import secret
from tests.fault.failpoints import FOLDER_SETTING, Orders
from tests.fault.launch import LINES_SETTING
from tests.support.pooler import Pooler, pooler_before
from tests.support.postgres import REPOSITORY, state_folder
from tests.support.proxy import Proxy, proxy_thread
from tests.support.suite import LaunchedSuite, wait_until

_START_SECONDS = 120
_BACK_SECONDS = 30


class ArmedSuite(LaunchedSuite):
    """The suite under the fault tests' own launcher."""

    def __init__(self, state: Path, **settings: str) -> None:
        """Name its state folder; the orders lie beside it."""
        folder = state.parent / "failpoints"
        # The mutants import more than the suite does, and before it.
        told = {FOLDER_SETTING: str(folder), "PYTHONPATH": str(REPOSITORY), **ONE_THREAD, **settings}
        super().__init__(state, **told)
        self.orders = Orders(folder)
        self.lines: dict[tuple[str, str], Proxy] = {}
        """The proxies between a process and what it speaks to."""
        self.pooler: Pooler | None = None
        """What stands between all processes and PostgreSQL, if anything does."""

    def start(self) -> str:
        """Start it and wait until it is ready."""
        self.settings.logs.mkdir(parents=True, exist_ok=True)
        log = self.settings.logs / "supervisor.log"
        with log.open("a") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.fault.launch", "run"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=self.environment,
                start_new_session=True,
            )

        def is_ready() -> bool:
            assert child.poll() is None, f"the suite did not start:\n{log.read_text()}\n{self.logs()}"
            ready = self.state / "ready"
            return ready.exists() and ready.read_text().startswith(f"{child.pid} ")

        wait_until(is_ready, _START_SECONDS, "the suite is not ready")
        self.closing.callback(child.wait)
        self.closing.callback(child.terminate)
        return log.read_text()

    def processes_of(self, name: str) -> dict[str, int]:
        """Return the processes of one program: a service may have several, such as finance-1 and finance-2."""
        return {one: pid for one, pid in self.pids().items() if one == name or one.startswith(f"{name}-")}

    def wait_until_back(self, before: dict[str, int]) -> None:
        """Wait until one of some processes, as `processes_of` told them, was started again and everything is ready."""
        names = ", ".join(before)

        def is_back() -> bool:
            now = {name: pid for name, pid in self.pids().items() if name in before}
            return now != before and len(now) == len(before)

        wait_until(is_back, _BACK_SECONDS, f"{names} was not started again")
        self.wait_until_ready()


@contextmanager
def armed_suite(
    purpose: str,
    *,
    lines: Sequence[tuple[str, str]] = (),
    seed: int = 0,
    pooled_sessions: int | None = None,
    **settings: str,
) -> Iterator[ArmedSuite]:
    """Launch an armed suite in a fresh folder and take everything away at the end.

    Args:
        purpose: named in the folder.
        lines: pairs of a process and what it speaks to (`postgres`, `nats`, a service) that get a proxy between them.
        seed: of the proxies' choices.
        pooled_sessions: puts a PgBouncer between all processes and PostgreSQL, with so many sessions for each service.
        settings: environment of the suite.
    """
    with state_folder(purpose) as folder:
        suite = ArmedSuite(folder / "state", **settings)
        told: dict[str, dict[int, int]] = {}
        for process, target in lines:
            port = suite.ports[target]
            proxy = suite.closing.enter_context(proxy_thread(port, seed=seed))
            suite.lines[process, target] = proxy
            told.setdefault(process, {})[port] = proxy.port
        if pooled_sessions is not None:
            # Made here: the pooler must know them before the suite that would make them starts.
            passwords = {name: secret(suite.settings.secrets, f"postgres-{name}") for name in PROCESSES}
            port = suite.ports["postgres"]
            suite.pooler = suite.closing.enter_context(pooler_before(port, passwords, sessions=pooled_sessions))
            for process in PROCESSES:
                told.setdefault(process, {})[port] = suite.pooler.port
            suite.environment["KECHUANG_DATABASE_POOLER"] = "transaction"
        suite.environment[LINES_SETTING] = json.dumps(told)
        try:
            suite.start()
            yield suite
        finally:
            suite.closing.close()
            suite.make("reset")

"""Children that are forked and not executed: what all services import is imported once, by the supervisor.

The imports that the services share take 3 s of processor time and 60 MB for each of them. The supervisor pays once, and
its children share the memory. It forks from its only thread, before any event loop exists.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from deploy.embedded.patience import Patience

SHARED_MODULES = (
    "shared.web.service",
    "shared.web.export",
    "shared.bus.runner",
    "shared.files.tabular",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "shared.web.client_connection",
)
"""What every service imports, by name: the launcher itself knows nothing of it."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""How numpy is told to start no threads on import; openpyxl imports it wherever it is installed."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_LIBC = ctypes.CDLL(None)
_POLL_SECONDS = 0.02
_FIRST_DESCRIPTOR = 3
_LAST_THREAD_SECONDS = 2.0


class ThreadsError(RuntimeError):
    """A module started a thread on import; forking would copy only one of them."""


def _thread_names() -> list[str]:
    """Return the names of this process's threads, as the system knows them; the main one first."""
    names = []
    for task in sorted(Path("/proc/self/task").iterdir(), key=lambda one: int(one.name)):
        with contextlib.suppress(OSError):  # it ended while we looked
            names.append((task / "comm").read_text().strip())
    return names


def preload() -> None:
    """Import what the services share and move it out of the reach of the garbage collector.

    Raises:
        ThreadsError: a module started a thread.
    """
    for setting, value in ONE_THREAD.items():
        os.environ.setdefault(setting, value)
    for name in SHARED_MODULES:
        importlib.import_module(name)
    # A thread that has done its work is still counted for an instant.
    patience = Patience(_LAST_THREAD_SECONDS)
    while len(names := _thread_names()) != 1:
        if patience.is_over():
            raise ThreadsError(f"{len(names)} threads after the imports: {', '.join(names)}")
        time.sleep(_POLL_SECONDS)
    gc.collect()
    gc.freeze()


class Forked:
    """A forked child, with the methods of `subprocess.Popen` that the supervisor uses."""

    def __init__(
        self,
        work: Callable[[], None],
        *,
        name: str,
        output: int | None,
        environment: Mapping[str, str],
        cwd: str,
        kept: Collection[int],
        death_signal: int,
    ) -> None:
        """Fork and run `work` in the child.

        Args:
            work: what the child does; its end is the end of the child.
            name: shown by `ps`.
            output: descriptor for what it prints; None inherits the parent's.
            environment: its whole environment.
            cwd: where it runs.
            kept: descriptors it keeps; all others are closed, such as the lock of the state folder.
            death_signal: sent by the kernel if the parent dies first.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid != 0:
            return
        code = 1
        try:
            _settle(name, output, environment, cwd, kept, death_signal)
            if os.getppid() == parent:
                work()
                code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:  # noqa: BLE001  # the end of a process: nothing above may catch it
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def poll(self) -> int | None:
        """Return the exit code (negative: the signal), or None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end.

        Raises:
            TimeoutError: it still runs after `seconds`.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _settle(
    name: str,
    output: int | None,
    environment: Mapping[str, str],
    cwd: str,
    kept: Collection[int],
    death_signal: int,
) -> None:
    """Make the copy of the supervisor a process of its own."""
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    _LIBC.prctl(_PR_SET_NAME, f"kc-{name}".encode()[:15], 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if output is not None:
        os.dup2(output, 1)
        os.dup2(output, 2)
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor >= _FIRST_DESCRIPTOR and descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    random.seed()

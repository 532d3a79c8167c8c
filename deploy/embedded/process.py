"""Children of the supervisor: started in a session of their own, stopped when their parent dies, however it dies."""

import errno
import grp
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.forked import Forked
from deploy.embedded.pulse import LIVE

_ARMED = str(Path(__file__).with_name("armed.py"))

_QUIET_PORTS = range(12_000, 32_000)

ENTERED_DESCRIPTOR = 9
"""Where a program that runs under another account finds the folder it was given, see `seen_by`."""

UNPRIVILEGED_USER = "nobody"
"""PostgreSQL refuses to run as root; where the suite is started by root, its servers run as this user."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int


def server_account(state: Path) -> Account | None:
    """Return whom the servers of the folder `state` run as: None keeps the caller's account, right unless that is root.

    Where root starts a suite that belongs to somebody else, its servers run as that owner, who may start it next time.
    """
    if os.geteuid() != 0:
        return None
    owner = state.stat() if state.exists() else None
    if owner is not None and owner.st_uid != 0:
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return Account(entry.pw_name, entry.pw_uid, grp.getgrgid(entry.pw_gid).gr_gid)


def seen_by(account: Account | None, folder: Path) -> Path:
    """Return the path under which a program with `entered=folder` finds that folder.

    Root may keep its state where no other account may pass. The folder is then opened before the account is changed,
    and the kernel leads through the open descriptor past the folders above it.
    """
    return folder if account is None else Path("/proc/self/fd") / str(ENTERED_DESCRIPTOR)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how to stop it.

    Attributes:
        name: shown in lines and logs.
        argv: the command with its absolute path, never given to a shell.
        work: instead of a command, a function that a forked child runs.
        log: file that its output is appended to; None inherits the parent's output.
        env: its whole environment.
        stop_signal: asks it to end in order.
        death_signal: sent by the kernel if the parent dies first.
        account: whom it runs as; None keeps the caller's account.
        entered: folder that is opened for that account, which need not be able to reach it; see `seen_by`.
        cwd: where it runs.
        pass_fds: descriptors it inherits, such as a listening socket.
        pulse_port: where it is asked whether it still answers; None is never asked.
        pulse_question: what it is asked there; empty where it speaks first.
        stop_seconds: how long it may take to end before it is killed.
    """

    name: str
    argv: tuple[str, ...] = ()
    work: Callable[[], None] | None = None
    log: Path | None = None
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    entered: Path | None = None
    cwd: str = "/"
    pass_fds: tuple[int, ...] = ()
    pulse_port: int | None = None
    pulse_question: bytes = LIVE
    stop_seconds: float = 5.0


class Child:
    """One running program."""

    def __init__(self, program: Program) -> None:
        """Start `program`; the kernel watches the *thread* that starts it, so start children from a lasting thread."""
        self.program = program
        log = None if program.log is None else os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = _fork(program, program.work, log) if program.work else _execute(program, log)
        finally:
            if log is not None:
                os.close(log)
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send the program's own stop signal, if it still runs."""
        if self.exit_code() is None:
            self._process.send_signal(self.program.stop_signal)

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; return whether it has ended."""
        try:
            self._process.wait(seconds)
        except (subprocess.TimeoutExpired, TimeoutError):
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not in time."""
        stop_all([self])

    def kill(self) -> None:
        """Kill the whole process group."""
        if self.exit_code() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def stop_all(children: Sequence[Child], *, seconds: float | None = None) -> None:
    """Ask all to end at once, and kill each that does not within `seconds`, or within its own time."""
    asked = time.monotonic()
    for child in children:
        child.ask_to_stop()
    for child in children:
        allowed = child.program.stop_seconds if seconds is None else seconds
        if not child.wait(max(0.0, asked + allowed - time.monotonic())):
            child.kill()


def _fork(program: Program, work: Callable[[], None], log: int | None) -> Forked:
    return Forked(
        work,
        name=program.name,
        output=log,
        environment=program.env,
        cwd=program.cwd,
        kept=program.pass_fds,
        death_signal=program.death_signal,
    )


def _execute(program: Program, log: int | None) -> "subprocess.Popen[bytes]":
    account = program.account
    identity = (-1, -1) if account is None else (account.uid, account.gid)
    entered = program.entered if account is not None and program.entered is not None else ""
    armed = (sys.executable, "-I", "-S", _ARMED, int(program.death_signal), os.getpid(), *identity)
    return subprocess.Popen(
        (*map(str, armed), str(ENTERED_DESCRIPTOR), str(entered), *program.argv),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=None if log is None else subprocess.STDOUT,
        env=dict(program.env),
        cwd=program.cwd,
        pass_fds=program.pass_fds,
        start_new_session=True,
    )


def port_fault(port: int) -> str | None:
    """Return why `port` cannot be listened on at the loopback address, or None if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            return "taken by another program" if fault.errno == errno.EADDRINUSE else (fault.strerror or str(fault))
    return None


def free_port() -> int:
    """Return a port that was free a moment ago; see `free_ports`."""
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Return ports that were free together a moment ago, below those that the kernel gives to outgoing connections.

    A port that the kernel picks can be taken by a connection to somewhere else while the server that had it restarts.
    """
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(_QUIET_PORTS)
        if port not in found and port_fault(port) is None:
            found.append(port)
    return found

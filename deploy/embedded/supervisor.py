"""The sole parent of every process: starts them in order, restarts what dies, stops them in order."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import FrameType

from deploy.embedded.forked import preload
from deploy.embedded.launch_settings import PROCESSES, SERVICES
from deploy.embedded.patience import Patience, crowd
from deploy.embedded.process import Child, Program, stop_all
from deploy.embedded.pulse import Pulse
from deploy.embedded.state_folder import StateFolder
from deploy.embedded.suite import Suite
from shared.events.permission import PROVISIONER

_TICK_SECONDS = 0.05
_READY_SECONDS = 90.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_STEADY_SECONDS = 30.0
_START_ATTEMPTS = 3
_STOP_SECONDS = 9.5
# The socket outlives the process: a probe would otherwise wait for whoever comes next, and nobody would be tended.
_PROBE_SECONDS = 0.5
_LONGEST_PROBE_SECONDS = 10.0


class StartError(Exception):
    """The suite cannot start; the message says why and where to look."""


class StopRequestedError(Exception):
    """Somebody asked the suite to stop while it was waiting for something."""


class Slot:
    """The place of one program: there is a running child in it, or there will be one again soon."""

    def __init__(self, program: Program, *, hang_seconds: float = 0.0) -> None:
        """Start `program`; one that can be asked may be silent for `hang_seconds`, 0 is for ever."""
        self.program = program
        self.child = Child(program)
        self._pulse = _pulse_of(program, hang_seconds)
        self.deaths = 0
        self.was_ready = False
        self._again_at: float | None = None

    def ask_no_longer(self) -> None:
        """Let the program end in its own time: who stops need not answer."""
        if self._pulse is not None:
            self._pulse.close()

    def tend(self) -> None:
        """Start the program again if it has died, after a pause that grows with each death in a row.

        One that lives and answers nothing is ended: it would hold what it has for good.
        """
        now = time.monotonic()
        if self._again_at is not None:
            if now >= self._again_at:
                self.child = Child(self.program)
                self._again_at = None
                if self._pulse is not None:
                    self._pulse.begin_again()
            return
        code = self.child.exit_code()
        if code is None and self._pulse is not None and self._pulse.hangs():
            say(f"{self.program.name} answers nothing (process {self.child.pid}); ending it 进程无响应，正在终止")
            self.child.kill()
            code = self.child.exit_code()
        if code is None:
            return
        if now - self.child.started > _STEADY_SECONDS:
            self.deaths = 0
        pause = 0.0 if self.deaths == 0 else min(_FIRST_PAUSE_SECONDS * 2**self.deaths, _LONGEST_PAUSE_SECONDS)
        self.deaths += 1
        self._again_at = now + pause
        say(f"{self.program.name} ended ({_how(code)}); starting it again 已退出，正在重启")


def _pulse_of(program: Program, hang_seconds: float) -> Pulse | None:
    if program.pulse_port is None:
        return None
    question = program.pulse_question
    return Pulse(program.pulse_port, seconds=hang_seconds, start_seconds=_READY_SECONDS, question=question)


def say(line: str) -> None:
    """Print one plain line."""
    print(line, flush=True)


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Supervisor:
    """Runs a suite in the main thread, without other threads."""

    def __init__(self, suite: Suite) -> None:
        """Take the stop signals."""
        self.suite = suite
        self._slots: dict[str, Slot] = {}
        self._noted: dict[str, int] = {}
        self._errands: list[Child] = []
        self._stop = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_stop)

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def pids(self) -> dict[str, int]:
        """Return the process ids of all running children by name."""
        return {name: slot.child.pid for name, slot in self._slots.items() if slot.child.exit_code() is None}

    def _note_processes(self) -> None:
        """Keep a file of who runs under which process id, for people and for tests that kill."""
        running = self.pids()
        if running != self._noted:
            self._noted = running
            path = self.suite.settings.home / "processes.json"
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps(running, indent=1))
            draft.rename(path)

    def start(self) -> None:
        """Start everything in order and wait until it is ready.

        Raises:
            StartError: something ends again and again, or is not ready in time.
            StopRequestedError: a stop signal came in the meantime.
        """
        suite, settings = self.suite, self.suite.settings
        suite.check_ports()
        settings.logs.mkdir(parents=True, exist_ok=True)
        self._start_servers()
        self._note_unsigned_events()
        provisioner = suite.provisioner()
        if provisioner is not None:
            self._add(provisioner.name, provisioner)
        suite.listen()
        for name in PROCESSES:
            for number in range(1, settings.processes[name] + 1):
                program = suite.program(name, number)
                self._add(program.name, program)
        if settings.needs_nats:
            self._wait("NATS", suite.nats.is_ready)
        for name, slot in self._slots.items():
            if (port := slot.program.pulse_port) is not None and name.split("-")[0] in PROCESSES:
                # Asked at its own socket: at the shared one any of several processes would answer for all.
                self._wait(name, lambda port=port: _answers(port))  # type: ignore[misc]  # bound now
        for slot in self._slots.values():
            slot.was_ready = True

    def _start_servers(self) -> None:
        """Start the embedded servers, import what the services share meanwhile, and migrate."""
        suite, settings = self.suite, self.suite.settings
        is_new = False
        if settings.needs_postgres:
            is_new = suite.postgres.initialise()
            self._add("postgres", suite.postgres.program())
        if settings.needs_nats:
            if not suite.nats.store.exists():
                suite.event_keys.note_new_streams()
            suite.nats.initialise()
            self._add("nats", suite.nats.program())
        preload()
        if settings.needs_postgres:
            self._wait("PostgreSQL", suite.postgres.is_ready)
            StateFolder(settings).refuse_missing_databases(suite.postgres.databases())
            suite.postgres.ensure_databases(suite.database_passwords, suite.owner_passwords)
        if self.run_once(suite.migration()) != 0:
            log = settings.logs / "migration.log"
            raise StartError(f"The databases could not be migrated 数据库迁移失败; see {log}")
        if is_new:
            self._errands.append(Child(suite.postgres.checkpoint()))

    def _note_unsigned_events(self) -> None:
        """Where streams are older than the signing of events, note what they hold before anybody listens."""
        suite = self.suite
        program = suite.first_provision()
        if program is None:
            return
        if suite.settings.needs_nats:
            self._wait("NATS", suite.nats.is_ready)
        if self.run_once(program) != 0:
            raise StartError(f"The broker could not be provisioned 消息服务器初始化失败; see {program.log}")

    def run_once(self, program: Program) -> int:
        """Run a program to its end, tending all others meanwhile; return its exit code.

        Raises:
            StopRequestedError: a stop signal came; the program was stopped.
        """
        child = Child(program)
        try:
            self._until(lambda: child.exit_code() is not None, None)
        finally:
            child.stop()
        return child.exit_code() or 0

    def tend_for_ever(self) -> None:
        """Restart what dies until a stop signal comes."""
        try:
            self._until(lambda: False, None)
        except StopRequestedError:
            return

    def stop(self) -> None:
        """Stop gateway, then services, then NATS, then PostgreSQL; what does not end in time is killed.

        PostgreSQL writes its last checkpoint on the way out and is given all the time that the others left.
        """
        deadline = time.monotonic() + _STOP_SECONDS
        names = list(self._slots)
        # Who comes from now on is refused at once; what was accepted is answered.
        self.suite.refuse_connections("gateway")
        self._stop_all(name for name in names if name.split("-")[0] == "gateway")
        self._stop_all(name for name in names if name.split("-")[0] in SERVICES)
        self._stop_all(name for name in names if name == PROVISIONER)
        self._stop_all(name for name in names if name == "nats")
        self._stop_all((name for name in names if name == "postgres"), deadline - time.monotonic())
        self.suite.close()

    def _stop_all(self, names: Iterable[str], seconds: float | None = None) -> None:
        slots = [self._slots.pop(name) for name in names]
        for slot in slots:
            slot.ask_no_longer()
        stop_all([slot.child for slot in slots], seconds=seconds)

    def _add(self, name: str, program: Program) -> None:
        self._slots[name] = Slot(program, hang_seconds=self.suite.settings.hang_seconds)

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        if not self._until(ready, _READY_SECONDS):
            raise StartError(
                f"{name} is not ready, though the machine had {_READY_SECONDS:.0f} s for it 未能就绪; "
                f"see {self.suite.settings.logs}"
            )

    def _until(self, done: Callable[[], bool], seconds: float | None) -> bool:
        patience = None if seconds is None else Patience(seconds)
        while not done():
            if self._stop:
                raise StopRequestedError
            if patience is not None and patience.is_over():
                return False
            for slot in self._slots.values():
                slot.tend()
                if not slot.was_ready and slot.deaths >= _START_ATTEMPTS:
                    raise StartError(f"{slot.program.name} does not start 无法启动:\n{_last_lines(slot.program)}")
            self._errands = [errand for errand in self._errands if errand.exit_code() is None]
            self._note_processes()
            time.sleep(_TICK_SECONDS)
        return True


def _answers(port: int) -> bool:
    # On a busy machine an answer takes longer too: asked in a hurry, a process that is ready would never be seen so.
    seconds = min(_PROBE_SECONDS * crowd(), _LONGEST_PROBE_SECONDS)
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _last_lines(program: Program, count: int = 6) -> str:
    """Return the end of a log for people: of a line with a traceback its last line."""
    if program.log is None or not program.log.exists():
        return ""
    lines = program.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return "\n".join([*map(_plain, lines), f"({program.log})"])


def _plain(line: str) -> str:
    try:
        said = json.loads(line)["event"]
    except (ValueError, KeyError, TypeError):
        return f"  {line}"
    return "  " + str(said).strip().rsplit("\n", 1)[-1]


def fail(message: str) -> int:
    """Print why nothing runs, and return the exit code for it."""
    print(message, file=sys.stderr, flush=True)
    return 1

"""The commands behind the Makefile: run, stop, reset, logs, token, change-secrets, backup, backups, restore, with."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.embedded.holding import RunningError, held, supervisor_pid
from deploy.embedded.launch_settings import PROCESSES, ROOT, LaunchSettings, SettingError
from deploy.embedded.state_folder import MARK, OTHERS, StateFolder

_STOP_SECONDS = 15.0
_LARGEST_LOG = 16_777_216


def run(settings: LaunchSettings) -> int:
    """Start everything, tell the story, and tend it until a stop signal comes."""
    from deploy.embedded.clients import ensure_clients
    from deploy.embedded.people import ensure_people
    from deploy.embedded.suite import Suite
    from deploy.embedded.supervisor import StartError, StopRequestedError, Supervisor, fail, say
    from deploy.embedded.table import lines, memory_warning

    began = time.monotonic()
    ready = settings.home / "ready"
    with held(settings):
        ready.unlink(missing_ok=True)
        _turn_logs(settings.logs)
        if settings.demo:
            ensure_clients(settings)
            ensure_people(settings)
        supervisor = Supervisor(Suite(settings))
        if (warning := memory_warning(settings)) is not None:
            say(warning)
        try:
            supervisor.start()
            seconds = time.monotonic() - began
            told = supervisor.run_once(supervisor.suite.one_shot("deploy.demo")) if settings.demo else 0
            for line in lines(settings, supervisor.pids().values(), seconds):
                say(line)
            StateFolder(settings).note_whole()
            ready.write_text(f"{os.getpid()} {told}")
            supervisor.tend_for_ever()
        except StopRequestedError:
            pass
        except StartError as failed:
            return fail(str(failed))
        finally:
            ready.unlink(missing_ok=True)
            say("Stopping 正在停止")
            supervisor.stop()
            say("Stopped 已停止")
    return 0


def run_detached(settings: LaunchSettings) -> int:
    """Start a supervisor of its own, show what it says, and return when all is ready; not 0 if the main job failed."""
    if supervisor_pid(settings) is not None:
        raise RunningError(settings)  # before the log of the one that runs is begun anew
    StateFolder(settings).open()
    log = settings.logs / "supervisor.log"
    log.write_text("")
    log.chmod(0o600)
    ready = settings.home / "ready"
    with log.open("a") as output, log.open() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "deploy.embedded", "run"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
        while True:
            ended = child.poll()
            pid, _, told = (ready.read_text() if ready.exists() else "").partition(" ")
            sys.stdout.write(said.read())
            sys.stdout.flush()
            if ended is not None:
                return ended
            if pid == str(child.pid) and told:
                # The suite stands, yet a main job that failed must not look like success to whoever waits for it.
                return int(told)
            time.sleep(0.1)


def stop(settings: LaunchSettings) -> int:
    """Ask the supervisor to stop and wait for it."""
    StateFolder(settings).refuse_what_belongs_to_others()
    pid = supervisor_pid(settings)
    if pid is None:
        print("Not running 未在运行")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while supervisor_pid(settings) == pid:
        if time.monotonic() > deadline:
            print(f"Process {pid} does not stop 进程未能停止", file=sys.stderr)
            return 1
        time.sleep(0.05)
    print("Stopped 已停止")
    return 0


def reset(settings: LaunchSettings) -> int:
    """Stop and throw away all data, secrets and logs of this installation; its backups stay."""
    if (code := stop(settings)) != 0:
        return code
    if not settings.home.exists():
        return 0
    if not (settings.home / MARK).exists():
        print(
            f"{settings.home} is no state folder of this suite; nothing was removed 并非本平台的数据目录",
            file=sys.stderr,
        )
        return 1
    kept = settings.backups if any(settings.backups.glob("*Z")) else None
    for path in sorted(settings.home.iterdir(), key=lambda one: one.name == MARK):
        if path != kept:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    print(f"Removed {settings.home} 已清除")
    if kept is not None:
        print(f"Kept the backups in {kept} 备份予以保留")
    elif not any(settings.home.iterdir()):
        settings.home.rmdir()
    return 0


def logs(settings: LaunchSettings) -> int:
    """Follow all log files."""
    files = sorted(str(path) for path in settings.logs.glob("*.log"))
    if not files:
        print("No logs yet 暂无日志")
        return 0
    try:
        return subprocess.call(["tail", "-n", "20", "-F", *files])
    except KeyboardInterrupt:
        return 0


def token(settings: LaunchSettings, client_id: str) -> int:
    """Print an access token of a demo client."""
    from deploy.embedded.clients import read_clients
    from deploy.embedded.token import TokenError, fetch

    client = next((one for one in read_clients(settings) if one["client_id"] == client_id), None)
    if client is None:
        names = (
            ", ".join(one["client_id"] for one in read_clients(settings)) or "none, start with `make run` 请先 make run"
        )
        print(f"CLIENT={client_id!r} is no demo client; there are: {names}", file=sys.stderr)
        return 1
    try:
        print(fetch(settings.ports["gateway"], client_id, client["secret"]))
    except TokenError as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def change_secrets(settings: LaunchSettings, process: str) -> int:
    """Make the secrets of a process anew; the suite must not run."""
    from deploy.embedded.change_secrets import change_secrets as change

    print(f"Changed 已更换: {', '.join(change(settings, process))}")
    print("Next 接下来: make run DETACH=1")
    return 0


def with_service(settings: LaunchSettings, service: str, command: list[str]) -> int:
    """Run a maintenance command with the addresses of one service; an embedded database that sleeps is woken for it."""
    from deploy.embedded.suite import Suite
    from deploy.embedded.waking import woken

    if supervisor_pid(settings) is None:
        StateFolder(settings).open()
    suite = Suite(settings)
    order = [sys.executable, *command]
    environment = {**suite.environment(service), **suite.databases(service)}
    if service in settings.database_urls or suite.postgres.is_ready():
        return subprocess.call(order, env=environment, cwd=ROOT)
    with woken(suite):
        upgrade = [sys.executable, "-m", "deploy.embedded.migration", service]
        return subprocess.call(upgrade, env=environment, cwd=ROOT) or subprocess.call(order, env=environment, cwd=ROOT)


def with_databases(settings: LaunchSettings, command: list[str]) -> int:
    """Run a command that looks at all databases; embedded ones that sleep are woken for it."""
    from deploy.embedded.suite import Suite
    from deploy.embedded.waking import woken

    if supervisor_pid(settings) is None:
        StateFolder(settings).open()
    suite = Suite(settings)
    order = [sys.executable, *command]
    environment = dict(os.environ)
    for name in PROCESSES:
        environment |= suite.databases(name)
    if not settings.needs_postgres or supervisor_pid(settings) is not None:
        return subprocess.call(order, env=environment, cwd=ROOT)
    with woken(suite):
        upgrade = [sys.executable, "-m", "deploy.embedded.migration", *PROCESSES]
        return subprocess.call(upgrade, env=environment, cwd=ROOT) or subprocess.call(order, env=environment, cwd=ROOT)


def with_provisioner(settings: LaunchSettings, command: list[str]) -> int:
    """Run a maintenance command with the address of the broker's provisioner, which nobody else is told."""
    from deploy.embedded.suite import Suite

    environment = Suite(settings).provisioner_environment()
    told = environment if environment is not None else dict(os.environ)
    return subprocess.call([sys.executable, *command], env=told, cwd=ROOT)


def _keeping(settings: LaunchSettings, given: argparse.Namespace) -> int:
    """Back up, list, or restore."""
    from deploy.embedded import recovery_command

    if given.verb == "backup":
        return recovery_command.backup(settings, log_only=given.log_only)
    if given.verb == "restore":
        return recovery_command.put_back(settings, at=given.at, source=given.source, service=given.service)
    return recovery_command.drop(settings, given.drop) if given.drop else recovery_command.list_backups(settings)


def _turn_logs(folder: Path) -> None:
    """Keep one older generation of a log that has grown large."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob("*.log"):
        if path.stat().st_size > _LARGEST_LOG:
            path.rename(path.with_suffix(".log.1"))


def main(arguments: list[str]) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run").add_argument("--detach", action="store_true")
    for verb in ("stop", "reset", "logs"):
        verbs.add_parser(verb)
    verbs.add_parser("token").add_argument("client")
    verbs.add_parser("change-secrets").add_argument("process", choices=PROCESSES)
    backup = verbs.add_parser("backup")
    backup.add_argument("--log-only", action="store_true")
    verbs.add_parser("backups").add_argument("--drop")
    restore = verbs.add_parser("restore")
    restore.add_argument("--service", choices=PROCESSES)
    for option in ("--at", "--source"):
        restore.add_argument(option)
    with_parser = verbs.add_parser("with")
    with_parser.add_argument("service", choices=PROCESSES)
    with_parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    os.umask(OTHERS)
    try:
        settings = LaunchSettings.from_environment()
        orders: dict[str, Callable[[], int]] = {
            "run": lambda: run_detached(settings) if given.detach else run(settings),
            "stop": lambda: stop(settings),
            "reset": lambda: reset(settings),
            "logs": lambda: logs(settings),
            "token": lambda: token(settings, given.client),
            "change-secrets": lambda: change_secrets(settings, given.process),
            "with": lambda: with_service(settings, given.service, given.command),
            **{verb: lambda: _keeping(settings, given) for verb in ("backup", "backups", "restore")},
        }
        return orders[given.verb]()
    except SettingError as wrong:
        print(wrong, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

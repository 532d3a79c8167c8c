"""The suite as a list of programs: what each process is told, and nothing that another process may know."""

import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping

from deploy.embedded.event_key import EventKeyFiles
from deploy.embedded.launch_settings import (
    GRACE_SECONDS,
    PROCESSES,
    PROVISIONER_SETTING,
    ROOT,
    SERVICES,
    LaunchSettings,
    SettingError,
    port_setting,
)
from deploy.embedded.nats import NatsServer
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Program, port_fault
from deploy.embedded.pulse import open_pulse_socket
from deploy.embedded.secret import key, secret
from deploy.embedded.state_folder import server_folder
from shared.db.role import owner_of
from shared.events.permission import PROVISIONER
from shared.events.trust import PUBLIC_KEYS_SETTING

_BACKLOG = 512


class Suite:
    """All programs of one installation."""

    def __init__(self, settings: LaunchSettings) -> None:
        """Read or make the secrets and name the servers; nothing is started."""
        self.settings = settings
        self.event_keys = EventKeyFiles(settings)
        self._sockets: dict[str, socket.socket] = {}
        self._pulses: dict[tuple[str, int], socket.socket] = {}
        folder = server_folder(settings.home)
        embedded = [name for name in PROCESSES if name not in settings.database_urls]
        self.database_passwords = {name: secret(settings.secrets, f"postgres-{name}") for name in embedded}
        self.owner_passwords = {name: secret(settings.secrets, f"postgres-{name}-owner") for name in embedded}
        self.postgres = PostgresServer(
            folder / "postgres",
            port=settings.ports["postgres"],
            password=secret(settings.secrets, "postgres"),
            log=settings.logs / "postgres.log",
            connections=settings.database_connections,
        )
        self.nats = NatsServer(
            folder / "nats",
            port=settings.ports["nats"],
            monitor_port=settings.ports["nats_monitor"],
            passwords={name: secret(settings.secrets, f"nats-{name}") for name in (*PROCESSES, PROVISIONER)},
            log=settings.logs / "nats.log",
        )

    def check_ports(self) -> None:
        """Refuse a taken port, naming the setting to change.

        Raises:
            SettingError: another program listens on a port.
        """
        needed = [*PROCESSES]
        needed += ["postgres"] if self.settings.needs_postgres else []
        needed += ["nats", "nats_monitor"] if self.settings.needs_nats else []
        seen: dict[int, str] = {}
        for name in needed:
            port = self.settings.ports[name]
            if port in seen:
                raise SettingError(
                    f"{port_setting(name)} and {port_setting(seen[port])} are both {port} 端口设置重复：{port}"
                )
            seen[port] = name
            fault = port_fault(port)
            if fault is not None:
                raise SettingError(
                    f"Port {port} ({name}) cannot be used: {fault}. Choose another with {port_setting(name)}=…\n"
                    f"端口 {port}（{name}）不可用，请用 {port_setting(name)}=… 另行指定"
                )

    def listen(self) -> None:
        """Open the listening socket of each process: it outlives them, so a restart refuses nobody."""
        for name in PROCESSES:
            opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.bind(("127.0.0.1", self.settings.ports[name]))
            opened.listen(_BACKLOG)
            self._sockets[name] = opened
            for number in range(1, self.settings.processes[name] + 1):
                self._pulses[name, number] = open_pulse_socket()

    def refuse_connections(self, name: str) -> None:
        """Close the listening socket of a process: once that has closed its own, who comes is refused at once."""
        if name in self._sockets:
            self._sockets.pop(name).close()

    def close(self) -> None:
        """Close the listening sockets."""
        for opened in (*self._sockets.values(), *self._pulses.values()):
            opened.close()
        self._sockets.clear()
        self._pulses.clear()

    def database_url(self, name: str) -> str:
        """Return the database address of a process, with the role that it runs as."""
        given = self.settings.database_urls.get(name)
        return given or self.postgres.url(name, name, self.database_passwords[name])

    def owner_url(self, name: str) -> str:
        """Return the address of the same database with the role that owns it; no process of the suite is told."""
        given = self.settings.owner_urls.get(name)
        return given or self.postgres.url(name, owner_of(name), self.owner_passwords[name])

    def databases(self, name: str) -> dict[str, str]:
        """Return both addresses as the settings that a migration or an administrator's command reads."""
        prefix = name.upper()
        return {f"{prefix}_DATABASE_URL": self.database_url(name), f"{prefix}_OWNER_DATABASE_URL": self.owner_url(name)}

    def environment(self, name: str) -> dict[str, str]:
        """Return what the process `name` is told: its own secrets, none of another's."""
        settings, prefix = self.settings, name.upper()
        files = settings.home / "files" / name
        files.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            f"{prefix}_DATABASE_URL": self.database_url(name),
            f"{prefix}_NATS_URL": settings.nats_urls.get(name) or self.nats.url(name),
            f"{prefix}_FILES_URL": files.as_uri(),
            f"{prefix}_PERSONAL_DATA_KEY": key(settings.secrets, f"personal-data-{name}"),
            f"{prefix}_EVENT_KEY_FILE": str(self.event_keys.private(name)),
            PUBLIC_KEYS_SETTING: str(self.event_keys.public),
            "KECHUANG_ISSUER": settings.url,
            "KECHUANG_JWKS_URL": f"{settings.url}/.well-known/jwks.json",
        }
        if name not in settings.nats_urls:
            told[f"{prefix}_NATS_MONITOR_URL"] = self.nats.monitor_url
        if name == "gateway":
            told |= {
                f"GATEWAY_{service.upper()}_URL": f"http://127.0.0.1:{settings.ports[service]}" for service in SERVICES
            }
            if settings.demo:
                told["GATEWAY_DEMO_CLIENTS"] = str(settings.demo_clients)
                told["GATEWAY_DEMO_PEOPLE"] = str(settings.demo_people)
        return {**_harmless(os.environ, but=prefix), **told}

    def program(self, name: str, number: int) -> Program:
        """Return the uvicorn process `number` of `name`."""
        package = "gateway" if name == "gateway" else f"services.{name}"
        pulse = self._pulses[name, number]
        descriptors = (self._sockets[name].fileno(), pulse.fileno())
        several = self.settings.processes[name] > 1
        return Program(
            name=f"{name}-{number}" if several else name,
            work=lambda: run_module("deploy.embedded.serve", f"{package}.app:create_app", *map(str, descriptors)),
            log=self.settings.logs / f"{name}.log",
            env=self.environment(name),
            stop_signal=signal.SIGTERM,
            death_signal=signal.SIGTERM,
            cwd=str(ROOT),
            pass_fds=descriptors,
            pulse_port=int(pulse.getsockname()[1]),
            stop_seconds=GRACE_SECONDS + 0.5,
        )

    def provisioner(self) -> Program | None:
        """Return the program that makes streams and consumers, None where a given broker is provisioned elsewhere."""
        environment = self.provisioner_environment()
        if environment is None:
            return None
        pulse = self._pulses.setdefault((PROVISIONER, 1), open_pulse_socket())
        return Program(
            name=PROVISIONER,
            work=lambda: run_module("deploy.embedded.provisioner", str(pulse.fileno())),
            log=self.settings.logs / f"{PROVISIONER}.log",
            env=environment,
            cwd=str(ROOT),
            pass_fds=(pulse.fileno(),),
            pulse_port=int(pulse.getsockname()[1]),
            stop_seconds=2.0,
        )

    def provisioner_environment(self) -> dict[str, str] | None:
        """Return what the provisioner is told, None where nobody gave its address; no service is told it."""
        url = self.settings.provisioner_url or (self.nats.url(PROVISIONER) if self.settings.needs_nats else None)
        if url is None:
            return None
        told = {PROVISIONER_SETTING: url, PUBLIC_KEYS_SETTING: str(self.event_keys.public)}
        return {**_harmless(os.environ), "PYTHONPATH": str(ROOT), **told}

    def first_provision(self) -> Program | None:
        """Return the program that notes what streams held before events were signed, None where that is noted.

        No service may listen before: it would take every event of before for a forged one.
        """
        environment = self.provisioner_environment()
        if environment is None or self.event_keys.past_is_noted:
            return None
        return Program(
            name="first-provision",
            work=lambda: run_module("shared.command.bus", "bus", "provision"),
            log=self.settings.logs / f"{PROVISIONER}.log",
            env=environment,
            cwd=str(ROOT),
        )

    def migration(self) -> Program:
        """Return the program that migrates all databases."""
        told = {variable: url for name in PROCESSES for variable, url in self.databases(name).items()}
        return Program(
            name="migration",
            work=lambda: run_module("deploy.embedded.migration", *PROCESSES),
            log=self.settings.logs / "migration.log",
            env={**_harmless(os.environ), "PYTHONPATH": str(ROOT), **told},
            cwd=str(ROOT),
        )

    def one_shot(self, module: str) -> Program:
        """Return a program that speaks to the suite over HTTP like anybody else and prints to the terminal."""
        return Program(
            name=module.rsplit(".", 1)[-1],
            work=lambda: run_module(module),
            env={**_harmless(os.environ), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=str(ROOT),
        )


def run_module(name: str, *arguments: str) -> None:
    """Do in this process what `python -m name arguments` does in one of its own."""
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _harmless(environment: Mapping[str, str], *, but: str | None = None) -> dict[str, str]:
    """Return the caller's environment without what belongs to another process of the suite."""
    others = tuple(f"{name.upper()}_" for name in PROCESSES if name.upper() != but)
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith((*others, "NATS_URL", PROVISIONER_SETTING)) and not name.endswith("_OWNER_DATABASE_URL")
    }

"""What the launcher is told from outside; the standard library alone, so that `make token` is quick."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]

SERVICES = ("registry", "finance", "techtransfer", "ipr")
PROCESSES = (*SERVICES, "gateway")
"""Everything that is a uvicorn process with a database, two roles and a NATS user of its own."""

PROVISIONER_SETTING = "PROVISIONER_NATS_URL"
"""Address of a broker of one's own with the user who makes streams and consumers; no service is ever told it."""

DEFAULT_PORTS = {
    "gateway": 8000,
    "registry": 8001,
    "finance": 8002,
    "techtransfer": 8003,
    "ipr": 8004,
    "postgres": 8032,
    "nats": 8042,
    "nats_monitor": 8043,
}


_HANG_SECONDS = 15
_BACKUPS_KEPT = 7
_POOL = 8
_OUTSIDE_THE_POOL = 4  # relay, listener, jobs and their locks hold connections of their own
_MAINTENANCE_CONNECTIONS = 30  # the operator's commands, migrations, the server's own reserve
_FEWEST_CONNECTIONS = 150

GRACE_SECONDS = 3
"""How long a process that is told to end goes on with what it has accepted."""


class SettingError(Exception):
    """A setting that cannot be used; the message names it."""


def port_setting(name: str) -> str:
    """Return the variable that moves a port."""
    return f"KECHUANG_PORT_{name.upper()}"


@dataclass(frozen=True)
class LaunchSettings:
    """Where the suite lives and what it is made of.

    Attributes:
        home: state folder: data, secrets, logs.
        ports: of each process and server, on the loopback address.
        processes: how many uvicorn processes each service has.
        pools: connections that each process keeps; under load it opens as many again.
        database_urls: given addresses of real databases; a service that is missing gets an embedded one.
        owner_urls: of the same databases, with the role that owns and migrates them.
        nats_urls: given addresses of a real broker.
        provisioner_url: its address with the provisioner's user; None where streams are made elsewhere.
        backups: folder of the backups.
        backups_kept: how many of them are kept.
        hang_seconds: how long a process may answer nothing before it is ended and started again; 0 lets it hang.
        demo: whether demo clients and the demo city exist.
    """

    home: Path
    ports: Mapping[str, int]
    processes: Mapping[str, int]
    pools: Mapping[str, int]
    database_urls: Mapping[str, str]
    owner_urls: Mapping[str, str]
    nats_urls: Mapping[str, str]
    provisioner_url: str | None
    backups: Path
    backups_kept: int
    hang_seconds: int
    demo: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "LaunchSettings":
        """Read the settings.

        Raises:
            SettingError: a number is none, or out of range; an address of a database lacks that of its owner.
        """
        databases = {name: url for name in PROCESSES if (url := environment.get(f"{name.upper()}_DATABASE_URL"))}
        shared_broker = environment.get("NATS_URL")
        brokers = {
            name: url for name in PROCESSES if (url := environment.get(f"{name.upper()}_NATS_URL") or shared_broker)
        }
        demo = environment.get("KECHUANG_DEMO")
        home = Path(environment.get("KECHUANG_HOME") or ROOT / ".state").expanduser().absolute()
        return cls(
            home=home,
            ports={
                name: _number(environment, port_setting(name), port, 1, 65_535) for name, port in DEFAULT_PORTS.items()
            },
            processes={name: _number(environment, f"{name.upper()}_PROCESSES", 1, 1, 64) for name in PROCESSES},
            pools={name: _pool(environment, name) for name in PROCESSES},
            database_urls=databases,
            owner_urls=_owners(environment, databases),
            nats_urls=brokers,
            provisioner_url=environment.get(PROVISIONER_SETTING) or None,
            backups=Path(environment.get("KECHUANG_BACKUPS") or home / "backups").expanduser().absolute(),
            backups_kept=_number(environment, "KECHUANG_BACKUPS_KEPT", _BACKUPS_KEPT, 1, 1_000),
            hang_seconds=_number(environment, "KECHUANG_HANG_SECONDS", _HANG_SECONDS, 0, 3_600),
            demo=demo == "1" if demo else not databases,
        )

    @property
    def database_connections(self) -> int:
        """How many connections the embedded database must let in, so that no process is ever refused one."""
        wanted = (self.processes[name] * (2 * self.pools[name] + _OUTSIDE_THE_POOL) for name in PROCESSES)
        return max(_FEWEST_CONNECTIONS, sum(wanted) + _MAINTENANCE_CONNECTIONS)

    @property
    def needs_postgres(self) -> bool:
        """Whether any database is embedded."""
        return len(self.database_urls) < len(PROCESSES)

    @property
    def needs_nats(self) -> bool:
        """Whether any broker address is embedded."""
        return len(self.nats_urls) < len(PROCESSES)

    @property
    def url(self) -> str:
        """Address of the gateway."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.home / "logs"

    @property
    def secrets(self) -> Path:
        """Folder of the secret files, closed to everybody else."""
        return self.home / "secrets"

    @property
    def demo_clients(self) -> Path:
        """File of the demo clients and their secrets."""
        return self.secrets / "demo-clients.json"

    @property
    def demo_people(self) -> Path:
        """File of the demo people and their passwords."""
        return self.secrets / "demo-people.json"


def _owners(environment: Mapping[str, str], databases: Mapping[str, str]) -> dict[str, str]:
    """Return the owners' addresses of the given databases, each beside that of its runner."""
    found = {}
    for name, url in databases.items():
        variable, runner = f"{name.upper()}_OWNER_DATABASE_URL", f"{name.upper()}_DATABASE_URL"
        owner = environment.get(variable)
        if not owner:
            raise SettingError(
                f"{runner} needs {variable}: the role that owns the database and migrates it; "
                f"`python -m shared.db.role {name}` prints the statements that make both roles\n"
                f"设置 {runner} 时还须设置 {variable}（拥有并迁移数据库的角色）"
            )
        if urlsplit(owner).username == urlsplit(url).username:
            raise SettingError(
                f"{variable} and {runner} name the same role: a service must not own its tables\n"
                f"{variable} 与 {runner} 不能使用同一角色：服务不得拥有其数据表"
            )
        found[name] = owner
    return found


def _number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingError(f"{name}={text!r} must be a number from {low} to {high} {name} 应为 {low} 至 {high} 的整数")
    return int(text)


def _pool(environment: Mapping[str, str], name: str) -> int:
    shared = "KECHUANG_DATABASE_POOL_SIZE"
    own = f"{name.upper()}_DATABASE_POOL_SIZE"
    return _number(environment, own if environment.get(own) else shared, _POOL, 1, 100)

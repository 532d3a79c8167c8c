"""The commands behind `make backup`, `make backups` and `make restore`."""

import re
import shutil
from pathlib import Path

from deploy.embedded.backup import archive_of, asked, make_backup, refuse_servers_of_ones_own
from deploy.embedded.backup_folder import BackupError, backups_in, size_of
from deploy.embedded.launch_settings import PROCESSES, LaunchSettings
from deploy.embedded.recovery import said_time
from deploy.embedded.restore import Wanted, instant_of, restore
from deploy.embedded.suite import Suite
from deploy.embedded.waking import awake

_ASIDE = re.compile(r"(data|jetstream)\.before-[0-9A-Za-z-]+")
_DATABASE_ASIDE = re.compile(rf"({'|'.join(PROCESSES)})_before_\d{{8}}t\d{{6}}z")


def say(line: str) -> None:
    """Print one plain line at once."""
    print(line, flush=True)


def backup(settings: LaunchSettings, *, log_only: bool) -> int:
    """Make a backup."""
    make_backup(Suite(settings), say, log_only=log_only)
    return 0


def put_back(settings: LaunchSettings, *, at: str | None, source: str | None, service: str | None) -> int:
    """Restore all databases or one."""
    place = settings.backups if source is None else Path(source).expanduser()
    if not place.is_absolute() and not place.exists():
        place = settings.backups / place
    restore(settings, Wanted(instant_of(at) if at else None, place.absolute(), service), say)
    return 0


def list_backups(settings: LaunchSettings) -> int:
    """Print the backups, to which instants they lead, and what restorations put aside."""
    refuse_servers_of_ones_own(settings)
    found = backups_in(settings.backups)
    for one in found:
        say(f"{one.folder.name}\t{size_of(one.folder) >> 20} MiB\t{', '.join(one.databases)}")
    if not found:
        say(f"No backups in 尚无备份: {settings.backups}")
    else:
        say(f"Any instant can be reached from 可恢复到其后任意时间: {said_time(found[0].ended_at)}")
    suite = Suite(settings)
    pieces = archive_of(suite.postgres).pieces()
    say(f"{len(pieces)} pieces of the log archived 段日志已归档")
    aside = [f"{path.name}\t{size_of(path) >> 20} MiB" for path in _put_aside(suite)]
    aside += [f"{name}\t{size >> 20} MiB" for name, size in _databases_aside(suite)]
    if aside:
        say("Kept aside by restorations; DROP=… throws one away 恢复时保留的原有数据，可用 DROP=… 删除:")
    for line in aside:
        say(f"  {line}")
    return 0


def drop(settings: LaunchSettings, name: str) -> int:
    """Throw away a backup, or what a restoration put aside.

    Raises:
        BackupError: there is no such thing, or it is the only backup.
    """
    refuse_servers_of_ones_own(settings)
    suite, found = Suite(settings), backups_in(settings.backups)
    if name in {one.folder.name for one in found}:
        if len(found) == 1:
            raise BackupError("It is the only backup; make another first 这是唯一的备份，请先另做一份")
        shutil.rmtree(settings.backups / name)
    elif path := next((path for path in _put_aside(suite) if path.name == name), None):
        shutil.rmtree(path)
    elif name in {database for database, _ in _databases_aside(suite)}:
        with awake(suite):
            asked(suite.postgres.url(), f'DROP DATABASE "{name}"')
    else:
        raise BackupError(f"Nothing named {name} is kept; `make backups` lists all 没有名为 {name} 的备份或保留数据")
    say(f"Removed 已删除 {name}")
    return 0


def _put_aside(suite: Suite) -> list[Path]:
    places = (suite.postgres.folder, suite.nats.folder)
    return sorted(path for place in places if place.is_dir() for path in place.iterdir() if _ASIDE.fullmatch(path.name))


def _databases_aside(suite: Suite) -> list[tuple[str, int]]:
    if not (suite.postgres.data / "PG_VERSION").exists():
        return []
    query = (
        "SELECT array_agg(ARRAY[datname, pg_database_size(oid)::text]) FROM pg_database WHERE datname LIKE '%before%'"
    )
    with awake(suite):
        ((listed,),) = asked(suite.postgres.url(), query)
    return [(name, int(size)) for name, size in listed or [] if _DATABASE_ASIDE.fullmatch(name)]

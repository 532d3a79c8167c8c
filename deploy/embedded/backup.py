"""`make backup`: PostgreSQL's own base backup, checked, with the secrets and documents that belong to it."""

import asyncio
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

import asyncpg

from deploy.embedded.backup_folder import (
    Backup,
    BackupError,
    archive_in,
    backups_in,
    copy_tree,
    new_draft,
    publish,
    size_of,
)
from deploy.embedded.base_backup import check_cluster, copy_cluster
from deploy.embedded.launch_settings import PROCESSES, LaunchSettings
from deploy.embedded.patience import Patience
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.state_folder import OTHERS
from deploy.embedded.suite import Suite
from deploy.embedded.waking import awake
from deploy.embedded.wal_archive import ARCHIVE, BEGUN_BY, SWITCH_SECONDS, WalArchive
from shared.settings import product_version

Say = Callable[[str], None]
_MEBIBYTE = 1_048_576
_SPARE_MEBIBYTES = 64
_ARCHIVED_SECONDS = 60.0


def archive_of(server: PostgresServer) -> WalArchive:
    """Return the archive that an embedded server fills."""
    return WalArchive(server.folder / ARCHIVE)


def refuse_servers_of_ones_own(settings: LaunchSettings) -> None:
    """Refuse where no database is embedded: its server has its own backup.

    Raises:
        BackupError: nothing here is ours to back up.
    """
    if not settings.needs_postgres:
        raise BackupError(
            "All databases stand on servers of your own: back them up there, docs/night.md says how\n"
            "全部数据库均在自建服务器上，请在该服务器备份，方法见 docs/night.md"
        )


def make_backup(suite: Suite, say: Say, *, log_only: bool = False) -> Backup | None:
    """Make a backup and throw the oldest ones away; None where only the archive and the documents were copied.

    Args:
        suite: of the installation; it may run or sleep.
        say: told each step.
        log_only: copy no database anew, only what was written since the last backup.

    Raises:
        BackupError: it cannot be made; nothing half is left.
    """
    settings = suite.settings
    refuse_servers_of_ones_own(settings)
    with _only_one(settings.backups), awake(suite):
        _refuse_a_server_without_archive(suite.postgres)
        earlier = backups_in(settings.backups)
        if log_only:
            if not earlier:
                raise BackupError(
                    "There is no backup yet: `make backup` makes the first 尚无备份，请先执行 make backup"
                )
            copy_tree(settings.home / "files", earlier[-1].files)
            _copy_log(suite, say)
            return None
        _refuse_a_full_disk(suite.postgres, settings.backups)
        _begin_archive(suite.postgres)
        draft = new_draft(settings.backups, datetime.now(UTC))  # noqa: TID251
        try:
            made = _fill(suite, draft, earlier[-1] if earlier else None, say)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        say(f"Backup 备份完成: {made.folder} ({size_of(made.folder) // _MEBIBYTE} MiB)")
        _copy_log(suite, say)
        _throw_away(settings, archive_of(suite.postgres), say)
        return made


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Make the folder of backups and hold it.

    Raises:
        BackupError: it cannot be written to, is open to others, or another backup is under way.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as fault:
        raise BackupError(
            f"{folder} cannot be written to ({fault.strerror}) 目录不可写，请检查 KECHUANG_BACKUPS"
        ) from fault
    with lock:
        if folder.stat().st_mode & OTHERS:
            raise BackupError(
                f"{folder} is open to other accounts, and backups hold secrets. Close it 目录对其他用户开放:\n"
                f"  chmod 700 {folder}"
            )
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as taken:
            raise BackupError(f"Another backup is under way in {folder} 另一备份正在进行") from taken
        yield


def asked(url: str, *statements: str) -> list[list[Any]]:
    """Run statements one by one as the administrator; return the first row of each."""

    async def ask() -> list[list[Any]]:
        connection = await asyncpg.connect(url)
        try:
            rows = [await connection.fetchrow(statement) for statement in statements]
        finally:
            await connection.close()
        return [list(row.values()) if row is not None else [] for row in rows]

    return asyncio.run(ask())


def _refuse_a_server_without_archive(server: PostgresServer) -> None:
    if asked(server.url(), "SHOW archive_mode")[0] != ["on"]:
        raise BackupError(
            "The database was started before it could archive; `make stop`, `make run`, then back up\n"
            "数据库启动时尚未启用归档，请先 make stop 再 make run，然后备份"
        )


def _refuse_a_full_disk(server: PostgresServer, folder: Path) -> None:
    ((needed,),) = asked(server.url(), "SELECT sum(pg_database_size(oid))::bigint FROM pg_database")
    free, needed = shutil.disk_usage(folder).free // _MEBIBYTE, int(needed) // _MEBIBYTE + _SPARE_MEBIBYTES
    if free < needed:
        raise BackupError(
            f"{folder} has {free} MiB left, a backup needs {needed}; make room or choose another KECHUANG_BACKUPS=…\n"
            f"磁盘空间不足：剩余 {free} MiB，需要 {needed} MiB；请清理或另行指定 KECHUANG_BACKUPS"
        )


def _begin_archive(server: PostgresServer) -> None:
    """From now on the server archives each piece of its log, also one that does not fill up."""
    folder = archive_of(server).folder
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        server.give_to_server(folder)
    asked(server.url(), f"ALTER SYSTEM SET {BEGUN_BY} = '{SWITCH_SECONDS}s'", "SELECT pg_reload_conf()")


def _fill(suite: Suite, draft: Path, earlier: Backup | None, say: Say) -> Backup:
    server, settings = suite.postgres, suite.settings
    copy_cluster(server, draft / "postgres", say)
    say("Checking what was copied 正在核对备份")
    check_cluster(server, draft / "postgres")
    copy_tree(settings.secrets, draft / "secrets")
    say("Copying documents 正在备份文件")
    copy_tree(settings.home / "files", draft / "files", twin=earlier.files if earlier else None)
    label = (draft / "postgres" / "backup_label").read_text(encoding="utf-8")
    found = re.search(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$", label, re.MULTILINE)
    if found is None:
        raise BackupError("PostgreSQL's base backup has no label PostgreSQL 基础备份缺少标签")
    now, system, version = asked(
        server.url(),
        "SELECT clock_timestamp()",
        "SELECT system_identifier::text FROM pg_control_system()",
        "SELECT current_setting('server_version_num')::int / 10000",
    )
    made = Backup(
        folder=draft.with_suffix(""),
        ended_at=now[0],
        system=system[0],
        server=version[0],
        timeline=int(found[1][:8], 16),
        first_piece=found[1],
        databases=[name for name in PROCESSES if name not in settings.database_urls],
        product=product_version(),
        size=size_of(draft / "postgres"),
    )
    made.write(draft)
    publish(draft)
    return made


def switch_log(server: PostgresServer) -> bool:
    """Let the server archive what it has written so far; tell whether that was done in time."""
    # Where nothing was written since the last switch, the answer is the beginning of a piece that is still empty.
    ((piece,),) = asked(server.url(), "SELECT pg_walfile_name(pg_switch_wal() - 1)")
    patience = Patience(_ARCHIVED_SECONDS)
    archive = archive_of(server)
    while piece not in archive.pieces():
        if patience.is_over():
            return False
        time.sleep(0.05)
    return True


def _copy_log(suite: Suite, say: Say) -> None:
    """Bring the archive beside the backups up to this moment."""
    backups = backups_in(suite.settings.backups)
    if not switch_log(suite.postgres):
        raise BackupError(
            f"The server does not archive its log; see {suite.settings.logs / 'postgres.log'} 日志归档未能完成"
        )
    archive = archive_of(suite.postgres)
    copied = archive.copy_to(archive_in(suite.settings.backups), archive.since(backups[0].first_piece))
    say(f"{copied} pieces of the log copied 段日志已归入备份")


def _throw_away(settings: LaunchSettings, archive: WalArchive, say: Say) -> None:
    """Keep the newest backups, and of the archives what they need."""
    found = backups_in(settings.backups)
    for old in found[: -settings.backups_kept]:
        shutil.rmtree(old.folder)
        say(f"Removed the old backup 已删除旧备份 {old.folder.name}")
    first = backups_in(settings.backups)[0].first_piece
    for one in (archive, archive_in(settings.backups)):
        one.prune(first)

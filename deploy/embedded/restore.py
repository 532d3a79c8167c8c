"""`make restore`: all databases, or that of one service, as they were at an instant; what stood is kept aside."""

import asyncio
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from deploy.embedded.backup import archive_of, asked, refuse_servers_of_ones_own, switch_log
from deploy.embedded.backup_folder import Backup, BackupError, backups_in, copy_tree, flush, read_backup
from deploy.embedded.base_backup import check_cluster
from deploy.embedded.holding import held
from deploy.embedded.launch_settings import PROCESSES, LaunchSettings, SettingError
from deploy.embedded.nats import NatsServer
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.recovery import Reached, Recovery, Say, said_time
from deploy.embedded.suite import Suite
from deploy.embedded.waking import answering
from shared.db.case_no import COUNTERS, LEAP, CaseSeries, leap_statement, left_out
from shared.db.role import database_statements
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.unit import UNIT_IDS

_CITY = ZoneInfo("Asia/Shanghai")
_CITY_ID = "500000"
_STAMP = "%Y%m%dt%H%M%Sz"
_DECIDES = ("postgres", "personal-data-")
"""First words of the secrets that belong to data: with others in their place the data cannot be entered or read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored.

    Attributes:
        at: the instant; None is as far as the log reaches.
        source: a backup, or a folder of backups.
        service: whose database alone; None is the whole installation.
    """

    at: datetime | None
    source: Path
    service: str | None = None


def instant_of(text: str) -> datetime:
    """Return the instant that was typed; without an offset it is the city's time.

    Raises:
        BackupError: it is none, or still to come.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as fault:
        raise BackupError(
            f"AT={text!r} is no instant, such as 2026-11-29T09:30:00+08:00 不是时间，应如 2026-11-29T09:30:00+08:00"
        ) from fault
    at = at if at.tzinfo is not None else at.replace(tzinfo=_CITY)
    if at > SystemClock().now():
        raise BackupError(f"{said_time(at)} is still to come 该时间尚未到来")
    return at


def chosen(wanted: Wanted) -> Backup:
    """Return the backup from which the instant is reached quickest.

    Raises:
        BackupError: none reaches it.
    """
    found = backups_in(wanted.source) or [read_backup(wanted.source)]
    fit = [one for one in found if wanted.at is None or one.ended_at <= wanted.at]
    if not fit:
        raise BackupError(
            f"The oldest backup in {wanted.source} reaches back to {said_time(found[0].ended_at)}, not further\n"
            f"最早只能恢复到 {said_time(found[0].ended_at)}"
        )
    return fit[-1]


def restore(settings: LaunchSettings, wanted: Wanted, say: Say) -> None:
    """Bring the databases back; nothing of what stands now is thrown away.

    Args:
        settings: of the installation, which must not run.
        wanted: what, and to which instant.
        say: told each step.

    Raises:
        RunningError: the suite runs.
        BackupError: it cannot be done; the message says why, and nothing was changed.
    """
    refuse_servers_of_ones_own(settings)
    backup = chosen(wanted)
    say(f"From the backup 使用备份 {backup.folder}")
    with held(settings, restoring=True):
        _refuse_a_foreign_backup(settings, backup, wanted)
        if wanted.service is None:
            _bring_secrets(settings, backup, say)
        suite = Suite(settings)
        _refuse_another_version(suite.postgres, backup)
        _refuse_a_full_disk(suite.postgres, backup)
        say("Checking the backup 正在核对备份")
        check_cluster(suite.postgres, backup.base)
        _bring_the_log(suite.postgres, backup)
        recovery = Recovery(
            suite.postgres,
            backup,
            password=(backup.secrets / "postgres").read_text(encoding="utf-8"),
            log=settings.logs / "restore.log",
            say=say,
        )
        try:
            if wanted.service is None:
                _restore_all(suite, recovery, wanted, say)
            else:
                _restore_one(suite, recovery, wanted.service, wanted, say)
        finally:
            recovery.throw_away()
        _bring_documents(settings, backup, wanted.service, say)


def _refuse_a_foreign_backup(settings: LaunchSettings, backup: Backup, wanted: Wanted) -> None:
    if wanted.service is not None and wanted.service not in backup.databases:
        raise BackupError(f"The backup does not hold {wanted.service} 备份中没有该服务的数据库: {wanted.service}")
    for path in backup.secrets.iterdir():
        here = settings.secrets / path.name
        if not path.name.startswith(_DECIDES) or not here.exists():
            continue
        if here.stat().st_size and here.read_bytes() != path.read_bytes():
            if path.name.startswith("postgres-"):
                continue  # the passwords of roles are set anew from the files at each start
            raise BackupError(
                f"{here} is not the secret of this backup: it belongs to another installation. "
                "Restore into an empty folder, KECHUANG_HOME=…\n"
                "密钥与备份不属于同一套安装，请恢复到空目录（KECHUANG_HOME=…）"
            )


def _bring_secrets(settings: LaunchSettings, backup: Backup, say: Say) -> None:
    """Put missing and empty secrets back; one that was changed since the backup stays."""
    for path in settings.secrets.iterdir():
        if path.is_file() and path.stat().st_size == 0:
            path.unlink()
    if returned := copy_tree(backup.secrets, settings.secrets):
        say(f"{returned} missing secrets put back 个缺失的密钥文件已恢复")


def _refuse_another_version(server: PostgresServer, backup: Backup) -> None:
    told = subprocess.run(
        [str(server.binaries / "postgres"), "--version"], check=True, capture_output=True, text=True, cwd="/"
    )
    major = int(told.stdout.split()[-1].split(".")[0])
    if major != backup.server:
        raise BackupError(
            f"The backup is of PostgreSQL {backup.server}, here is {major}: restore it with the version of the suite "
            f"that made it ({backup.product})\n"
            f"备份来自 PostgreSQL {backup.server}，本机为 {major}，请用制作备份时的版本（{backup.product}）恢复"
        )


def _refuse_a_full_disk(server: PostgresServer, backup: Backup) -> None:
    needed, free = backup.size * 5 // 4, shutil.disk_usage(server.folder.parent).free
    if free < needed:
        raise BackupError(
            f"{server.folder} has {free >> 20} MiB left, {needed >> 20} are needed: what stands now is kept meanwhile\n"
            f"磁盘空间不足：剩余 {free >> 20} MiB，需要 {needed >> 20} MiB（恢复期间保留现有数据）"
        )


def _bring_the_log(server: PostgresServer, backup: Backup) -> None:
    """Put into the archive what only its copy beside the backups holds: the disk of the archive may have been lost."""
    archive = archive_of(server)
    server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup.archive.copy_to(archive, backup.archive.since(backup.first_piece))
    for path in (server.folder, archive.folder, *archive.folder.iterdir()):
        server.give_to_server(path)


def _bring_documents(settings: LaunchSettings, backup: Backup, service: str | None, say: Say) -> None:
    """Put missing documents back; one that came since the backup stays, it is named by its content."""
    part = service or "."
    copied = copy_tree(backup.files / part, settings.home / "files" / part)
    if copied:
        say(f"{copied} missing documents put back 份缺失的文件已恢复")


def _restore_all(suite: Suite, recovery: Recovery, wanted: Wanted, say: Say) -> None:
    server = suite.postgres
    known = _numbers_that_stand(suite, say)
    recovery.lay_out(server.data)
    reached = recovery.run(wanted.at, for_good=True)
    aside = [recovery.put_in_place(reached.timeline), _put_streams_aside(suite.nats)]
    with answering(suite):
        names = [name for name in server.databases() if name in PROCESSES]
        numbers = [line for name in names for line in _leave_numbers_out(server, name, name, known.get(name, {}))]
    _say_reached(reached, wanted, say)
    _say_numbers(numbers, say)
    for path in filter(None, aside):
        say(f"  what stood before is kept 原有数据保留在: {path}")
    if suite.settings.nats_urls:
        say("  the broker is your own: services whose events it holds wait for `make accept-restore S=…`")
        say("  消息服务器为自建，仍留有较新事件的服务须执行 make accept-restore S=…")
    say("Next 接下来: make run DETACH=1; make verify; make backup")


def _put_streams_aside(nats: NatsServer) -> Path | None:
    """Let the broker begin with empty streams: all databases stand at one instant, so what came later nobody knows.

    The relays publish again what others had not yet heard; each event takes effect once.
    """
    if not nats.store.exists():
        return None
    aside = nats.store.with_name(f"jetstream.before-{SystemClock().now().strftime(_STAMP)}")
    nats.store.rename(aside)
    nats.initialise()
    flush(nats.folder)
    return aside


def _say_reached(reached: Reached, wanted: Wanted, say: Say) -> None:
    if wanted.at is not None and reached.is_short:
        say("The kept log ends before that instant; all of it was read 日志在该时间之前结束，已全部恢复")
    last = said_time(reached.last_commit_at) if reached.last_commit_at is not None else "that of the backup 备份时"
    say(f"Restored; the last change is of 已恢复，最后一笔变更的时间: {last}")


def _restore_one(suite: Suite, recovery: Recovery, service: str, wanted: Wanted, say: Say) -> None:
    """Take one database out of a recovered cluster and put it in the place of the one that stands."""
    server, dump = suite.postgres, suite.settings.home / f"restore-{service}.dump"
    with answering(suite):
        if not switch_log(server):
            raise BackupError(
                f"The server does not archive its log; see {suite.settings.logs / 'postgres.log'} 归档未完成"
            )
        recovery.lay_out()
        child, is_short = recovery.start(wanted.at, for_good=False)
        try:
            reached = recovery.reached(is_short=is_short)
            say(f"Copying the database 正在取出数据库 {service}")
            _ran(recovery.server, "pg_dump", "--format=custom", "--compress=1", "--file", str(dump), service)
        finally:
            child.stop()
        try:
            aside, numbers = _swap(server, service, dump)
        finally:
            dump.unlink(missing_ok=True)
    _say_reached(reached, wanted, say)
    _say_numbers(numbers, say)
    say(f"  what stood before is kept as a database 原数据库保留为: {aside}")
    say(f"Next 接下来: make run DETACH=1; make accept-restore S={service}; make verify; make backup")


def _say_numbers(numbers: Sequence[str], say: Say) -> None:
    """Name the case numbers of what was lost: people may hold one, and nobody is given it again."""
    if numbers:
        say("  Who holds a case number of these holds a lost case; enter it again")
        say("  持有下列号段办件号的，其办件已丢失，请补录:")
    for one in numbers:
        say(f"    {one}")


def _swap(server: PostgresServer, service: str, dump: Path) -> tuple[str, list[str]]:
    """Load a dump beside the database and change their names in one transaction.

    Returns:
        The name of the old one, and the case numbers that are not given again.
    """
    fresh = f"{service}_restored"
    asked(server.url(), f'DROP DATABASE IF EXISTS "{fresh}"', f'CREATE DATABASE "{fresh}" TEMPLATE template0')
    asked(server.url(), *database_statements(service, fresh))
    _ran(server, "pg_restore", "--exit-on-error", "--dbname", fresh, str(dump))
    numbers = _leave_numbers_out(server, service, fresh, _counters(server, service))
    aside = f"{service}_before_{SystemClock().now().strftime(_STAMP)}"
    asyncio.run(_change_names(server.url(), {service: aside, fresh: service}))
    return aside, numbers


def _leave_numbers_out(server: PostgresServer, service: str, database: str, known: Mapping[str, int]) -> list[str]:
    """Let no case number be given again that people may hold of cases that were lost; name them for each counter."""
    held = _counters(server, database)
    year = shanghai_date(SystemClock().now()).year
    asked(server.url(database), leap_statement([*UNIT_IDS, _CITY_ID], year, known))
    series = CaseSeries.__members__.get(service.upper())
    if series is None:
        return []
    given = sorted({*held, *known})
    return [f"{service}: {left_out(series, one, held.get(one, 0), known.get(one, 0))}" for one in given]


def _counters(server: PostgresServer, database: str) -> dict[str, int]:
    """Return how far each counter of case numbers has come in a database; nothing of one that has none."""
    url = server.url(database)
    if asked(url, "SELECT to_regclass('public.case_number')::text") == [[None]]:
        return {}
    ((given,),) = asked(url, COUNTERS)
    return {prefix: int(value) for prefix, value in given or []}


def _numbers_that_stand(suite: Suite, say: Say) -> dict[str, dict[str, int]]:
    """Ask the databases that are given up how far they counted; what no longer answers tells nothing."""
    server = suite.postgres
    if not (server.data / "PG_VERSION").exists():
        return {}
    try:
        with answering(suite):
            return {name: _counters(server, name) for name in server.databases() if name in PROCESSES}
    except (SettingError, OSError, asyncpg.PostgresError) as fault:
        say(f"What stands does not answer 现有数据库无法读取: {fault}")
        say(f"  {LEAP} case numbers of each unit are left out 各单位至少跳过 {LEAP} 个办件号")
        return {}


async def _change_names(url: str, names: dict[str, str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for old, new in names.items():
                await connection.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
    finally:
        await connection.close()


def _ran(server: PostgresServer, program: str, *words: str) -> None:
    order = [str(server.binaries / program), *server.entry(), "--no-password", *words]
    told = subprocess.run(order, check=False, capture_output=True, text=True, env=server.secret_environment(), cwd="/")
    if told.returncode != 0:
        raise BackupError(f"{program}: {told.stderr.strip()[-600:]}\n未做任何替换 nothing was replaced")

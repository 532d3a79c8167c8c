"""A base backup brought to an instant: PostgreSQL reads the archived log up to there, in a folder beside the data."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.embedded.backup import archive_of, asked
from deploy.embedded.backup_folder import Backup, BackupError, copy_tree, flush
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from deploy.embedded.wal_archive import ARCHIVE_COMMAND, RESTORE_COMMAND, number_of
from shared.kernel.clock import SystemClock

Say = Callable[[str], None]
RECOVERED = "data.restored"
"""Name of the folder in which it happens, beside the data."""

_EARLY_END = "recovery ended before configured recovery target was reached"
_REPLAYED = "restored log file"
_STOP_SECONDS = 120.0
_STEP_SECONDS = 5.0
_STEP_PERCENT = 20
_CITY = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Reached:
    """What a recovery came to.

    Attributes:
        last_commit_at: when the last change was made that it holds; None where the log held none.
        timeline: that it goes on under.
        is_short: whether the kept log ended before the instant that was asked for.
    """

    last_commit_at: datetime | None
    timeline: int
    is_short: bool


def said_time(at: datetime) -> str:
    """Return an instant as people and programs read it: in the city's time with its offset."""
    return at.astimezone(_CITY).isoformat(timespec="seconds")


class Recovery:
    """One recovery in a folder beside the data of a server that does not run."""

    def __init__(self, server: PostgresServer, backup: Backup, *, password: str, log: Path, say: Say) -> None:
        """Name the parts; nothing is done.

        Args:
            server: whose folder it happens in.
            backup: with which it begins.
            password: of the administrator when the backup was made.
            log: file of PostgreSQL's output.
            say: told each step.
        """
        self._backup = backup
        self._archive = archive_of(server)
        self._log = log
        self._say = say
        self._server = PostgresServer(
            server.folder, port=free_port(), password=password, log=log, connections=server.connections, data=RECOVERED
        )

    @property
    def server(self) -> PostgresServer:
        """The server of the recovered folder."""
        return self._server

    def throw_away(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._server.data, ignore_errors=True)

    def lay_out(self, lost: Path | None = None) -> None:
        """Copy the base backup, and what the archive still lacks of the log in a data folder that is given up.

        Args:
            lost: the data folder that is replaced, if one is; it need not exist.
        """
        self.throw_away()
        self._server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._server.give_to_server(self._server.folder)
        self._server.data.mkdir(mode=0o700)
        copied, told = [0], [-_STEP_PERCENT]

        def note(size: int) -> None:
            copied[0] += size
            percent = min(100, copied[0] * 100 // max(1, self._backup.size))
            if percent >= told[0] + _STEP_PERCENT:
                told[0] = percent
                self._say(f"Copying the base backup 正在恢复基础备份: {percent} %")

        copy_tree(self._backup.base, self._server.data, told=note)
        for piece in self._newer(lost):
            shutil.copyfile(piece, self._server.data / "pg_wal" / piece.name)
        (self._server.data / "recovery.signal").touch(mode=0o600)
        for path in (self._server.data, *self._server.data.rglob("*")):
            self._server.give_to_server(path)
        self._warn_of_holes([piece.name for piece in self._newer(lost)])

    def _newer(self, lost: Path | None) -> list[Path]:
        """Return the pieces of the lost folder's log that were never archived."""
        if lost is None:
            return []
        there = set(self._archive.pieces())
        first = number_of(self._backup.first_piece) or 0
        with suppress(OSError):
            found = ((path, number_of(path.name)) for path in (lost / "pg_wal").iterdir())
            return sorted(
                path for path, number in found if number is not None and number >= first and path.name not in there
            )
        return []

    def _warn_of_holes(self, beside: list[str]) -> None:
        pieces = self._archive.since(self._backup.first_piece)
        for one in self._archive.damaged(pieces):
            self._say(
                f"A piece of the log is damaged, nothing after it can be used 日志段已损坏，其后的变更无法恢复: {one}"
            )
        if (hole := self._archive.first_hole(self._backup.first_piece, beside)) is not None:
            self._say(
                f"A piece of the log is missing, nothing after it can be used 日志段缺失，其后的变更无法恢复: {hole}"
            )

    def run(self, at: datetime | None, *, for_good: bool) -> Reached:
        """Read the log up to an instant and stop the server again.

        Args:
            at: the instant; None reads all that is kept.
            for_good: whether the folder becomes the installation's data, and so archives what comes from now on.

        Raises:
            BackupError: PostgreSQL cannot read the log; the message shows what it says.
        """
        child, is_short = self.start(at, for_good=for_good)
        try:
            return self.reached(is_short=is_short)
        finally:
            child.stop()
            flush(self._server.data)

    def start(self, at: datetime | None, *, for_good: bool) -> tuple[Child, bool]:
        """Read the log up to an instant; return the server, which then takes calls, and whether the log ended early."""
        begins = self._log.stat().st_size if self._log.exists() else 0
        if (child := self._started(at, begins, for_good=for_good)) is not None:
            return child, False
        # Whatever the log holds was read: the instant lies after its end.
        begins = self._log.stat().st_size
        if (child := self._started(None, begins, for_good=for_good)) is not None:
            return child, True
        raise BackupError(f"The log cannot be read to its end 无法读完日志; see {self._log}")

    def reached(self, *, is_short: bool) -> Reached:
        """Return what the running server came to."""
        (last,), (piece,) = asked(
            self._server.url(),
            "SELECT pg_last_xact_replay_timestamp()",
            "SELECT pg_walfile_name(pg_current_wal_insert_lsn())",
        )
        return Reached(last, int(piece[:8], 16), is_short)

    def _started(self, at: datetime | None, begins: int, *, for_good: bool) -> Child | None:
        """Return the server once it takes calls; None where the log ended before the instant."""
        timeline = self._archive.timeline_at(at, self._backup.timeline)
        settings = {
            "restore_command": RESTORE_COMMAND,
            "recovery_target_timeline": str(timeline),
            "recovery_target_action": "promote",
            "hot_standby": "off",  # who is let in is let in to the recovered state, not to one on the way
            "archive_mode": "on" if for_good else "off",
            "archive_command": ARCHIVE_COMMAND if for_good else "",
            **({} if at is None else {"recovery_target_time": at.isoformat()}),
        }
        program = self._server.program(settings)
        child = Child(replace(program, stop_seconds=_STOP_SECONDS))
        try:
            self._wait(child, begins)
        except BaseException:
            child.stop()
            raise
        if child.exit_code() is None:
            return child
        said = self._said(begins)
        if at is not None and _EARLY_END in said:
            return None
        raise BackupError(f"PostgreSQL could not recover 数据库恢复失败; see {self._log}:\n{said[-600:]}")

    def _wait(self, child: Child, begins: int) -> None:
        """Wait until the server takes calls or ends; a long log takes its time, so each step is told."""
        whole = len([one for one in self._archive.since(self._backup.first_piece) if number_of(one) is not None])
        told = time.monotonic()
        while child.exit_code() is None and not self._server.is_ready():
            time.sleep(0.05)
            if time.monotonic() - told >= _STEP_SECONDS:
                told = time.monotonic()
                read = self._said(begins).count(_REPLAYED)
                self._say(f"Reading the log 正在重放日志: {read} / {whole}")

    def _said(self, begins: int) -> str:
        with self._log.open("rb") as file:
            file.seek(begins)
            return file.read().decode(errors="replace")

    def put_in_place(self, timeline: int) -> Path | None:
        """Make the recovered folder the data of the installation; return where the replaced one stands aside.

        Args:
            timeline: that it goes on under from now on.
        """
        data, aside = self._server.folder / "data", None
        now = SystemClock().now()
        if data.exists():
            aside = data.with_name(f"data.before-{now.strftime('%Y-%m-%dT%H%M%SZ')}")
            data.rename(aside)
        self._server.data.rename(data)
        if self._archive.folder.is_dir():
            self._archive.note_timeline(timeline, now)
        flush(self._server.folder)
        return aside

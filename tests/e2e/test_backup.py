"""A drill of backup and restore on a real PostgreSQL: to any instant, all databases or one, and refused in words."""

import asyncio
import io
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.backup import make_backup
from deploy.embedded.backup_folder import Backup, BackupError, backups_in
from deploy.embedded.holding import RunningError
from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.recovery_command import drop, list_backups
from deploy.embedded.restore import Wanted, instant_of, restore
from deploy.embedded.suite import Suite
from deploy.embedded.waking import awake
from tests.support.postgres import REPOSITORY, in_memory, state_folder
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@dataclass
class Installation:
    """An installation of which only the database server is used."""

    launched: LaunchedSuite
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> LaunchSettings:
        return self.launched.settings

    @property
    def suite(self) -> Suite:
        return Suite(self.settings)

    def write(self, service: str, *words: str) -> datetime:
        """Keep words in a database, each by a change of its own; return an instant after them and before all later."""

        async def keep() -> datetime:
            connection = await asyncpg.connect(self.launched.owner_url(service))
            try:
                await connection.execute("CREATE TABLE IF NOT EXISTS said (word text)")
                for word in words:
                    await connection.execute("INSERT INTO said VALUES ($1)", word)
                now: datetime = await connection.fetchval("SELECT clock_timestamp()")
                return now
            finally:
                await connection.close()

        now = asyncio.run(keep())
        time.sleep(0.01)
        return now

    def words(self, service: str) -> list[str]:
        """Return what a database holds."""
        rows = asyncio.run(self.launched.rows(service, "SELECT word FROM said ORDER BY word"))
        return [row["word"] for row in rows]

    def number(self, service: str, *, given: int | None = None) -> int:
        """Return how far a counter of case numbers has come; `given` makes the table and sets it first."""

        async def keep() -> int:
            connection = await asyncpg.connect(self.launched.owner_url(service))
            try:
                if given is not None:
                    await connection.execute(
                        "CREATE TABLE case_number (prefix text PRIMARY KEY, value bigint NOT NULL)"
                    )
                    await connection.execute("INSERT INTO case_number VALUES ('KC-2026-500107', $1)", given)
                row = await connection.fetchval("SELECT value FROM case_number WHERE prefix = 'KC-2026-500107'")
                return int(row)
            finally:
                await connection.close()

        return asyncio.run(keep())

    def back_up(self, *, log_only: bool = False) -> Backup | None:
        return make_backup(self.suite, self.said.append, log_only=log_only)

    def restore(self, at: datetime | None = None, service: str | None = None, source: Path | None = None) -> None:
        restore(self.settings, Wanted(at, source or self.settings.backups, service), self.said.append)

    def heard(self, *parts: str) -> bool:
        return any(all(part in line for part in parts) for line in self.said)


@pytest.fixture
def installation() -> Iterator[Installation]:
    with state_folder("backup", within=in_memory()) as folder:
        yield Installation(LaunchedSuite(folder / "科创 state"))


def test_all_databases_come_back_as_they_were_at_an_instant_after_the_disk_was_lost(installation: Installation) -> None:
    one = installation
    with awake(one.suite):
        one.write("finance", "a loan")
        one.write("registry", "a firm")
        one.number("registry", given=1_234)
        (one.settings.home / "files" / "finance").mkdir(parents=True)
        (one.settings.home / "files" / "finance" / "paper").write_text("a contract")
        backup = one.back_up()
        assert backup is not None
        wanted = one.write("finance", "a second loan")
        one.write("finance", "a mistake")
        one.write("registry", "another mistake")
        one.back_up(log_only=True)
    assert one.heard("Backing up 正在备份", "100 %")
    assert not list(one.settings.backups.glob("*.part"))

    # The disk of the installation is lost; the backups lie elsewhere.
    elsewhere = one.settings.home.parent / "elsewhere"
    one.settings.backups.rename(elsewhere)
    shutil.rmtree(one.settings.home)
    one.restore(wanted, source=elsewhere)
    assert one.heard("missing secrets put back", "密钥")
    with awake(one.suite):
        assert one.words("finance") == ["a loan", "a second loan"]
        assert one.words("registry") == ["a firm"]
        assert one.number("registry") == 3_000  # what was given since the instant is not given again
        assert one.heard("registry: KC-2026-500107-001235…003000")
        assert (one.settings.home / "files" / "finance" / "paper").read_text() == "a contract"
        # Life goes on from there, and can be backed up and restored again.
        later = one.write("finance", "a third loan")
        one.write("finance", "one more mistake")
    one.restore(later, source=elsewhere)
    with awake(one.suite):
        assert one.words("finance") == ["a loan", "a second loan", "a third loan"]
    # Also what came before the first restoration can still be reached: nothing was thrown away.
    one.restore(backup.ended_at, source=elsewhere)
    with awake(one.suite):
        assert one.words("finance") == ["a loan"]
    assert len(list((one.settings.home / "servers" / "postgres").glob("data.before-*"))) == 2


def test_one_database_comes_back_while_the_others_stay_and_the_old_one_is_kept_by_name(
    installation: Installation,
) -> None:
    one = installation
    with awake(one.suite):
        one.write("finance", "a loan")
        one.number("finance", given=7)
        one.back_up()
        wanted = one.write("finance", "a second loan")
        one.write("finance", "a mistake")
        one.write("registry", "a firm")
    one.restore(wanted, "finance")
    assert one.heard("accept-restore S=finance")
    with awake(one.suite):
        assert one.words("finance") == ["a loan", "a second loan"]
        assert one.words("registry") == ["a firm"]
        assert one.number("finance") == 2_000
        # The service may do there what it did before, and no other may enter.
        one.write("finance", "a third loan")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(entered(one.launched.database_url("registry").rsplit("/", 1)[0] + "/finance"))
    listed = printed(one.settings)
    (aside,) = [word for word in listed.split() if word.startswith("finance_before_")]
    assert drop(one.settings, aside) == 0
    assert aside not in printed(one.settings)
    with pytest.raises(BackupError, match="make backups"):
        drop(one.settings, "finance")


def test_a_time_after_the_last_change_is_reached_with_all_that_was_kept(installation: Installation) -> None:
    one = installation
    with awake(one.suite):
        one.write("finance", "a loan")
        one.back_up()
        wanted = one.write("finance", "a second loan")
    one.restore(wanted)
    assert one.heard("The kept log ends before that instant", "日志在该时间之前结束")
    with awake(one.suite):
        assert one.words("finance") == ["a loan", "a second loan"]


def test_an_interrupted_backup_leaves_nothing_half_and_the_next_one_is_whole(installation: Installation) -> None:
    one = installation
    script = (
        "import sys; from deploy.embedded.backup import make_backup; from deploy.embedded.suite import Suite\n"
        "from deploy.embedded.launch_settings import LaunchSettings\n"
        "make_backup(Suite(LaunchSettings.from_environment()), lambda line: print(line, flush=True))"
    )
    with awake(one.suite):
        one.write("finance", "a loan")
        order = [sys.executable, "-c", script]
        with subprocess.Popen(order, stdout=subprocess.PIPE, cwd=REPOSITORY, env=one.launched.environment) as running:
            assert running.stdout is not None
            assert "备份".encode() in running.stdout.readline()
            running.send_signal(signal.SIGKILL)
        assert backups_in(one.settings.backups) == []
        drafts = list(one.settings.backups.glob("*.part"))
        assert len(drafts) == 1
        with pytest.raises(BackupError, match="no whole backup"):
            one.restore(source=drafts[0])
        assert one.back_up() is not None
    assert not list(one.settings.backups.glob("*.part"))
    assert len(backups_in(one.settings.backups)) == 1


def test_what_cannot_be_restored_is_refused_in_words_and_nothing_is_changed(installation: Installation) -> None:
    one = installation
    with pytest.raises(BackupError, match="no whole backup"):
        one.restore()
    with awake(one.suite):
        one.write("finance", "a loan")
        backup = one.back_up()
        assert backup is not None
        with pytest.raises(RunningError, match="make stop"):
            one.restore()
    with pytest.raises(BackupError, match="reaches back to"):
        one.restore(datetime.fromisoformat("2020-01-01T00:00:00+08:00"))
    for text, words in (("yesterday", "no instant"), ("2999-01-01", "still to come")):
        with pytest.raises(BackupError, match=words):
            instant_of(text)
    # A backup that rotted on its disk.
    rotten = backup.base / "PG_VERSION"
    before = rotten.read_text()
    rotten.write_text("81\n")
    with pytest.raises(BackupError, match="PG_VERSION"):
        one.restore()
    rotten.write_text(before)
    # A backup of another installation.
    secret = one.settings.secrets / "postgres"
    kept = secret.read_text()
    secret.write_text(kept[::-1])
    with pytest.raises(BackupError, match="another installation"):
        one.restore()
    secret.write_text(kept)
    with awake(one.suite):
        assert one.words("finance") == ["a loan"]


def test_old_backups_go_and_the_log_that_only_they_needed_goes_with_them(installation: Installation) -> None:
    one = installation
    one.launched.settings = replace(one.settings, backups_kept=2)
    with awake(one.suite):
        made = []
        for word in ("a", "b", "c"):
            one.write("finance", word)
            made.append(one.back_up())
            time.sleep(1.1)
        kept = backups_in(one.settings.backups)
    assert [one.folder for one in kept] == [one.folder for one in made[1:] if one is not None]
    archive = one.settings.home / "servers" / "postgres" / "archive"
    first = min(path.name for path in archive.glob("0*.gz"))
    assert first[:24] == kept[0].first_piece
    assert archive.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupError, match="only backup"):
        for backup in kept:
            drop(one.settings, backup.folder.name)


async def entered(url: str) -> None:
    await (await asyncpg.connect(url)).close()


def printed(settings: LaunchSettings) -> str:
    """Return what `make backups` prints."""
    said = io.StringIO()
    with redirect_stdout(said):
        list_backups(settings)
    return said.getvalue()

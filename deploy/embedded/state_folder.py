"""The state folder: everything of one installation, for its owner alone, whole or refused in words.

Data, secrets, documents and configuration lie in this one folder and nowhere else, so a moved or copied one is whole.
What a suite that stood has is noted in it; what is missing at the next start was lost: nothing is made in its place.
"""

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.binaries import SHARED_FOLDER
from deploy.embedded.launch_settings import PROCESSES, LaunchSettings, SettingError
from deploy.embedded.process import server_account
from deploy.embedded.secret import write_private

MARK = "kechuang-state"
"""The file that makes a folder a state folder; after the first start it says what belongs to it."""

_KNOWN = frozenset({MARK, "lock", "ready", "logs", "secrets", "servers", "files", "story", "backups", "benchmarks.md"})
_KEPT_SECRETS = ("postgres", "nats", "personal-data", "event-key")
"""The first words of the secrets without which data cannot be read or nobody is let in."""

OTHERS = 0o077
"""The rights of everybody but the owner: no file of a state folder has any."""

_ARCHIVE = "servers/postgres/archive"  # exists from the first backup on
_MEBIBYTE = 1_048_576
_NEW_MEBIBYTES = 512
_KEPT_MEBIBYTES = 64


class StateError(SettingError):
    """The state folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """One state folder and what it holds.

    Attributes:
        settings: of the installation.
    """

    settings: LaunchSettings

    @property
    def home(self) -> Path:
        """The folder."""
        return self.settings.home

    @property
    def servers(self) -> Path:
        """Where the embedded servers keep their data."""
        return server_folder(self.home)

    def open(self, *, restoring: bool = False) -> None:
        """Refuse what cannot be used, then make the folder for its owner alone; only the last step changes anything.

        Args:
            restoring: whether a backup is about to be put back: what is missing is then no reason to refuse.

        Raises:
            StateError: it is not ours, closed to us, on a full disk, incomplete, or its secrets are open to others.
        """
        self._refuse_a_foreign_folder()
        self.refuse_what_belongs_to_others()
        self._refuse_a_full_disk()
        if not restoring:
            self._refuse_bad_secrets()
        earlier = self._servers_of_an_earlier_version()
        if earlier is None and not restoring:
            self._refuse_missing_pieces()
        self._prove_writable()
        (self.home / MARK).touch(mode=0o600)
        for folder in (self.home, self.settings.logs, self.settings.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        if earlier is not None:
            shutil.move(earlier, self.servers)
        if self.settings.needs_postgres or self.settings.needs_nats:
            self.servers.mkdir(mode=0o700, exist_ok=True)
        self.give_to_owner()
        if self.servers.exists():
            self.servers.chmod(0o700)
            self._give_to_servers()

    def note_whole(self) -> None:
        """Note what belongs to this installation: from now on a missing piece is a loss."""
        noted = {
            "secrets": sorted(path.name for path in self._secret_files() if path.name.startswith(_KEPT_SECRETS)),
            "databases": sorted(set(PROCESSES) - set(self.settings.database_urls)),
            "folders": [
                *(["servers/postgres/data"] if self.settings.needs_postgres else []),
                *([_ARCHIVE] if (self.home / _ARCHIVE).is_dir() else []),
                *(["servers/nats/jetstream"] if self.settings.needs_nats else []),
                *(f"files/{name}" for name in PROCESSES),
            ],
        }
        write_private(self.home / MARK, json.dumps(noted, indent=1))

    def refuse_missing_databases(self, present: Collection[str]) -> None:
        """Refuse to make a database anew that this installation had.

        Args:
            present: the databases that the server has.

        Raises:
            StateError: one is missing.
        """
        missing = [name for name in self._noted("databases") if name not in present]
        embedded = [name for name in missing if name not in self.settings.database_urls]
        if embedded:
            raise StateError(self._incomplete(f"database {', '.join(embedded)} 数据库 {'、'.join(embedded)}"))

    def give_to_owner(self) -> None:
        """Give what root made to the owner of the folder, who may start the suite next time."""
        owner = self.home.stat()
        if os.geteuid() != 0 or owner.st_uid == 0:
            return
        for path in _tree(self.home):
            if path.lstat().st_uid == 0:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _give_to_servers(self) -> None:
        """As root, let the servers' account own their data: a copy belongs to who copied it."""
        account = server_account(self.servers)
        if account is None:
            return
        for top in (self.servers / "postgres", self.servers / "nats"):
            if not top.exists():
                continue
            for path in (top, *_tree(top)):
                if path.lstat().st_uid != account.uid:
                    os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def _refuse_a_foreign_folder(self) -> None:
        if self.home.exists() and not self.home.is_dir():
            raise StateError(f"{self.home} is no folder; choose another KECHUANG_HOME=… 不是目录，请另行指定")
        with suppress(PermissionError):
            if not self.home.exists() or (self.home / MARK).exists():
                return
            foreign = sorted({path.name for path in self.home.iterdir()} - _KNOWN)
            if foreign:
                raise StateError(
                    f"{self.home} holds other things ({', '.join(foreign[:3])}); "
                    "name an empty folder as KECHUANG_HOME=…\n"
                    "目录中已有其他文件，请将 KECHUANG_HOME 指向空目录"
                )

    def refuse_what_belongs_to_others(self) -> None:
        """Refuse a folder of which a part belongs to another account; root may use anybody's.

        Raises:
            StateError: something is somebody else's; says how to take it over.
        """
        if os.geteuid() == 0 or not self.home.exists():
            return
        me = os.geteuid()
        try:
            found = next((path for path in (self.home, *_tree(self.home)) if path.lstat().st_uid != me), None)
        except PermissionError:
            found = self.home
        if found is not None:
            raise StateError(
                f"{found} belongs to another account 属于其他用户. To take the whole folder over 若要接管:\n"
                f"  sudo chown -R {me} {shlex.quote(str(self.home))}"
            )

    def _refuse_a_full_disk(self) -> None:
        needed = _KEPT_MEBIBYTES if (self.servers / "postgres" / "data").exists() else _NEW_MEBIBYTES
        free = shutil.disk_usage(_nearest(self.home)).free // _MEBIBYTE
        if free < needed:
            raise StateError(
                f"The disk of {self.home} has {free} MiB left, at least {needed} are needed; make room or choose "
                f"another KECHUANG_HOME=…\n"
                f"磁盘空间不足：剩余 {free} MiB，至少需要 {needed} MiB；请清理磁盘或另行指定 KECHUANG_HOME"
            )

    def _prove_writable(self) -> None:
        made = not self.home.exists()
        probe = self.home / f".probe-{os.getpid()}"
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe.write_text("written to see whether it can be\n")
            probe.unlink()
        except OSError as fault:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
                if made:
                    self.home.rmdir()
            raise StateError(
                f"{self.home} cannot be written to ({fault.strerror}); "
                "make it writable or choose another KECHUANG_HOME=…\n"
                f"目录不可写（{fault.strerror}），请调整权限或另行指定 KECHUANG_HOME"
            ) from fault

    def _secret_files(self) -> list[Path]:
        folder = self.settings.secrets
        return [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []

    def _refuse_bad_secrets(self) -> None:
        folder = self.settings.secrets
        for path in (*([folder] if folder.exists() else []), *self._secret_files()):
            if path.suffix == ".new":
                continue
            status = path.stat()
            if status.st_mode & OTHERS:
                way = "u=rwX,go= -R" if path == folder else "600"
                raise StateError(
                    f"{path} is open to other accounts (mode {status.st_mode & 0o777:o}): "
                    "who can enter this machine may have read it. Close it 密钥文件对其他用户开放，请收回权限:\n"
                    f"  chmod {way} {shlex.quote(str(path))}\n"
                    "and, if others were here, change the secret 如曾有他人登录，请更换密钥"
                )
            if path != folder and status.st_size == 0:
                raise StateError(f"{path} is empty 密钥文件为空.\n{self._way_back()}")

    def _noted(self, kind: str) -> list[str]:
        """Return what the mark says of one kind; nothing before the first start has succeeded."""
        try:
            text = (self.home / MARK).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        try:
            return list(json.loads(text)[kind]) if text else []
        except (ValueError, KeyError, TypeError) as fault:
            raise StateError(f"{self.home / MARK} cannot be read 无法读取.\n{self._way_back()}") from fault

    def _refuse_missing_pieces(self) -> None:
        missing = [self.settings.secrets / name for name in self._noted("secrets")]
        missing += [self.home / name for name in self._noted("folders") if self._is_embedded(name)]
        if "servers/postgres/data" in self._noted("folders"):
            missing += [
                self.servers / "postgres" / "data" / name for name in ("PG_VERSION", "global", "base", "pg_wal")
            ]
        gone = [path for path in missing if not path.exists()]
        if gone:
            raise StateError(self._incomplete(", ".join(str(path) for path in gone[:4])))

    def _is_embedded(self, name: str) -> bool:
        needed = {
            "servers/postgres/data": self.settings.needs_postgres,
            _ARCHIVE: self.settings.needs_postgres,
            "servers/nats/jetstream": self.settings.needs_nats,
        }
        return needed.get(name, True)

    def _incomplete(self, gone: str) -> str:
        said = f"The state folder {self.home} is incomplete; missing 数据目录不完整，缺少: {gone}\n"
        if "jetstream" in gone:
            store = shlex.quote(str(self.servers / "nats" / "jetstream"))
            said += (
                "Without a copy, what the broker held can be published again from the databases "
                "若无副本，可由数据库重新发布:\n"
                f"  mkdir -p {store}; make run DETACH=1; make republish S=… (each service 各服务)\n"
            )
        if gone == str(self.home / _ARCHIVE):
            said += (
                "Its copy lies beside the backups; without it a new backup begins a new one "
                "备份目录中有其副本；若无，重新备份即可重建:\n"
                f"  mkdir -m 700 {shlex.quote(gone)}; make run DETACH=1; make backup\n"
            )
        return said + self._way_back()

    def _way_back(self) -> str:
        return (
            "Nothing was changed. Copy the whole folder again, put the missing piece back, or `make restore` from a "
            "backup; `make reset` throws everything away and begins anew.\n"
            "未做任何改动。请重新复制整个目录、补回缺失部分，或用 make restore 恢复；make reset 将清除全部数据"
        )

    def _servers_of_an_earlier_version(self) -> Path | None:
        """Return where an earlier version kept the data of a folder that its servers could not reach, if it did."""
        if os.geteuid() != 0 or (self.servers / "postgres" / "data").exists() or not (self.home / MARK).exists():
            return None
        earlier = SHARED_FOLDER / hashlib.sha256(str(self.home).encode()).hexdigest()[:16]
        return earlier if (earlier / "postgres").exists() and not self.servers.exists() else None


def server_folder(state: Path) -> Path:
    """Return where the servers' data of the state folder `state` lies."""
    return state / "servers"


def _nearest(path: Path) -> Path:
    """Return the nearest folder on the way up that exists."""
    return next(one for one in (path, *path.parents) if one.exists())


def _tree(folder: Path) -> Iterator[Path]:
    """Yield everything below `folder`, following no link; what vanishes meanwhile is passed over."""
    for top, folders, files in os.walk(folder):
        yield from (Path(top) / name for name in (*folders, *files))

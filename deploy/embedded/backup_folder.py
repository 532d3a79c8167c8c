"""The folder of backups: each a folder of its own that appears whole or not at all, beside the archive of the log."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from deploy.embedded.launch_settings import SettingError
from deploy.embedded.secret import write_private
from deploy.embedded.wal_archive import WalArchive

_MANIFEST = "backup.json"
_DRAFT = ".part"
_STAMP = "%Y-%m-%dT%H%M%SZ"
_LOG = "wal"
_CHUNK = 1 << 20


class BackupError(SettingError):
    """A backup cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One whole backup.

    Attributes:
        folder: where it lies.
        ended_at: from this instant on any time can be reached with the archive.
        system: PostgreSQL's own number of the database cluster.
        server: major version of PostgreSQL.
        timeline: on which it was made.
        first_piece: of the log, with which a recovery begins.
        databases: what it holds.
        product: version of the suite that made it.
        size: bytes of the base backup.
    """

    folder: Path
    ended_at: datetime
    system: str
    server: int
    timeline: int
    first_piece: str
    databases: list[str]
    product: str
    size: int

    @property
    def base(self) -> Path:
        """PostgreSQL's base backup, in the form of a data folder."""
        return self.folder / "postgres"

    @property
    def secrets(self) -> Path:
        """The secrets and clients that belong to the data."""
        return self.folder / "secrets"

    @property
    def files(self) -> Path:
        """The documents of the services."""
        return self.folder / "files"

    @property
    def archive(self) -> WalArchive:
        """The archive beside it, as far as it was copied."""
        return WalArchive(self.folder.parent / _LOG)

    def write(self, draft: Path) -> None:
        """Write what it is into a draft, as its last piece."""
        told = {name: value for name, value in asdict(self).items() if name != "folder"}
        write_private(draft / _MANIFEST, json.dumps({**told, "ended_at": self.ended_at.isoformat()}, indent=1))


def read_backup(folder: Path) -> Backup:
    """Return the backup in `folder`.

    Raises:
        BackupError: there is none, or it was interrupted.
    """
    try:
        told = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        told["ended_at"] = datetime.fromisoformat(told["ended_at"])
        return Backup(folder, **{one.name: told[one.name] for one in fields(Backup) if one.name != "folder"})
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BackupError(
            f"{folder} is no whole backup ({_MANIFEST} is missing or unreadable); `make backups` lists them\n"
            f"该目录不是完整的备份，可用 make backups 列出全部备份"
        ) from fault


def backups_in(folder: Path) -> list[Backup]:
    """Return the whole backups of a folder, oldest first."""
    found = sorted(path for path in folder.glob("*Z") if (path / _MANIFEST).exists()) if folder.is_dir() else []
    return sorted((read_backup(path) for path in found), key=lambda one: one.ended_at)


def archive_in(folder: Path) -> WalArchive:
    """Return the copy of the archive in the folder of backups."""
    return WalArchive(folder / _LOG)


def new_draft(folder: Path, at: datetime) -> Path:
    """Make the folder of a backup that is not yet whole; what interrupted ones left is thrown away."""
    for left in folder.glob(f"*{_DRAFT}"):
        shutil.rmtree(left)
    draft = folder / f"{at.strftime(_STAMP)}{_DRAFT}"
    draft.mkdir(mode=0o700)
    return draft


def publish(draft: Path) -> Path:
    """Give a draft its name, once all of it has reached the disk."""
    flush(draft)
    whole = draft.with_suffix("")
    draft.rename(whole)
    flush(whole.parent)
    return whole


def flush(folder: Path) -> None:
    """Wait until the file system of a folder has written what it holds."""
    subprocess.run(["sync", "-f", str(folder)], check=True)


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum((Path(top) / name).lstat().st_size for top, _, names in os.walk(folder) for name in names)


def copy_tree(
    source: Path, target: Path, *, twin: Path | None = None, told: Callable[[int], None] = lambda _: None
) -> int:
    """Copy what the target lacks of a folder, closed to everybody but the owner; return how many files were copied.

    Args:
        source: what is copied; a folder that does not exist holds nothing.
        target: where to; a file that is there is left as it is.
        twin: an earlier copy: documents never change, so those that it has are linked and not written again.
        told: is told the bytes of each file that was copied.
    """
    copied = 0
    for top, folders, names in os.walk(source):
        here = Path(top).relative_to(source)
        (target / here).mkdir(mode=0o700, parents=True, exist_ok=True)
        folders.sort()
        for name in names:
            path = target / here / name
            if path.exists() or (Path(top) / name).is_socket():
                continue
            draft = path.with_name(f"{name}.new")
            earlier = twin / here / name if twin is not None else None
            if earlier is not None and earlier.exists():
                os.link(earlier, path)
            else:
                shutil.copyfile(Path(top) / name, draft, follow_symlinks=False)
                draft.chmod(0o600)
                draft.rename(path)
                copied += 1
            told(path.lstat().st_size)
    return copied

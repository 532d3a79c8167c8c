"""PostgreSQL's own base backup of the embedded cluster, and the check that every file is what it was."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.embedded.backup_folder import BackupError
from deploy.embedded.postgres import PostgresServer

Say = Callable[[str], None]
_PROGRESS = re.compile(r"(\d+)/(\d+) kB \((\d+)%\)")
_STEP_PERCENT = 20
_WHOLE_PERCENT = 100
_MANIFEST = "backup_manifest"
_LAST_FIELD = '"Manifest-Checksum"'


def copy_cluster(server: PostgresServer, target: Path, say: Say) -> None:
    """Let PostgreSQL copy its cluster, with the log that makes the copy whole by itself; tell how far it is.

    Raises:
        BackupError: it cannot; the message shows what PostgreSQL says.
    """
    order = [
        *(str(server.binaries / "pg_basebackup"), *server.entry(), "--no-password"),
        *("-D", str(target), "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"),
        *("--progress", "--label=kechuang"),
    ]
    said, told = "", -_STEP_PERCENT
    with subprocess.Popen(
        order, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=server.secret_environment(), cwd="/"
    ) as running:
        assert running.stderr is not None  # noqa: S101  # it was asked for
        try:
            while piece := os.read(running.stderr.fileno(), 4096):
                said = (said + piece.decode(errors="replace"))[-2000:]
                if (found := _PROGRESS.findall(said)) and int(found[-1][2]) >= told + _STEP_PERCENT:
                    done, whole, told = map(int, found[-1])
                    say(f"Backing up 正在备份: {told} % ({done // 1024} / {whole // 1024} MiB)")
        except BaseException:
            running.terminate()
            raise
    if running.returncode != 0:
        raise BackupError(f"The base backup failed, nothing was kept 备份失败，未保留任何内容:\n{said.strip()[-600:]}")
    if told < _WHOLE_PERCENT:
        say(f"Backing up 正在备份: {_WHOLE_PERCENT} %")


def check_cluster(server: PostgresServer, base: Path) -> None:
    """Compare every file of a base backup with PostgreSQL's manifest, and read the log that belongs to it.

    Raises:
        BackupError: something is missing, was added or changed; the message names it.
    """
    try:
        text = (base / _MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(text)
        listed = {_path_of(one): one for one in manifest["Files"]}
        own = hashlib.sha256(text[: text.rindex(_LAST_FIELD.encode())]).hexdigest()
        faults = [] if own == manifest["Manifest-Checksum"] else [_MANIFEST]
    except (OSError, ValueError, KeyError) as fault:
        raise _damaged(base, [_MANIFEST]) from fault
    there = {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()}
    # The log was streamed beside the copy, so the manifest names its extent and not its files.
    there = {name for name in there if not name.startswith("pg_wal/")} - {_MANIFEST}
    faults += sorted(there ^ set(listed))
    faults += [name for name in sorted(there & set(listed)) if not _agrees(base / name, listed[name])]
    if faults:
        raise _damaged(base, faults)
    for extent in manifest["WAL-Ranges"]:
        order = [
            *(str(server.binaries / "pg_waldump"), "--quiet", f"--path={base / 'pg_wal'}"),
            *(f"--timeline={extent['Timeline']}", f"--start={extent['Start-LSN']}", f"--end={extent['End-LSN']}"),
        ]
        told = subprocess.run(order, check=False, capture_output=True, text=True, cwd="/")
        if told.returncode != 0:
            raise _damaged(base, ["pg_wal", told.stderr.strip()[-300:]])


def _path_of(listed: dict[str, Any]) -> str:
    return listed["Path"] if "Path" in listed else bytes.fromhex(listed["Encoded-Path"]).decode("utf-8")


def _agrees(path: Path, listed: dict[str, Any]) -> bool:
    if path.stat().st_size != listed["Size"]:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == str(listed["Checksum"])


def _damaged(base: Path, names: list[str]) -> BackupError:
    return BackupError(
        f"{base} does not agree with its check sums 备份与校验值不符: {', '.join(names[:4])}\n"
        "This copy must not be used; `make backups` lists others 此备份不可使用，可用 make backups 查看其他备份"
    )

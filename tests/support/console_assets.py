"""Files of others that pages use, fetched anew: `make assets`, or `make assets TO="htmx.org@2.0.11"` for a version.

They come out of the packages of an npm registry, whose address is a setting of the machine (NPM_CONFIG_REGISTRY). A
file of the pinned version must be the pinned one, byte for byte; another version is pinned anew, to be looked at and
committed.
"""

import io
import json
import os
import sys
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from gateway.console.assets import LOCK

_SETTING = "NPM_CONFIG_REGISTRY"
_LARGEST = 4 << 20


class NotFetchedError(Exception):
    """A file could not be fetched, or is not the one that is pinned; nothing was written."""


def fetched(registry: str, package: str, version: str, path: str) -> bytes:
    """Return one file of a package.

    Args:
        registry: address of an npm registry.
        package: such as `htmx.org`.
        version: exact.
        path: of the file in the package, such as `dist/htmx.min.js`.

    Raises:
        NotFetchedError: the registry does not answer, or the package has no such file.
    """
    name = package.rpartition("/")[2]
    address = f"{registry.rstrip('/')}/{package}/-/{name}-{version}.tgz"
    try:
        answer = httpx.get(address, follow_redirects=True, timeout=60).raise_for_status()
        with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:gz") as packed:
            file = packed.extractfile(f"package/{path}")
            content = b"" if file is None else file.read(_LARGEST)
    except (httpx.HTTPError, tarfile.TarError, KeyError, OSError) as fault:
        raise NotFetchedError(f"{package} {version}: {fault}") from fault
    return content


def refresh(lock: Path, registry: str, wanted: dict[str, str]) -> list[str]:
    """Fetch every file of the lock, write it beside it, and return what was done, a line each.

    Args:
        lock: assets.json.
        registry: address of an npm registry.
        wanted: package → version to go to; the others stay at theirs.

    Raises:
        NotFetchedError: see `fetched`; also where a pinned version holds other bytes than those that were pinned.
    """
    pinned: dict[str, Any] = json.loads(lock.read_text("utf-8"))
    unknown = sorted(set(wanted) - {one["package"] for one in pinned["files"]})
    if unknown:
        raise NotFetchedError(f"{lock.name} names no package {', '.join(unknown)}")
    contents = {}
    for one in pinned["files"]:
        version = wanted.get(one["package"], one["version"])
        content = fetched(registry, one["package"], version, one["path"])
        digest = sha256(content).hexdigest()
        if version == one["version"] and digest != one["sha256"]:
            raise NotFetchedError(f"{one['package']} {version} holds another {one['path']} than the one that is pinned")
        one |= {"version": version, "sha256": digest}
        contents[one["file"]] = content
    for name, content in contents.items():
        (lock.parent / name).write_bytes(content)
    lock.write_text(json.dumps(pinned, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [f"{one['file']}: {one['package']} {one['version']} {one['sha256']}" for one in pinned["files"]]


def main(arguments: list[str]) -> int:
    """Run the command; 1 with a sentence where nothing was written."""
    registry = os.environ.get(_SETTING, "")
    if not registry:
        print(f"Name an npm registry as {_SETTING}. 请以 {_SETTING} 指定 npm 软件源。", file=sys.stderr)
        return 1
    wanted = dict(one.rsplit("@", 1) for one in arguments if "@" in one.lstrip("@"))
    try:
        for done in refresh(LOCK, registry, wanted):
            print(done)
    except NotFetchedError as fault:
        print(f"Nothing was written 未作改动: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Files of others are fetched anew by one command: the pinned bytes and no others, or a version that is pinned anew."""

import io
import json
import tarfile
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.console_assets import NotFetchedError, refresh

OLD, NEW = b"let old = 1;", b"let new_one = 2;"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _packed(folder: Path, version: str, content: bytes) -> None:
    with tarfile.open(folder / "htmx.org" / "-" / f"htmx.org-{version}.tgz", "w:gz") as packed:
        entry = tarfile.TarInfo("package/dist/htmx.min.js")
        entry.size = len(content)
        packed.addfile(entry, io.BytesIO(content))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "registry"
    (folder / "htmx.org" / "-").mkdir(parents=True)
    _packed(folder, "2.0.1", OLD)
    _packed(folder, "2.0.2", NEW)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "assets.json"
    pinned = {"file": "htmx.min.js", "package": "htmx.org", "version": "2.0.1", "path": "dist/htmx.min.js"}
    path.write_text(json.dumps({"files": [{**pinned, "licence": "0BSD", "sha256": sha256(OLD).hexdigest()}]}))
    return path


def test_the_pinned_version_is_written_again(registry: str, lock: Path) -> None:
    refresh(lock, registry, {})
    assert (lock.parent / "htmx.min.js").read_bytes() == OLD


def test_another_version_is_pinned_anew(registry: str, lock: Path) -> None:
    (done,) = refresh(lock, registry, {"htmx.org": "2.0.2"})
    assert (lock.parent / "htmx.min.js").read_bytes() == NEW
    (held,) = json.loads(lock.read_text())["files"]
    assert (held["version"], held["sha256"]) == ("2.0.2", sha256(NEW).hexdigest())
    assert "2.0.2" in done


def test_other_bytes_than_the_pinned_ones_are_not_written(registry: str, lock: Path) -> None:
    lock.write_text(lock.read_text().replace(sha256(OLD).hexdigest(), sha256(NEW).hexdigest()))
    with pytest.raises(NotFetchedError, match="than the one that is pinned"):
        refresh(lock, registry, {})
    assert not (lock.parent / "htmx.min.js").exists()


@pytest.mark.parametrize("wanted", [{"htmx.org": "9.9.9"}, {"jquery": "3.0.0"}])
def test_what_is_not_there_is_said_and_nothing_is_written(registry: str, lock: Path, wanted: dict[str, str]) -> None:
    before = lock.read_text()
    with pytest.raises(NotFetchedError):
        refresh(lock, registry, wanted)
    assert (lock.read_text(), (lock.parent / "htmx.min.js").exists()) == (before, False)

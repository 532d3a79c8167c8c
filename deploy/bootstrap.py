"""Make the environment from the lock file, with the standard library alone.

A bare Debian has Python but neither pip nor ensurepip, so this script fetches one pinned wheel of uv from the package
indexes this machine is configured for (the `UV_…` and `PIP_…` environment, then pip's configuration files), checks its
SHA-256, and lets it install what `requirements.lock` names, each file checked against its hash. Where no index is
configured, the machine's pip is asked, which knows the public one, then the index that Python's own library names.
"""

import base64
import configparser
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-tools"
LOCK = ROOT / "requirements.lock"

UV_VERSION = "0.13.9"
UV_WHEELS = {
    "x86_64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}
OLDEST_PYTHON = (3, 11)
COMMAND = """#!/bin/sh
# The operator's command line of the clone that holds this environment; a link to it may stand on the PATH.
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
root=$(cd "$(dirname "$self")/../.." && pwd)
PYTHONPATH="$root" exec "$root/.venv/bin/python" -m deploy.command "$@"
"""


class Sources:
    """Where packages come from on this machine, in the words of uv.

    Attributes:
        indexes: simple indexes, the first asked first.
        links: folders or pages with files.
        certificates: bundle of certificate authorities, if one is named.
    """

    def __init__(self, environment: Mapping[str, str], pip: Mapping[str, str]) -> None:
        """Read the uv environment, then pip's environment, then pip's configuration files."""

        def first(*names: str) -> str:
            return next((environment[name] for name in names if environment.get(name)), "")

        default = first("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL") or pip.get("index-url", "")
        extra = first("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL") or pip.get("extra-index-url", "")
        links = first("UV_FIND_LINKS", "PIP_FIND_LINKS") or pip.get("find-links", "")
        self.default = _address(default)
        self.extra = [_address(word) for word in extra.split()]
        # pip passes over a folder that is not there, uv stops.
        self.links = [word for word in links.replace(",", " ").split() if "://" in word or Path(word).exists()]
        self.certificates = (
            first("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") or pip.get("cert", "")
        ) or None

    @property
    def indexes(self) -> list[str]:
        """All indexes that are configured."""
        return [*([self.default] if self.default else []), *self.extra]

    def uv_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return `environment` with pip's settings said in uv's words; uv does not read pip's."""
        said = {
            "UV_DEFAULT_INDEX": self.default,
            "UV_INDEX": " ".join(self.extra),
            "UV_FIND_LINKS": ",".join(self.links),
            "SSL_CERT_FILE": self.certificates or "",
            "UV_SYSTEM_CERTS": "1",
            "UV_NO_PROGRESS": "1",
        }
        deprecated = {"UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}
        kept = {name: value for name, value in environment.items() if name not in deprecated}
        return {**{name: value for name, value in said.items() if value}, **kept}


def _address(word: str) -> str:
    """Strip the `name=` that uv allows before an index."""
    name, mark, rest = word.partition("=")
    return rest if mark and name.replace("-", "").replace("_", "").isalnum() else word


def pip_configuration(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what pip's configuration files say, later files over earlier ones, as pip reads them."""
    home = Path(environment.get("HOME") or "~").expanduser()
    places = [
        *(Path(folder) / "pip" / "pip.conf" for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        *([Path(environment["PIP_CONFIG_FILE"])] if environment.get("PIP_CONFIG_FILE") else []),
    ]
    said: dict[str, str] = {}
    for place in places:
        parser = configparser.RawConfigParser()
        try:
            parser.read(place, encoding="utf-8")
        except (OSError, configparser.Error):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                said.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    return said


class _Links(HTMLParser):
    """The addresses a simple index page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of each link."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _read(address: str, certificates: str | None) -> bytes:
    """Read an http(s) or file address; a name and password inside it are sent as a header."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "file":
        path = Path(urllib.request.url2pathname(parts.path))
        return (path / "index.html" if path.is_dir() else path).read_bytes()
    host = parts.netloc.rpartition("@")
    request = urllib.request.Request(urllib.parse.urlunsplit(parts._replace(netloc=host[2])))  # noqa: S310  # as configured
    if host[0]:
        pair = urllib.parse.unquote(host[0]).encode()
        request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    context = ssl.create_default_context(cafile=certificates) if parts.scheme == "https" else None
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:  # noqa: S310  # as configured
        body: bytes = answer.read()
    return body


def public_index() -> str:
    """Return the public index, which a bare machine without any configuration means; empty if it is not found.

    This repository names no index. Python does: the standard library tells where one of its modules is published.
    """
    found = importlib.util.find_spec("unittest.mock")
    if found is None or found.origin is None:
        return ""
    named = re.search(r"https://[\w.-]+(?=/project/)", Path(found.origin).read_text(encoding="utf-8"))
    return f"{named[0]}/simple" if named else ""


def _candidates(wheel: str, sources: Sources, indexes: list[str]) -> Iterator[str]:
    """Yield the addresses under which configured folders and `indexes` offer `wheel`."""
    for place in sources.links:
        folder = Path(urllib.request.url2pathname(urllib.parse.urlsplit(place).path))
        if (folder / wheel).is_file():
            yield (folder / wheel).as_uri()
    for index in indexes:
        page = index.rstrip("/") + "/uv/"
        try:
            parser = _Links()
            parser.feed(_read(page, sources.certificates).decode("utf-8", "replace"))
        except (OSError, ValueError):
            continue
        for link in parser.found:
            address, _ = urllib.parse.urldefrag(urllib.parse.urljoin(page, link))
            if urllib.parse.unquote(address.rsplit("/", 1)[-1]) == wheel:
                yield address


def _fetch_wheel(wheel: str, digest: str, sources: Sources) -> bytes | None:
    """Return the wheel with exactly this SHA-256: from configured sources, the machine's pip, the public index."""
    body = _first_match(wheel, digest, sources, sources.indexes)
    if body is not None:
        return body
    with tempfile.TemporaryDirectory() as folder:
        order = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder, f"uv=={UV_VERSION}"]
        subprocess.run(order, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for file in Path(folder).glob("*.whl"):
            if hashlib.sha256(file.read_bytes()).hexdigest() == digest:
                return file.read_bytes()
    public = public_index()
    # An index that somebody configured stands instead of the public one: their network may forbid it.
    return _first_match(wheel, digest, sources, [public]) if public and not sources.default else None


def _first_match(wheel: str, digest: str, sources: Sources, indexes: list[str]) -> bytes | None:
    for address in _candidates(wheel, sources, indexes):
        try:
            body = _read(address, sources.certificates)
        except (OSError, ValueError):
            continue
        if hashlib.sha256(body).hexdigest() == digest:
            return body
    return None


def uv_binary(sources: Sources) -> Path:
    """Return the pinned uv, fetched on the first use; the machine's own where it cannot be had.

    Raises:
        SystemExit: there is neither; says what to set.
    """
    target = TOOLS / f"uv-{UV_VERSION}"
    if target.is_file():
        return target
    wheel, digest = UV_WHEELS.get(platform.machine(), ("", ""))
    body = _fetch_wheel(wheel, digest, sources) if wheel else None
    if body is None:
        own = shutil.which("uv")
        if own is None:
            raise SystemExit(
                f"Cannot fetch uv {UV_VERSION}. Name a package index that has it, as UV_DEFAULT_INDEX, PIP_INDEX_URL\n"
                "or index-url in pip.conf, or a folder with its wheel as UV_FIND_LINKS; or install uv or pip.\n"
                f"取不到 uv {UV_VERSION}：请用 UV_DEFAULT_INDEX、PIP_INDEX_URL 或 pip.conf 指定软件包索引，"
                "或安装 uv、pip。"
            )
        return Path(own)
    draft = TOOLS / f"uv-{UV_VERSION}.new"
    draft.parent.mkdir(exist_ok=True)
    archive = draft.with_suffix(".whl")
    archive.write_bytes(body)
    with zipfile.ZipFile(archive) as opened:
        member = next(name for name in opened.namelist() if name.endswith("/scripts/uv"))
        draft.write_bytes(opened.read(member))
    archive.unlink()
    draft.chmod(0o755)
    draft.rename(target)
    return target


def _fingerprint() -> str:
    """What the environment was made from: the lock file, this Python, the place where it lies, also behind a link."""
    text = f"{sys.version}\n{VENV.resolve()}\n{hashlib.sha256(LOCK.read_bytes()).hexdigest()}\n"
    return hashlib.sha256(text.encode()).hexdigest()


def _works(python: Path) -> bool:
    try:
        order = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(order, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.strip() == ".".join(str(part) for part in sys.version_info[:2])


def write_command(folder: Path) -> None:
    """Write `kechuang` into the environment's `bin`, where it is not there as it should be."""
    target = folder / "kechuang"
    if target.is_file() and target.read_text() == COMMAND:
        return
    draft = folder / f"kechuang.{os.getpid()}"
    draft.write_text(COMMAND)
    draft.chmod(0o755)
    draft.rename(target)


def main() -> None:
    """Make `.venv` agree with `requirements.lock`; at once done if it does.

    A `.venv` that is a link is another clone's environment: it is used as it is and never changed.

    Raises:
        SystemExit: Python is too old, or the linked environment was made from another lock file or Python.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit(
            f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed, this is {platform.python_version()}"
        )
    stamp = VENV / "made-from"
    fingerprint = _fingerprint()
    if stamp.is_file() and stamp.read_text() == fingerprint:
        if not VENV.is_symlink():
            write_command(VENV / "bin")
        return
    if VENV.is_symlink():
        raise SystemExit(
            f".venv is a link to {VENV.resolve()}, which was made from another requirements.lock or Python; it is\n"
            "another clone's and is left as it is. Remove the link to get an environment of this clone's own, or run\n"
            "`make environment` in that clone.\n"
            ".venv 是指向另一份代码环境的链接，其依赖或版本与本目录不同，未作任何改动；"
            "请删除该链接以建立自己的环境，或在那一份代码中重新准备环境。"
        )
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == fingerprint:
            return
        sources = Sources(os.environ, pip_configuration(os.environ))
        environment = sources.uv_environment(os.environ)
        environment.pop("VIRTUAL_ENV", None)
        print("Making the environment in .venv 正在准备运行环境", file=sys.stderr, flush=True)
        uv = str(uv_binary(sources))
        python = VENV / "bin" / "python"
        if not _works(python):
            shutil.rmtree(VENV, ignore_errors=True)
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], check=True, env=environment)
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--index-strategy", "unsafe-best-match"]
        subprocess.run([*sync, "--python", str(python), str(LOCK)], check=True, env=environment)
        write_command(VENV / "bin")
        stamp.write_text(fingerprint)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        raise SystemExit(failed.returncode) from failed

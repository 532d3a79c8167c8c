"""What the figures were measured on: the machine without its name, versions, and how long its disk takes to sync."""

import os
import platform
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from deploy.embedded.binaries import nats_server, postgres_bin

_PACKAGES = (
    "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "aiohttp", "sqlalchemy", "sqlmodel", "asyncpg",
    "pydantic", "orjson", "nats-py", "zen-engine", "python-calamine", "opentelemetry-sdk",
)  # fmt: skip
_SYNCS = 60
_GIBIBYTE = 1 << 30
_OWN, _OWN_AND_ENDED = slice(11, 13), slice(11, 15)


def facts() -> list[str]:
    """Return the machine and the versions as lines of Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBIBYTE
    what = f"{os.cpu_count()} cores, {memory:.0f} GiB, {_processor()}; Linux {platform.release().split('-')[0]}"
    return [
        f"- Machine: {what}; a write of 8 KiB and its fsync take {_sync_ms():.2f} ms (median of {_SYNCS})",
        f"- Python {platform.python_version()}, {_said(postgres_bin() / 'postgres')}, {_said(nats_server())}",
        "- Packages: " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def load() -> str:
    """Return how many were waiting for a processor or had one, over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def processor_s(pid: int) -> float:
    """Return the processor time of a server and of its children, ended ones too, in seconds.

    Raises:
        FileNotFoundError: there is no such process.
    """
    spent = _ticks(pid, _OWN_AND_ENDED)
    for child in _children(pid):
        try:
            spent += _ticks(child, _OWN)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile: the next look finds its time at its parent
    return spent / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, fields: slice) -> int:
    # Behind the name in brackets, which may hold blanks: user and system time, then those of ended children.
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return sum(map(int, told[fields]))


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def _processor() -> str:
    for text in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if text.startswith("model name"):
            return text.partition(":")[2].strip()
    return platform.machine()


def _said(binary: Path) -> str:
    words = subprocess.run([str(binary), "--version"], check=True, capture_output=True, text=True).stdout
    return words.strip().replace("postgres (PostgreSQL)", "PostgreSQL").replace(": v", " ")


def _sync_ms() -> float:
    """Return what the disk of the temporary folder, where the servers of the bench write, takes for one sync."""
    took = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(bytes(8192))
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return median(took)

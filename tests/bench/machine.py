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


def facts() -> list[str]:
    """Return the machine and the versions as lines of Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBIBYTE
    what = f"{os.cpu_count()} cores, {memory:.0f} GiB, {_processor()}; Linux {platform.release().split('-')[0]}"
    return [
        f"- Machine: {what}; a write of 8 KiB and its fsync take {_sync_ms():.2f} ms (median of {_SYNCS})",
        f"- Python {platform.python_version()}, {_said(postgres_bin() / 'postgres')}, {_said(nats_server())}",
        "- Packages: " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


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

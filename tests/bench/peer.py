"""faststream-outbox as a peer, in an environment of its own that the bench makes and throws away."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.bootstrap import Sources, pip_configuration, uv_binary
from tests.support.postgres import DatabaseServer

_VERSION = "0.19.*"
_PACKAGES = (f"faststream-outbox[asyncpg]=={_VERSION}", "nats-py", "uvloop")
_PROGRAM = Path(__file__).with_name("peer_program.py")
_folder: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True, slots=True)
class Peer:
    """An environment with the peer in it."""

    python: Path
    name: str

    async def run(self, postgres: DatabaseServer, nats_url: str, *, events: int, workers: int) -> dict[str, float]:
        """Let it relay `events` in a database of its own; return the seconds and what it counted."""
        name = f"peer_{os.urandom(6).hex()}"
        await postgres._admin(f'CREATE DATABASE "{name}"')
        try:
            words = [str(self.python), str(_PROGRAM), postgres.server.url(name), nats_url, str(events), str(workers)]
            running = await asyncio.create_subprocess_exec(
                *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            out, fault = await asyncio.wait_for(running.communicate(), 120)
            if running.returncode != 0:
                raise RuntimeError(f"the peer failed: {fault.decode().strip().splitlines()[-1]}")
            told: dict[str, float] = json.loads(out.splitlines()[-1])
            return told
        finally:
            await postgres._admin(f'DROP DATABASE "{name}" WITH (FORCE)')


def peer_or_reason() -> Peer | str:
    """Return the peer in a fresh environment, or why there is none."""
    folder = tempfile.TemporaryDirectory(prefix="kechuang-peer-")
    _folder.append(folder)  # until this process ends
    python = Path(folder.name) / "venv" / "bin" / "python"
    sources = Sources(os.environ, pip_configuration(os.environ))
    environment = sources.uv_environment(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    try:
        uv = str(uv_binary(sources))
        _quietly([uv, "venv", "--quiet", "--python", sys.executable, str(python.parents[1])], environment)
        install = [uv, "pip", "install", "--quiet", "--index-strategy", "unsafe-best-match", "--python", str(python)]
        _quietly([*install, *_PACKAGES], environment)
        tell = "from importlib.metadata import version; print(version('faststream-outbox'))"
        version = _quietly([str(python), "-c", tell], environment)
    except SystemExit:
        return "faststream-outbox needs uv, which cannot be had here"
    except (OSError, subprocess.SubprocessError):
        return "faststream-outbox cannot be installed: no package index has it"
    return Peer(python, f"faststream-outbox {version.strip()}")


def _quietly(order: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(order, check=True, capture_output=True, text=True, env=environment, timeout=120).stdout

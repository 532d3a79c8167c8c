"""Start-up of the suite, cold and warm, and its memory when nobody calls."""

import asyncio
import re
import time

from deploy.embedded.__main__ import supervisor_pid
from deploy.embedded.table import memory_mebibytes
from tests.bench.bench import Bench
from tests.bench.table import Goal, Row
from tests.support.suite import LaunchedSuite

_READY = re.compile(r"ready after ([\d.]+) s")
_GIGABYTE_MIB = 954
_DISK = "PostgreSQL with fsync, JetStream synced at each write"


async def measure(bench: Bench) -> None:
    """Add cold and warm start and idle memory; the suite runs on afterwards."""
    suite = await bench.suite()
    bench.add(
        Row(
            figure="start, cold: data folders made, migrated; until every process is ready",
            unit="s",
            ours=(_ready_after(suite.printed),),
            disk=_DISK,
        )
    )
    bench.add(
        Row(
            figure="〃 and the made-up city loaded and the main job told over HTTP",
            unit="s",
            ours=(bench.started["cold, story told"],),
            disk=_DISK,
        )
    )
    warm = []
    for _ in range(bench.pace.runs):
        suite.stop()
        began = time.monotonic()
        printed = suite.start()
        whole = time.monotonic() - began
        bench.say(f"warm start: ready after {_ready_after(printed):.1f} s, `make run` returned after {whole:.1f} s")
        warm.append(whole)
    bench.add(
        Row(
            figure="start, warm: from the command `make run DETACH=1` to its return",
            unit="s",
            ours=tuple(warm),
            goal=Goal("value", "most", 10),
            disk=_DISK,
        )
    )
    await asyncio.sleep(bench.pace.settle_s)
    bench.add(
        Row(
            figure="idle memory: PSS over all processes, supervisor and servers included",
            unit="MiB",
            ours=(float(memory_mebibytes(all_pids(suite))),),
            goal=Goal("value", "most", _GIGABYTE_MIB),
        )
    )


def all_pids(suite: LaunchedSuite) -> list[int]:
    """Return the supervisor and all its children."""
    supervisor = supervisor_pid(suite.settings)
    return [*suite.pids().values(), *([supervisor] if supervisor else [])]


def _ready_after(printed: str) -> float:
    found = _READY.search(printed)
    return float(found[1]) if found else float("nan")

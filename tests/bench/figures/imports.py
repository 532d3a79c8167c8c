"""Imports of long lists: how long, how much memory, and what other callers of the service feel meanwhile."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from shared.kernel.ids import new_id
from tests.bench.bench import Bench, token_of
from tests.bench.lists import enterprises_csv, rights_csv
from tests.bench.load import Pressed, pace, request
from tests.bench.table import Gate, Goal, Row
from tests.support.suite import LaunchedSuite

_RATE = 40
"""Other calls per second during the import."""
_PATIENCE_S = 400.0
_DISK = "PostgreSQL with fsync, one commit per batch of rows"


async def measure(bench: Bench) -> None:
    """Add seconds, memory and the other callers' p99 for both kinds of list."""
    suite = await bench.suite()
    (firm,) = await suite.rows("registry", "SELECT uscc FROM enterprise ORDER BY uscc LIMIT 1")
    await _import(
        bench,
        suite,
        service="registry",
        client="city",
        path="/v1/imports/enterprises",
        other=f"/v1/enterprises/{firm['uscc']}",
        make=enterprises_csv,
        counted="SELECT count(*) AS n FROM enterprise",
    )
    (right,) = await suite.rows("ipr", "SELECT id FROM ip_right ORDER BY id LIMIT 1")
    await _import(
        bench,
        suite,
        service="ipr",
        client="ip-centre",
        path="/v1/imports/ip-rights",
        other=f"/v1/ip-rights/{right['id']}",
        make=rights_csv,
        counted="SELECT count(*) AS n FROM ip_right",
    )


async def _import(
    bench: Bench,
    suite: LaunchedSuite,
    *,
    service: str,
    client: str,
    path: str,
    other: str,
    make: Callable[[int, int], bytes],
    counted: str,
) -> None:
    rows = bench.pace.imported
    pid = suite.pids()[service]
    seconds, peaks, before, during, gates = [], [], [], [], []
    for turn in range(bench.pace.runs):
        content = make(rows, turn)
        token = token_of(suite, client)
        calm = await _others(suite, service, other, token, bench.pace.window_s)
        held = (await suite.rows(service, counted))[0]["n"]
        _forget_peak(pid)
        took, pressed = await _run(suite, service, client, path, other, content)
        seconds.append(took)
        peaks.append(_peak_mb(pid))
        before.append(calm.ms(0.99))
        during.append(pressed.ms(0.99))
        now = (await suite.rows(service, counted))[0]["n"]
        gates.append(Gate(rows, now - held, None, None))
        bench.say(f"{service}: {took:.1f} s, peak {peaks[-1]:.0f} MB, p99 {before[-1]:.1f} → {during[-1]:.1f} ms")
    name = f"import of {rows:,} rows, {service}"
    common: dict[str, Any] = {"gates": tuple(gates), "disk": _DISK}
    bench.add(Row(figure=name, unit="s", ours=tuple(seconds), goal=Goal("value", "most", 60), **common))
    bench.add(
        Row(
            figure=f"{name}: peak resident memory of the service",
            unit="MB",
            ours=tuple(peaks),
            goal=Goal("value", "most", 300),
        )
    )
    bench.add(
        Row(
            figure=f"{name}: p99 of other reads at {_RATE}/s during it",
            unit="ms",
            ours=tuple(during),
            floor=tuple(before),
            floor_name=f"before it, median {median(before):.1f} ms; p99",
        )
    )


async def _run(
    suite: LaunchedSuite, service: str, client: str, path: str, other: str, content: bytes
) -> tuple[float, Pressed]:
    """Upload, follow to the end with other calls beside; return the seconds and what the other calls met."""
    url, took = suite.url_of(service), 0.0
    pressed = Pressed(0.0)
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        token = await asyncio.to_thread(token_of, suite, client)
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id())}
        answer = await http.post(path, files={"file": ("list.csv", content, "text/csv")}, headers=headers)
        if answer.status_code != 202:
            raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[:200]}")
        state_path = f"{path}/{answer.json()['id']}"
        while took < _PATIENCE_S:
            token = await asyncio.to_thread(token_of, suite, client)
            part = await _others(suite, service, other, token, 0.5)
            pressed.took_ms += part.took_ms
            state = (await http.get(state_path, headers={"authorization": f"Bearer {token}"})).json()
            took = time.perf_counter() - began
            if state["status"] == "DONE":
                return took, pressed
            if state["status"] == "FAILED":
                raise RuntimeError(f"the import failed: {state}")
    raise RuntimeError(f"the import took more than {_PATIENCE_S:.0f} s")


async def _others(suite: LaunchedSuite, service: str, other: str, token: str, seconds: float) -> Pressed:
    raw = request("GET", other, token=token)
    pressed = await pace(suite.ports[service], lambda _n: raw, rate=_RATE, seconds=seconds, connections=4)
    pressed.must_be_good(other)
    return pressed


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    return float("nan")

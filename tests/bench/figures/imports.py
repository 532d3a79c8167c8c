"""Imports of long lists: how long, how much memory, and what other callers of the service feel meanwhile."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from shared.kernel.ids import new_id
from tests.bench.bench import Bench, token_of
from tests.bench.lists import (
    achievements_csv,
    enterprises_csv,
    filings_csv,
    moved_enterprises_csv,
    needs_csv,
    rights_csv,
)
from tests.bench.load import Pressed, pace, request
from tests.bench.machine import load, processor_s
from tests.bench.table import Gate, Goal, Row
from tests.support.suite import LaunchedSuite

_RATE = 40
"""Other calls per second during the import."""
_PATIENCE_S = 600.0
_LOOK_S = 2.0
_REST = 0.25
"""Processors busy with the whole suite below which it has come to rest."""
_DISK = "PostgreSQL with fsync, one commit per batch of rows"


@dataclass(frozen=True, slots=True)
class _List:
    """One kind of list.

    Attributes:
        name: what stands in it.
        service: that takes it.
        client: that uploads it.
        path: where.
        other: a record of the same service that others read meanwhile.
        make: rows and turn → the list.
        counted: statement that counts what lists of this kind have written.
    """

    name: str
    service: str
    client: str
    path: str
    other: str
    make: Callable[[int, int], bytes]
    counted: str


async def measure(bench: Bench) -> None:
    """Add seconds, processor time of all processes, memory and the other callers' p99 for each kind of list."""
    suite = await bench.suite()
    (firm,) = await suite.rows("registry", "SELECT uscc FROM enterprise ORDER BY uscc LIMIT 1")
    (right,) = await suite.rows("ipr", "SELECT id FROM ip_right ORDER BY id LIMIT 1")
    firm_page, right_page = f"/v1/enterprises/{firm['uscc']}", f"/v1/ip-rights/{right['id']}"
    firms, years = "/v1/imports/enterprises", "/v1/imports/filings"
    city, centre = ("registry", "city"), ("ipr", "ip-centre")
    count = "SELECT count(*) AS n FROM"
    moved = f"{count} enterprise WHERE address LIKE '%（已迁）'"
    runs = bench.pace.runs
    await _import(bench, suite, _List("", *city, firms, firm_page, enterprises_csv, f"{count} enterprise"), runs)
    await _import(bench, suite, _List(", changed", *city, firms, firm_page, moved_enterprises_csv, moved), 1)
    await _import(bench, suite, _List(", filings", *city, years, firm_page, filings_csv, f"{count} filing"), 1)
    await _import(
        bench, suite, _List("", *centre, "/v1/imports/ip-rights", right_page, rights_csv, f"{count} ip_right"), runs
    )
    market = ("techtransfer", "agency-1")
    for noun, make, table in (("achievements", achievements_csv, "achievement"), ("needs", needs_csv, "need")):
        made = _List(f", {noun}", *market, f"/v1/imports/{noun}", f"/v1/{noun}", make, f"{count} {table}")
        await _import(bench, suite, made, 1)


async def _import(bench: Bench, suite: LaunchedSuite, made: _List, turns: int) -> None:
    rows = bench.pace.imported
    seconds, spent, peaks, before, during, gates = [], [], [], [], [], []
    for turn in range(turns):
        content = made.make(rows, turn)
        pid = suite.pids()[made.service]
        calm = await _others(suite, made.service, made.other, token_of(suite, made.client), bench.pace.window_s)
        held = (await suite.rows(made.service, made.counted))[0]["n"]
        _forget_peak(pid)
        began = _spent(suite)
        took, pressed = await _run(suite, made.service, made.client, made.path, made.other, content)
        told = _since(began, _spent(suite))
        seconds.append(took)
        peaks.append(_peak_mb(pid))
        before.append(calm.ms(0.99))
        during.append(pressed.ms(0.99))
        now = (await suite.rows(made.service, made.counted))[0]["n"]
        gates.append(Gate(rows, now - held, None, None))
        await _rest(suite)
        whole = _since(began, _spent(suite))
        spent.append(sum(whole.values()))
        bench.say(
            f"{made.service}{made.name}: {took:.1f} s, processor {_told(told)}, with what others did behind it "
            f"{_told(whole)}, peak {peaks[-1]:.0f} MB, p99 {before[-1]:.1f} → {during[-1]:.1f} ms, load {load()}"
        )
    name = f"import of {rows:,} rows, {made.service}{made.name}"
    common: dict[str, Any] = {"gates": tuple(gates), "disk": _DISK}
    bench.add(Row(figure=name, unit="s", ours=tuple(seconds), goal=Goal("value", "most", 60), **common))
    figure = f"{name}: processor time of all processes, until those that listen have come to rest"
    bench.add(Row(figure=figure, unit="s", ours=tuple(spent)))
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


def _spent(suite: LaunchedSuite) -> dict[str, float]:
    """Return the processor time of each process of the suite so far, in seconds."""
    return {name: processor_s(pid) for name, pid in suite.pids().items()}


def _since(before: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: now[name] - spent for name, spent in before.items() if name in now}


def _told(spent: dict[str, float]) -> str:
    """Return the sum and its parts, the largest first; what took next to nothing is left out."""
    parts = sorted(spent.items(), key=lambda one: -one[1])
    named = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts if seconds >= 0.05)  # shown as 0.1
    return f"{sum(spent.values()):.1f} s ({named})"


async def _rest(suite: LaunchedSuite) -> None:
    """Wait until those that listen have done what follows from the list."""
    deadline = time.monotonic() + _PATIENCE_S
    before = sum(_spent(suite).values())
    while time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_S)
        now = sum(_spent(suite).values())
        if now - before < _REST * _LOOK_S:
            return
        before = now
    raise RuntimeError(f"the suite did not come to rest within {_PATIENCE_S:.0f} s")


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

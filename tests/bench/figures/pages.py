"""Pages for people: what a page costs beside its calls, fifty people at once, and when a slow machine shows it."""

import asyncio
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.embedded.people import read_people
from gateway.console.page import Page
from gateway.console.views.every import PAGES
from shared.kernel.actor import Role
from tests.bench.bench import Bench
from tests.bench.pace import FULL
from tests.bench.table import Goal, Row, percentile
from tests.support.chromium import MISSING, chromium_path, running_chromium, walker
from tests.support.console import Browser
from tests.support.suite import LaunchedSuite

_MIDDLE, _SLOW = Goal("value", "most", 30), Goal("value", "most", 80)
_NONE, _SHOWN = Goal("value", "most", 0), Goal("value", "most", 1_000)
_PEOPLE = 50
_CLICKS_PER_SECOND = 1.0
_THROTTLED = 4
_OWN = re.compile(r"page;dur=([\d.]+)")
_LARGEST_SHOWN = """() => new Promise(found => new PerformanceObserver(
    list => found(list.getEntries().at(-1).startTime)).observe({type: "largest-contentful-paint", buffered: true}))"""


@dataclass(slots=True)
class _Clicked:
    """What pages cost."""

    own_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    errors: int = 0

    async def click(self, browser: Browser, path: str) -> None:
        """Open a page."""
        began = time.perf_counter()
        screen = await browser.open(path)
        self.whole_ms.append(1000 * (time.perf_counter() - began))
        told = _OWN.search(screen.answer.headers.get("server-timing", ""))
        if screen.status != 200 or told is None:
            self.errors += 1
        else:
            self.own_ms.append(float(told[1]))


async def measure(bench: Bench) -> None:
    """Add what pages cost: one person alone, fifty people at once, and a browser on a slow machine."""
    suite = await bench.suite()
    people = read_people(suite.settings)
    middles, slow = [], []
    for _ in range(bench.pace.runs):
        alone = _Clicked()
        for person in people:
            async with Browser(url=suite.gateway_url) as browser:
                await browser.sign_in(person["login"], person["password"], to="/console")
                for page in _menu(person):
                    for _again in range(1 + bench.pace.views // 40):
                        await alone.click(browser, f"/console{page.path}")
        if alone.errors:
            raise RuntimeError(f"{alone.errors} pages were not shown")
        middles.append(percentile(alone.own_ms, 0.5))
        slow.append(percentile(alone.own_ms, 0.95))
    figure = "a page for people, beside its calls of the API"
    bench.add(Row(figure=f"{figure}, p50", unit="ms", ours=tuple(middles), goal=_MIDDLE))
    bench.add(Row(figure=f"{figure}, p95", unit="ms", ours=tuple(slow), goal=_SLOW))
    await _fifty(bench, suite)
    await _shown(bench, suite)


def _menu(person: Mapping[str, Any]) -> list[Page]:
    return PAGES.menu(Role(person["role"]), frozenset(person["scopes"]))


async def _fifty(bench: Bench, suite: LaunchedSuite) -> None:
    """Let fifty people click, each about once a second, for a minute."""
    seconds = 60.0 if bench.pace == FULL else 3.0
    people = read_people(suite.settings)
    clicked = _Clicked()

    async def one(number: int) -> None:
        choose = random.Random(number)
        person = people[number % len(people)]
        async with Browser(url=suite.gateway_url) as browser:
            await browser.sign_in(person["login"], person["password"], to="/console")
            await asyncio.sleep(choose.random())
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                began = time.monotonic()
                await clicked.click(browser, f"/console{choose.choice(_menu(person)).path}")
                await asyncio.sleep(
                    max(0.0, choose.uniform(0.5, 1.5) / _CLICKS_PER_SECOND - (time.monotonic() - began))
                )

    async with asyncio.TaskGroup() as group:
        for number in range(_PEOPLE):
            group.create_task(one(number))
    figure = f"{_PEOPLE} people who click once a second"
    bench.add(Row(figure=f"{figure}: pages that were not shown", unit="pages", ours=(clicked.errors,), goal=_NONE))
    bench.add(
        Row(figure=f"{figure}: a whole page at the person, p95", unit="ms", ours=(percentile(clicked.whole_ms, 0.95),))
    )
    bench.add(Row(figure=f"{figure}: pages shown in all", unit="pages", ours=(len(clicked.own_ms),)))


async def _shown(bench: Bench, suite: LaunchedSuite) -> None:
    """Measure when a browser whose processor is throttled has drawn the largest part of a page."""
    figure = f"largest part of a page drawn, processor throttled {_THROTTLED} times, slowest page of a bank"
    if chromium_path() is None:
        bench.add(Row(figure=figure, skipped=MISSING))
        return
    (person,) = [one for one in read_people(suite.settings) if one["login"] == "bank@demo"]
    found = []
    async with running_chromium() as browser, walker(browser, suite.gateway_url) as walked:
        await walked.sign_in(person["login"], person["password"])
        devtools = await walked.context.new_cdp_session(walked.page)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": _THROTTLED})
        for _ in range(bench.pace.runs):
            times = []
            for page in _menu(person):
                await walked.open(f"/console{page.path}")
                times.append(float(await walked.page.evaluate(_LARGEST_SHOWN)))
            found.append(max(times))
    bench.add(Row(figure=figure, unit="ms", ours=tuple(found), goal=_SHOWN))

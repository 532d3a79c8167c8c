"""D4: four hundred registrations at once, all of them behind one lock: whoever reads is served, and nothing is lost."""

import asyncio
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx
import pytest

from shared.kernel.ids import new_id
from tests.fault.checker import Checker
from tests.fault.journal import Entry, Journal
from tests.fault.world import World
from tests.support import journey

pytestmark = [pytest.mark.timeout(300), pytest.mark.fault("D4")]
MANY, READS, _LINES = 400, 8, 20
_ADDRESS = "/v1/enterprises"
_REFUSED = {429, 503}
TURNED_AWAY = "calls_turned_away_total{"


@dataclass
class Rush:
    """Calls that come at one instant, and come again when they are told to.

    Attributes:
        lines: clients of the gateway; one pool of four hundred connections would cost more than what is tried.
        journal: where every answer is written down.
        refused: refusals by status.
        untold: refusals that are no problem document, or do not tell when to come again.
    """

    lines: Sequence[httpx.AsyncClient]
    journal: Journal
    refused: Counter[int] = field(default_factory=Counter)
    untold: list[str] = field(default_factory=list)
    _choice: random.Random = field(default_factory=lambda: random.Random(MANY))

    async def register(self, number: int, entry: Entry, caller: tuple[str, str]) -> None:
        """Register one firm of the caller's unit, however often that takes."""
        token, unit = caller
        uscc, line = entry.natural, self.lines[number % len(self.lines)]
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id())}
        body = {**journey.registration(uscc, f"示例{uscc[-8:]}有限公司"), "unit_id": unit}
        while True:
            entry.tries += 1
            answer = await self.ask(line, "POST", headers, json=body)
            if answer.status_code not in _REFUSED:
                entry.state = "ok" if answer.status_code == httpx.codes.CREATED else "refused"
                return
            self.refused[answer.status_code] += 1
            wait = answer.headers.get("retry-after")
            if wait is None or not answer.headers["content-type"].startswith("application/problem+json"):
                self.untold.append(answer.text)
            await asyncio.sleep(float(wait or 1) * (1 + self._choice.random()))

    async def ask(
        self, line: httpx.AsyncClient, method: str, headers: dict[str, str], **options: object
    ) -> httpx.Response:
        """Send one call and write its answer down."""
        began = time.monotonic()
        answer = await line.request(method, _ADDRESS, headers=headers, **options)  # type: ignore[arg-type]
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        self.journal.saw(method, _ADDRESS, answer.status_code, media_type, began)
        return answer


@asynccontextmanager
async def lines_to(url: str, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Open clients of their own connections."""
    trust = ssl.create_default_context()  # made once: each takes as long as a call
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, verify=trust))
            for _ in range(count)
        ]


async def rush_behind_a_lock(world: World, journal: Journal) -> tuple[Rush, list[httpx.Response], bool]:
    """Let many register while changes wait for a lock, and read meanwhile; return when all have been answered for good.

    What is returned last is whether somebody was turned away before those that came first gave up waiting.
    """
    suite = world.suite
    # Three: the gateway lets so many calls of each under way that together they are more than may wait in line.
    callers = [(world.client(f"district-{unit}").token(), unit) for unit in ("500107", "500109", "500103")]
    reader = {"authorization": f"Bearer {world.client('auditor').token()}"}
    lock = await asyncpg.connect(suite.administrator_url("registry"))
    async with lines_to(suite.gateway_url, _LINES + 1) as (own, *lines):
        rush = Rush(lines, journal)
        try:
            async with lock.transaction():
                await lock.execute("LOCK TABLE enterprise IN EXCLUSIVE MODE")  # changes wait, reads do not
                entries = [journal.begin("register", journey.made_up_code(f"D4{at:04d}")) for at in range(MANY)]
                calls = [
                    asyncio.ensure_future(rush.register(at, entry, callers[at % len(callers)]))
                    for at, entry in enumerate(entries)
                ]
                while not rush.refused[503]:  # noqa: ASYNC110  # the service is full: it says so by a refusal
                    await asyncio.sleep(0.01)
                # Told by the service itself: which call came first is known only there.
                turned_away = _turned_away((await own.get(f"{suite.url_of('registry')}/metrics")).text)
                reads = [await rush.ask(own, "GET", reader, params={"limit": 1}) for _ in range(READS)]
        finally:
            await lock.close()
        await asyncio.wait_for(asyncio.gather(*calls), 120)
    return rush, reads, turned_away > 0


def _turned_away(metrics: str) -> float:
    """Return how many calls the service turned away before they waited for a connection."""
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if TURNED_AWAY in line)


def test_of_four_hundred_registrations_behind_a_lock_all_are_done_in_the_end_and_no_reader_waits_for_them(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    journal, began = world.begin(), time.monotonic()
    rush, reads, turned_away = asyncio.run(rush_behind_a_lock(world, journal))
    record_property("noted", f"{dict(rush.refused)} refusals, all done after {time.monotonic() - began:.1f} s")
    assert {one.status_code for one in reads} == {200}
    assert turned_away, "nobody was refused before those in front gave up"
    assert rush.untold == []
    assert {one.state for one in journal.of("register")} == {"ok"}
    assert Checker(world).findings(probes=5) == []

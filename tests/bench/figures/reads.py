"""Record pages and work lists at a fixed rate, as people open them: through the gateway, with what a call costs."""

from dataclasses import dataclass

from tests.bench.bench import Bench, token_of
from tests.bench.load import Pressed, pace, request
from tests.bench.machine import processor_s
from tests.bench.table import Goal, Row
from tests.support.suite import LaunchedSuite

RATE = 20
"""Calls a second of each page."""
_GOAL = Goal("value", "most", 25.0)
_MS = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """One read.

    Attributes:
        name: as the table has it.
        service: that answers it.
        client: demo client that calls it.
        target: path and query.
        row: SQL for the values that the target names; empty if it names none.
    """

    name: str
    service: str
    client: str
    target: str
    row: str = ""


PAGES = (
    Page("record: enterprise", "registry", "city", "/v1/enterprises/{uscc}", "SELECT uscc FROM enterprise LIMIT 1"),
    Page(
        "record: loan application",
        "finance",
        "bank-a",
        "/v1/loan-applications/{id}",
        "SELECT application_id AS id FROM loan ORDER BY created_at LIMIT 1",
    ),
    Page("record: loan", "finance", "bank-a", "/v1/loans/{id}", "SELECT id FROM loan ORDER BY created_at LIMIT 1"),
    Page("record: right", "ipr", "city", "/v1/ip-rights/{id}", "SELECT id FROM ip_right LIMIT 1"),
    Page("record: achievement", "techtransfer", "city", "/v1/achievements/{id}", "SELECT id FROM achievement LIMIT 1"),
    Page("list: enterprises", "registry", "city", "/v1/enterprises?limit=50"),
    Page("list: waiting cases", "finance", "city", "/v1/work-items/finance?limit=50"),
    Page("list: loan applications", "finance", "bank-a", "/v1/loan-applications?limit=50"),
    Page("list: annuities", "ipr", "city", "/v1/annuities?limit=50"),
    Page("list: achievements", "techtransfer", "city", "/v1/achievements?limit=50"),
)


async def measure(bench: Bench) -> None:
    """Add the late answers of each page, and the processor time that one costs gateway and service together."""
    suite = await bench.suite()
    for page in PAGES:
        target = page.target.format(**(await suite.rows(page.service, page.row))[0]) if page.row else page.target
        late, costs = [], []
        for _ in range(bench.pace.runs):
            before_s = _spent_s(suite, page)
            pressed = await _asked(bench, suite, page, target)
            late.append(pressed.ms(0.95))
            costs.append((_spent_s(suite, page) - before_s) / pressed.sent * _MS)
        figure = f"{page.name}, {RATE} calls/s"
        bench.add(Row(figure=f"{figure}, p95", unit="ms", ours=tuple(late), goal=_GOAL))
        bench.add(Row(figure=f"{figure}, processor time per call", unit="ms", ours=tuple(costs)))


async def _asked(bench: Bench, suite: LaunchedSuite, page: Page, target: str) -> Pressed:
    raw = request("GET", target, token=token_of(suite, page.client))
    pressed = await pace(suite.ports["gateway"], lambda _: raw, rate=RATE, seconds=bench.pace.paced_s)
    pressed.must_be_good(page.name)
    return pressed


def _spent_s(suite: LaunchedSuite, page: Page) -> float:
    """Return the processor time so far of all processes that answer a page, what they do beside it included."""
    parts = ("gateway", page.service)
    return sum(processor_s(pid) for name, pid in suite.pids().items() if name.partition("-")[0] in parts)

"""Composed answers of the gateway beside the slowest of their parts, fetched through the same address."""

import time
from collections.abc import Mapping

from tests.bench.bench import Bench, token_of
from tests.bench.load import Line, request
from tests.bench.table import Goal, Row, percentile
from tests.support.suite import LaunchedSuite

_DOSSIER = Goal("ratio", "most", 1.3)
# Four parts share the cores of one machine, so their number bounds the ratio: people wait for the time itself.
_OVERVIEW = Goal("value", "most", 8.0)


async def measure(bench: Bench) -> None:
    """Add the dossier of an application and the overview of an enterprise."""
    suite = await bench.suite()
    (loan,) = await suite.rows("finance", "SELECT * FROM loan ORDER BY created_at LIMIT 1")
    application, uscc = loan["application_id"], loan["enterprise_uscc"]
    await _composed(
        bench,
        "dossier of a loan application",
        "bank-a",
        f"/v1/loan-applications/{application}/dossier",
        {"finance": f"/v1/loan-applications/{application}/credit-file", "ipr": f"/v1/ip-sheets/{application}"},
        goal=_DOSSIER,
    )
    await _composed(
        bench,
        "overview of an enterprise",
        "city",
        f"/v1/enterprises/{uscc}/overview",
        {
            "registry": f"/v1/enterprises/{uscc}",
            "finance": f"/v1/credit-limits/{uscc}",
            "ipr": f"/v1/portfolios/{uscc}",
            "techtransfer": f"/v1/listing-summaries/{uscc}",
        },
        goal=_OVERVIEW,
    )


async def _composed(bench: Bench, name: str, client: str, target: str, parts: Mapping[str, str], *, goal: Goal) -> None:
    suite = await bench.suite()
    token = token_of(suite, client)
    ours, through, direct = [], [], []
    for _ in range(bench.pace.runs):
        through.append(await _slowest(bench, suite, token, dict.fromkeys(parts.values(), suite.ports["gateway"])))
        ours.append(await _middle_ms(suite.ports["gateway"], target, token, bench.pace.views))
        direct.append(await _slowest(bench, suite, token, {path: suite.ports[part] for part, path in parts.items()}))
    for way, floor, held in (("through the gateway", through, goal), ("at its service", direct, None)):
        bench.add(
            Row(
                figure=f"{name}, one caller, p50",
                unit="ms",
                ours=tuple(ours),
                floor=tuple(floor),
                floor_name=f"slowest of {len(parts)} parts {way}",
                goal=held,
            )
        )


async def _slowest(bench: Bench, suite: LaunchedSuite, token: str, ports: Mapping[str, int]) -> float:
    return max([await _middle_ms(port, path, token, bench.pace.views) for path, port in ports.items()])


async def _middle_ms(port: int, target: str, token: str, times: int) -> float:
    """Return the middle time of a GET, one after the other on one connection, after a few that do not count."""
    line = await Line.open(port)
    raw = request("GET", target, token=token)
    took = []
    try:
        for number in range(times + times // 5 + 1):
            began = time.perf_counter()
            status = await line.ask(raw)
            if status != 200:
                raise RuntimeError(f"{target} answers {status}")
            if number > times // 5:
                took.append((time.perf_counter() - began) * 1000)
    finally:
        line.close()
    return percentile(took, 0.5)

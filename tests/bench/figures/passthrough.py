"""The gateway's pass-through beside nginx before the same upstream: one that only answers, and finance itself."""

from contextlib import ExitStack

from deploy.embedded.suite import Suite
from tests.bench.bench import Bench, token_of
from tests.bench.load import press_reads
from tests.bench.machine import processor_s
from tests.bench.serving import nginx_before, python_server, wait_until_ready
from tests.bench.table import Goal, Row

_CONNECTIONS = (8, 32)
_GOAL = Goal("ratio", "least", 0.35)
_PROCESSOR_GOAL = Goal("value", "most", 50)
_OURS = "gateway"
_BARE = "nginx, 1 worker, no log"
_FULL = "nginx, 1 worker, token judged once, one line and one id per call"
TARGET = "/v1/banks"
"""A short read of finance: one SELECT."""


async def measure(bench: Bench) -> None:
    """Add the rows of two upstreams and two numbers of connections, beside nginx with and without our duties."""
    suite = await bench.suite()
    with ExitStack() as stack:
        behind, _ = stack.enter_context(python_server(["tests.bench.trivial"]))
        environment = Suite(suite.settings).environment("gateway") | {
            "GATEWAY_FINANCE_URL": f"http://127.0.0.1:{behind}",
            "GATEWAY_RELAY_ENABLED": "0",
        }
        gateway, process = stack.enter_context(
            python_server(["deploy.embedded.serve", "gateway.app:create_app"], environment=environment)
        )
        wait_until_ready(gateway)
        await _against(bench, "an upstream that only answers", gateway, behind, stack, process=process)
    with ExitStack() as stack:
        await _against(bench, "finance", suite.ports["gateway"], suite.ports["finance"], stack)


async def _against(
    bench: Bench, upstream: str, gateway: int, behind: int, stack: ExitStack, *, process: int | None = None
) -> None:
    """Add the rows of one upstream; with the gateway's `process` also what a call costs it."""
    bare, full = (stack.enter_context(nginx_before(behind, with_duties=duties)) for duties in (False, True))
    floors = {"no gateway at all": behind} if bare is None or full is None else {_BARE: bare, _FULL: full}
    token = token_of(await bench.suite(), "bank-a")
    for connections in _CONNECTIONS:
        rates: dict[str, list[float]] = {name: [] for name in (*floors, _OURS)}
        costs: list[float] = []
        for _ in range(bench.pace.runs):
            for name, port in (*floors.items(), (_OURS, gateway)):
                began_s = processor_s(process) if process is not None else 0.0
                pressed = await press_reads(
                    port,
                    TARGET,
                    token,
                    connections=connections,
                    warm_s=bench.pace.warm_s,
                    window_s=bench.pace.window_s,
                )
                pressed.must_be_good(f"pass-through on port {port}")
                rates[name].append(pressed.rate)
                if process is not None and name == _OURS:
                    costs.append((processor_s(process) - began_s) / pressed.sent * 1_000_000)
        figure = f"pass-through before {upstream}, {connections} connections"
        for name in floors:
            bench.add(
                Row(
                    figure=figure,
                    unit="req/s",
                    ours=tuple(rates[_OURS]),
                    floor=tuple(rates[name]),
                    floor_name=name,
                    goal=_GOAL if bare is not None else None,
                )
            )
        if costs:
            row = Row(figure=f"{figure}, processor time per call", unit="µs", ours=tuple(costs), goal=_PROCESSOR_GOAL)
            bench.add(row)

"""The gateway's pass-through beside nginx before the same upstream: one that only answers, and finance itself."""

from contextlib import ExitStack

from deploy.embedded.suite import Suite
from tests.bench.bench import Bench, token_of
from tests.bench.load import press_reads
from tests.bench.serving import nginx_before, python_server, wait_until_ready
from tests.bench.table import Goal, Row

_CONNECTIONS = (8, 32)
_GOAL = Goal("ratio", "least", 0.30)
TARGET = "/v1/banks"
"""A short read of finance: one SELECT."""


async def measure(bench: Bench) -> None:
    """Add four rows: two upstreams, two numbers of connections."""
    suite = await bench.suite()
    with ExitStack() as stack:
        behind, _ = stack.enter_context(python_server(["tests.bench.trivial"]))
        environment = Suite(suite.settings).environment("gateway") | {
            "GATEWAY_FINANCE_URL": f"http://127.0.0.1:{behind}",
            "GATEWAY_RELAY_ENABLED": "0",
        }
        gateway, _ = stack.enter_context(
            python_server(["deploy.embedded.serve", "gateway.app:create_app"], environment=environment)
        )
        wait_until_ready(gateway)
        await _against(bench, "an upstream that only answers", gateway, behind, stack)
    with ExitStack() as stack:
        await _against(bench, "finance", suite.ports["gateway"], suite.ports["finance"], stack)


async def _against(bench: Bench, upstream: str, gateway: int, behind: int, stack: ExitStack) -> None:
    nginx = stack.enter_context(nginx_before(behind))
    floor_port, floor_name = (behind, "no gateway at all") if nginx is None else (nginx, "nginx, 1 worker, no log")
    pace = bench.pace
    for connections in _CONNECTIONS:
        floor, ours = [], []
        token = token_of(await bench.suite(), "bank-a")
        for _ in range(pace.runs):
            for port, rates in ((floor_port, floor), (gateway, ours)):
                pressed = await press_reads(
                    port, TARGET, token, connections=connections, warm_s=pace.warm_s, window_s=pace.window_s
                )
                pressed.must_be_good(f"pass-through on port {port}")
                rates.append(pressed.rate)
        bench.add(
            Row(
                figure=f"pass-through before {upstream}, {connections} connections",
                unit="req/s",
                ours=tuple(ours),
                floor=tuple(floor),
                floor_name=floor_name,
                goal=_GOAL if nginx is not None else None,
            )
        )

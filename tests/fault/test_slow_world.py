"""N3: slow clients stay at the gateway while processes are killed: others are served, and half a request is none."""

import os
import random
import re
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from tests.fault import slow
from tests.fault.checker import ALL
from tests.fault.scenario import holds_through
from tests.fault.world import World
from tests.support.suite import wait_until

pytestmark = [pytest.mark.timeout(300), pytest.mark.fault("N3")]
SEEDS = (1,) if os.environ.get("MUTANT") else (1, 2, 3)
INSTANTS = (
    "gateway.before_upstream",
    "gateway.after_upstream_before_answer",
    "registry.before_request_commit",
    "registry.after_commit_before_answer",
)
_UNDER_WAY = re.compile(r"upstream_in_flight\{[^}]*\} ([0-9.]+)")


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
@pytest.mark.parametrize("instant", INSTANTS)
def test_beside_slow_clients_what_others_were_told_holds_after_a_kill_and_what_was_left_half_sent_never_was(
    world: World, instant: str, seed: int, record_property: Callable[[str, object], None]
) -> None:
    choice = random.Random(f"slow {instant} {seed}")
    name, order = instant.partition(".")[0], f"{instant}:kill9@{choice.randint(1, 3)}"
    slowly = [partial(act, world) for act in (slow.drip, slow.drip, slow.leave, slow.leave)]
    chains = ALL if seed == SEEDS[-1] else (name,)
    with slow.slow_clients(world) as clients:
        findings = holds_through(
            world, order, victim=name, choice=choice, chains=chains, note=record_property, further=slowly
        )
        assert clients.opened >= slow.CONNECTIONS
    wait_until(lambda: calls_under_way(world) == 0, 30, "calls of clients that have left are still under way")
    assert findings == [], f"seed {seed}, {order}\n" + "\n".join(findings)


def calls_under_way(world: World) -> float:
    """Return how many calls to services the gateway counts as under way."""
    told = httpx.get(f"{world.suite.gateway_url}/metrics", trust_env=False, timeout=10).text
    return sum(float(one) for one in _UNDER_WAY.findall(told))

"""Seven victims, three instants each, five seeds: killed while clients work, and all they were told still holds."""

import random
import time
from collections.abc import Callable

import pytest

from tests.fault.armed_suite import ArmedSuite
from tests.fault.checker import ALL, Checker
from tests.fault.world import World

pytestmark = pytest.mark.timeout(300)
SEEDS = (1, 2, 3, 4, 5)
# case of the matrix, instant, victim (the process that comes there, unless another is named)
INSTANTS = (
    ("A4", "registry.before_request_commit", None),
    ("A1", "registry.after_commit_before_publish", None),
    ("A3", "registry.after_effect_before_ack", None),
    ("A4", "finance.before_request_commit", None),
    ("A2", "finance.after_publish_before_mark", None),
    ("A3", "finance.after_effect_before_ack", None),
    ("A1", "techtransfer.after_commit_before_publish", None),
    ("A2", "techtransfer.after_publish_before_mark", None),
    ("A3", "techtransfer.in_effect_before_commit", None),
    ("A4", "ipr.before_request_commit", None),
    ("A1", "ipr.after_commit_before_publish", None),
    ("A2", "ipr.after_publish_before_mark", None),
    ("A4", "gateway.before_upstream", None),
    ("A4", "gateway.after_upstream_before_answer", None),
    ("A4", "gateway.before_request_commit", None),
    ("A5", "finance.before_request_commit", "postgres"),
    ("A5", "registry.after_commit_before_publish", "postgres"),
    ("A5", "ipr.in_effect_before_commit", "postgres"),
    ("A10", "finance.after_commit_before_publish", "nats"),
    ("A10", "ipr.after_publish_before_mark", "nats"),
    ("A10", "registry.after_effect_before_ack", "nats"),
)
_PATIENCE_SECONDS = 60


@pytest.mark.fault("K0")
def test_a_run_in_which_nobody_is_killed_leaves_nothing_to_find(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    journal = world.begin()
    world.run(world.acts() * 2, random.Random(0))
    record_property("noted", journal.summary())
    assert Checker(world).findings() == []
    assert {one.state for one in journal.entries} == {"ok", "refused"}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
@pytest.mark.parametrize(
    ("instant", "victim"),
    [
        pytest.param(
            instant, victim, id=f"{victim or instant.split('.')[0]}-at-{instant}", marks=pytest.mark.fault(case)
        )
        for case, instant, victim in INSTANTS
    ],
)
def test_what_clients_were_told_holds_after_a_kill_at_this_instant(
    world: World, instant: str, victim: str | None, seed: int, record_property: Callable[[str, object], None]
) -> None:
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    choice = random.Random(f"{instant} {seed}")
    name = victim or instant.partition(".")[0]
    order = f"{instant}:kill9{f'={victim}' if victim else ''}@{choice.randint(1, 3)}"
    journal, pid, began = world.begin(), suite.pids()[name], time.monotonic()
    suite.orders.give(order)
    try:
        while not suite.orders.is_done(order):
            assert time.monotonic() - began < _PATIENCE_SECONDS, f"{order} was never reached"
            acts = world.acts()
            choice.shuffle(acts)
            world.run(acts, choice)
    finally:
        suite.orders.withdraw()
    suite.wait_until_back(name, pid)
    # All five chains after the last seed of an instant, one otherwise: walking them is most of a check.
    chains = ALL if seed == SEEDS[-1] else (name if name in ALL else "finance",)
    findings = Checker(world).findings(probes=10, chains=chains)
    record_property("noted", f"{order}: {journal.summary()}, whole again after {time.monotonic() - began:.1f} s")
    assert findings == [], f"seed {seed}, {order}\n" + "\n".join(findings)

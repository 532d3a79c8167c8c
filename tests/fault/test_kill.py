"""Seven victims, three instants each, five seeds: killed while clients work, and all they were told still holds."""

import random
from collections.abc import Callable

import pytest

from tests.fault.checker import ALL, Checker
from tests.fault.scenario import holds_through
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
    choice = random.Random(f"{instant} {seed}")
    name = victim or instant.partition(".")[0]
    order = f"{instant}:kill9{f'={victim}' if victim else ''}@{choice.randint(1, 3)}"
    # All five chains after the last seed of an instant, one otherwise: walking them is most of a check.
    chains = ALL if seed == SEEDS[-1] else (name if name in ALL else "finance",)
    findings = holds_through(world, order, victim=name, choice=choice, chains=chains, note=record_property)
    assert findings == [], f"seed {seed}, {order}\n" + "\n".join(findings)

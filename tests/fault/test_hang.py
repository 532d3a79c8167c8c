"""A process that stands still at an instant, with all it holds, is ended, and what clients were told holds."""

import random
from collections.abc import Callable, Iterator

import pytest

from tests.fault.armed_suite import armed_suite
from tests.fault.checker import ALL
from tests.fault.scenario import holds_through
from tests.fault.world import World, found_world

pytestmark = [pytest.mark.timeout(300), pytest.mark.fault("A11")]
SEEDS = (1, 2)
# It holds, in this order: rows of money, a lease and a batch of events, a batch that the broker waits for, callers.
INSTANTS = (
    "finance.before_request_commit",
    "finance.after_publish_before_mark",
    "registry.in_effect_before_commit",
    "ipr.before_commit",
    "gateway.after_upstream_before_answer",
)
_HANG_SECONDS = 3


@pytest.fixture(scope="module")
def watched() -> Iterator[World]:
    """One suite whose supervisor has little patience."""
    with armed_suite("hang", KECHUANG_HANG_SECONDS=str(_HANG_SECONDS)) as suite:
        yield found_world(suite)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
@pytest.mark.parametrize("instant", INSTANTS)
def test_what_clients_were_told_holds_after_a_process_stood_still_at_this_instant(
    watched: World, instant: str, seed: int, record_property: Callable[[str, object], None]
) -> None:
    choice = random.Random(f"stop {instant} {seed}")
    name, order = instant.partition(".")[0], f"{instant}:stop@{choice.randint(1, 3)}"
    chains = ALL if seed == SEEDS[-1] else (name,)
    findings = holds_through(watched, order, victim=name, choice=choice, chains=chains, note=record_property)
    assert findings == [], f"seed {seed}, {order}\n" + "\n".join(findings)


@pytest.mark.parametrize("victim", ["postgres", "nats", "provisioner"])
def test_what_clients_were_told_holds_after_a_server_of_the_suite_stood_still(
    watched: World, victim: str, record_property: Callable[[str, object], None]
) -> None:
    choice = random.Random(f"stop {victim}")
    order = f"finance.after_commit_before_publish:stop={victim}@{choice.randint(1, 3)}"
    findings = holds_through(watched, order, victim=victim, choice=choice, chains=("finance",), note=record_property)
    assert findings == [], f"{order}\n" + "\n".join(findings)
    said = (watched.suite.settings.logs / "supervisor.log").read_text()
    assert f"{victim} answers nothing" in said

"""The bus under every fault at once, in seeded histories; a failure prints its seed and its history.

`SIMULATION_SEED=17 make test T=tests/simulation` plays that one again; `SIMULATION_SEEDS=5000` plays more.
"""

import os

import pytest

from shared.db.engine import Database
from tests.simulation.history import Verdict, run

_SEEDS = int(os.environ.get("SIMULATION_SEEDS", "200"))
_ONE = os.environ.get("SIMULATION_SEED")
SEEDS = range(_SEEDS) if _ONE is None else [int(_ONE)]
FAULTS = (
    "death", "death before the answer", "death before the mark", "lost request", "lost acknowledgement", "lost answer",
    "duplicate", "reorder", "early redelivery", "poison", "rubbish", "store lost", "tail lost", "record lost",
    "durable lost",
)  # fmt: skip
_played: dict[int, Verdict] = {}


async def play(seed: int, databases: dict[str, Database]) -> Verdict:
    if seed not in _played:
        _played[seed] = await run(seed, databases)
    return _played[seed]


def told(verdict: Verdict) -> str:
    """Return what a person needs to find the cause."""
    return "\n".join(
        [
            f"seed {verdict.seed}: {len(verdict.problems)} problems; this seed alone again:",
            f"  SIMULATION_SEED={verdict.seed} make test T=tests/simulation",
            *(f"  ✗ {problem}" for problem in verdict.problems),
            "its history:",
            *(f"  {line}" for line in verdict.history),
        ]
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_event_has_one_effect_in_order_whatever_fails(seed: int, databases: dict[str, Database]) -> None:
    verdict = await play(seed, databases)
    assert not verdict.problems, told(verdict)


async def test_a_seed_tells_the_same_history_twice(databases: dict[str, Database]) -> None:
    seed = SEEDS[0]
    first, again = await play(seed, databases), await run(seed, databases)
    assert first.history == again.history


async def test_the_first_histories_meet_every_kind_of_fault(databases: dict[str, Database]) -> None:
    met = {fault for seed in range(25) for fault in (await play(seed, databases)).met}
    assert met == set(FAULTS)

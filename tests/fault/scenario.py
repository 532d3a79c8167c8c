"""What the kill and the hang scenarios do alike: clients work until an instant was met, the suite heals, is checked."""

import random
import time
from collections.abc import Callable, Sequence

from tests.fault.armed_suite import ArmedSuite
from tests.fault.checker import Checker
from tests.fault.world import World

_PATIENCE_SECONDS = 60


def holds_through(
    world: World,
    order: str,
    *,
    victim: str,
    choice: random.Random,
    chains: Sequence[str],
    note: Callable[[str, object], None],
    further: Sequence[Callable[[random.Random], None]] = (),
) -> list[str]:
    """Give an order, let clients work until it was carried out and the victim runs again; return what is wrong then.

    Args:
        world: of a suite whose processes take orders.
        order: what becomes of whom, as `tests.fault.failpoints` reads it.
        victim: the program of which a process must come back.
        choice: draws which acts come in which order.
        chains: whose audit chains are walked.
        note: writes into the report what was done.
        further: acts besides those of the world.
    """
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    journal, before, began = world.begin(), suite.processes_of(victim), time.monotonic()
    suite.orders.give(order)
    try:
        while not suite.orders.is_done(order):
            assert time.monotonic() - began < _PATIENCE_SECONDS, f"{order} was never reached"
            acts = [*world.acts(), *further]
            choice.shuffle(acts)
            world.run(acts, choice)
    finally:
        suite.orders.withdraw()
    suite.wait_until_back(before)
    findings = Checker(world).findings(probes=10, chains=chains)
    note("noted", f"{order}: {journal.summary()}, whole again after {time.monotonic() - began:.1f} s")
    return findings

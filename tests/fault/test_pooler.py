"""N2: the whole suite behind PgBouncer in transaction mode, with two relays: the pooler and services are killed."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.fault.armed_suite import ArmedSuite, armed_suite
from tests.fault.checker import ALL, Checker
from tests.fault.scenario import holds_through
from tests.fault.world import World, found_world
from tests.support.pooler import needs_pgbouncer

pytestmark = [pytest.mark.timeout(300), pytest.mark.fault("N2"), needs_pgbouncer]
SEEDS = (1, 2)
_SESSIONS = 4
_AWAY_SECONDS = 0.5
# A relay with a batch, a call with rows of money, a listener with an effect; another process of finance takes over.
INSTANTS = (
    "finance.after_publish_before_mark",
    "finance.before_request_commit",
    "registry.after_commit_before_publish",
    "ipr.in_effect_before_commit",
)


@pytest.fixture(scope="module")
def pooled() -> Iterator[World]:
    """A suite with fewer sessions than connections; the firm of the world has borrowed through the pooler already."""
    with armed_suite("pooler", pooled_sessions=_SESSIONS, FINANCE_PROCESSES="2") as suite:
        yield found_world(suite)


def suite_of(world: World) -> ArmedSuite:
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    return suite


def sessions_of(world: World, service: str) -> int:
    """Return how many sessions of a service the server has."""
    query = f"SELECT count(*) AS n FROM pg_stat_activity WHERE usename = '{service}'"
    (row,) = asyncio.run(world.suite.rows(service, query))
    return int(row["n"])


def test_two_processes_share_few_sessions_and_everything_is_done_and_told_once(
    pooled: World, record_property: Callable[[str, object], None]
) -> None:
    journal = pooled.begin()
    pooled.run(pooled.acts() * 2, random.Random(0))
    assert 0 < sessions_of(pooled, "finance") <= _SESSIONS
    findings = Checker(pooled).findings()
    record_property("noted", journal.summary())
    assert findings == [], "\n".join(findings)
    assert {one.state for one in journal.entries} == {"ok", "refused"}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
def test_a_pooler_that_was_killed_costs_a_short_503_and_nothing_else(
    pooled: World, seed: int, record_property: Callable[[str, object], None]
) -> None:
    suite, journal, choice = suite_of(pooled), pooled.begin(), random.Random(f"pooler {seed}")
    pooler, began = suite.pooler, time.monotonic()
    assert pooler is not None
    acts = pooled.acts() * 2
    choice.shuffle(acts)
    working = threading.Thread(target=pooled.run, args=(acts, random.Random(seed)))
    working.start()
    for _ in range(2):  # here, not in the thread: a child ends with the thread that started it
        time.sleep(choice.uniform(0.1, 0.6))
        pooler.kill()
        time.sleep(_AWAY_SECONDS)
        pooler.start()
    working.join()
    suite.wait_until_ready()
    findings = Checker(pooled).findings(probes=10)
    record_property("noted", f"{journal.summary()}, whole again after {time.monotonic() - began:.1f} s")
    assert findings == [], f"seed {seed}\n" + "\n".join(findings)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
@pytest.mark.parametrize("instant", INSTANTS)
def test_behind_a_pooler_what_clients_were_told_holds_after_a_kill_at_this_instant(
    pooled: World, instant: str, seed: int, record_property: Callable[[str, object], None]
) -> None:
    choice = random.Random(f"pooled {instant} {seed}")
    name, order = instant.partition(".")[0], f"{instant}:kill9@{choice.randint(1, 3)}"
    chains = ALL if seed == SEEDS[-1] else (name,)
    findings = holds_through(pooled, order, victim=name, choice=choice, chains=chains, note=record_property)
    assert findings == [], f"seed {seed}, {order}\n" + "\n".join(findings)

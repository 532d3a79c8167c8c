"""Each bug that only a kill shows trips the cases it is named for, and none that it cannot touch.

Acts are carried out one at a time here, each left to take effect before the next: a kill then meets its instant alone.
"""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.fault.judge import Judgement, judgement, under_way
from tests.fault.mutants import MUTANTS
from tests.fault.mutants.suite import AREA

pytestmark = [pytest.mark.timeout(1_200), pytest.mark.fault("M1")]
_KILL, _CRASH = "tests/fault/test_kill.py::test_", "tests/fault/test_crash.py::test_"
_AT = _KILL + "what_clients_were_told_holds_after_a_kill_at_this_instant[{}-seed1]"
_STILL = "tests/fault/test_hang.py::test_what_clients_were_told_holds_after_a_process_stood_still_at_this_instant"
# One instant of each case; the bug must show at its first seed.
_TRIED = {
    "K0": _KILL + "a_run_in_which_nobody_is_killed_leaves_nothing_to_find",
    "A1": _AT.format("registry-at-registry.after_commit_before_publish"),
    "A2": _AT.format("finance-at-finance.after_publish_before_mark"),
    "A3": _AT.format("finance-at-finance.after_effect_before_ack"),
    "A4": _AT.format("finance-at-finance.before_request_commit"),
    "A5": _AT.format("postgres-at-finance.before_request_commit"),
    "A10": _CRASH + "a_broker_killed_between_two_batches_of_a_thousand_events_loses_and_doubles_none",
    "A11": f"{_STILL}[finance.before_request_commit-seed1]",
}
_SHOWN_BY = {
    # Of one act at a time nobody may be waiting for the database when it dies.
    ("lost_line_is_a_crash", "A5"): _CRASH + "postgres_killed_under_load_costs_a_short_503_and_nothing_else",
}
"""Another test of the same case, by which a bug shows."""
_BY_CHANCE = {
    # A database that is killed after the effect may still take the key.
    "key_after_effect": {"A5"},
    # Of a thousand events some may be in hand, acknowledged already, when the broker dies.
    "acknowledge_before_effect": {"A10", "A11"},
    # Whether what was written to a dead line is sent again hangs on when the client notices.
    "mark_before_publish": {"A10"},
}
"""Cases that a bug breaks or not as it happens."""


def tried_with(name: str) -> list[str]:
    """Return the cases to try with a bug; what it broke stays broken in that suite, so its own come last."""
    named = MUTANTS[name].breaks
    return [*(case for case in _TRIED if case not in {*named, *_BY_CHANCE.get(name, ())}), *named]


def _judged(name: str) -> Judgement:
    tests = [_SHOWN_BY.get((name, case), _TRIED[case]) for case in tried_with(name)]
    return judgement(name, tests, FAULT_SETTLE_SECONDS="9", FAULT_ONE_AT_A_TIME="1")


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, "Future[Judgement]"]]:
    with under_way(_judged, request) as found:
        yield found


@pytest.mark.parametrize("name", [mutant.name for mutant in AREA])
def test_this_bug_trips_its_cases_and_none_that_it_cannot_touch(
    name: str, runs: dict[str, "Future[Judgement]"]
) -> None:
    found = runs[name].result()
    assert found.tried == set(tried_with(name)), found.printed[-20_000:]
    assert found.broken == set(MUTANTS[name].breaks), found.printed[-20_000:]


def test_every_case_of_a_kill_is_broken_by_a_deliberate_bug() -> None:
    assert {case for one in AREA for case in one.breaks} == set(_TRIED) - {"K0"}

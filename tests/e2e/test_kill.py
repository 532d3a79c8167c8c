"""Processes killed the hard way while the story runs: it ends right, nothing is lost and nothing is done twice."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.suite import LaunchedSuite, launched_suite, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.kill, pytest.mark.timeout(300)]
PLAN = {
    "apply": "postgres",
    "evaluate": "nats",
    "first/sign": "finance",
    "draw": "gateway",
    "lapse": "ipr",
    "second/flagged": "registry",
}


@dataclass
class Battered:
    """A suite whose processes were killed one by one while its story was told."""

    suite: LaunchedSuite
    killed: list[str] = field(default_factory=list)


def kill_along_the_way(battered: Battered, stop: threading.Event) -> None:
    """Kill the named process as soon as its step was begun."""
    for step, victim in PLAN.items():
        while step not in begun(battered.suite):
            if stop.is_set():
                return
            time.sleep(0.02)
        battered.suite.kill(victim)
        battered.killed.append(victim)


def begun(suite: LaunchedSuite) -> set[str]:
    """Return the steps that the story has begun or done; `…/newest` is noted when it is done."""
    try:
        return {step["step"] for step in suite.answers()}
    except (FileNotFoundError, ValueError):
        return set()


@pytest.fixture(scope="module")
def battered() -> Iterator[Battered]:
    with launched_suite("kill") as suite:
        found, stop = Battered(suite), threading.Event()
        killer = threading.Thread(target=kill_along_the_way, args=(found, stop))
        killer.start()
        try:
            suite.printed = suite.start()
        finally:
            stop.set()
            killer.join()
        yield found


def test_the_story_ends_right_though_every_process_is_killed_while_it_runs(battered: Battered) -> None:
    assert battered.killed == list(PLAN.values())
    steps = {step["step"]: step["answer"] for step in battered.suite.answers()}
    assert steps["cover/decide"]["status"] == "COVERED"
    assert steps["second/flagged"]["flag"] == "evaluation_superseded"
    assert steps["second/approve"]["status"] == "APPROVED"


async def test_nothing_is_lost_and_nothing_is_done_twice(battered: Battered) -> None:
    steps = {step["step"]: step["answer"] for step in battered.suite.answers()}
    rows = battered.suite.rows
    (loan,) = await rows(
        "finance", "SELECT id, principal_fen, drawn_fen FROM loan WHERE status <> 'LAPSED' ORDER BY 1 LIMIT 1"
    )
    assert loan["drawn_fen"] == steps["draw"]["amount_fen"]
    # Two of the story, and one that waits for each demo bank.
    assert len(await rows("finance", "SELECT id FROM loan_application")) == 4
    assert len(await rows("finance", "SELECT id FROM drawdown")) == 1
    assert len(await rows("finance", "SELECT id FROM cover")) == 1
    for service in ("registry", "finance", "ipr", "techtransfer"):
        assert await rows(service, "SELECT * FROM dead_letter") == []
        assert await rows(service, "SELECT * FROM outbox_waiting") == []


def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_start_goes_on_with_the_same_data(
    battered: Battered,
) -> None:
    suite = battered.suite
    family, told = list(suite.pids().values()), suite.answers()
    os.kill(int((suite.state / "lock").read_text()), signal.SIGKILL)
    wait_until(lambda: not any(lives(pid) for pid in family), 60, "children outlived their supervisor")
    printed = suite.start()
    assert "Going on with the same data" in printed
    assert suite.answers() == told
    assert suite.stop() < 10


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be collected does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False

"""G7: a restoration to an instant while people work: what stood before is whole, what came after is named.

A case that is lost keeps its number for ever: whoever holds it holds a paper, and nobody else may be given the same.
"""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psutil
import pytest

from services.finance.lending.rules.loan_application import OPEN_STATUSES, ApplicationStatus
from tests.fault import lending
from tests.fault.armed_suite import ArmedSuite, armed_suite
from tests.fault.checker import ALL, Checker
from tests.fault.world import World, found_world
from tests.support.journey import eventually
from tests.support.postgres import REPOSITORY
from tests.support.suite import wait_until

pytestmark = [pytest.mark.fault("G7"), pytest.mark.timeout(900)]
_APPLICATIONS = "SELECT id, case_no FROM loan_application"
_SECONDS = 120
_BEFORE, _AFTER = 3, 4
_RANGE = re.compile(r"^ +finance: (KC-\d{4}-\d{6})-(\d+)…(\d+)$", re.MULTILINE)


@dataclass
class Load:
    """People who work until they are told to stop."""

    world: World
    over: threading.Event

    def wait_for_applications(self, more: int) -> None:
        """Wait until so many more have applied."""
        there = len(numbers(self.world))
        wait_until(lambda: len(numbers(self.world)) >= there + more, _SECONDS, "nobody applies")


@contextmanager
def under_load(world: World) -> Iterator[Load]:
    """Let people work while the block lasts; what breaks under their hands is theirs to send again."""
    load, choice = Load(world, threading.Event()), random.Random(7)

    def work() -> None:
        while not load.over.is_set():
            acts = world.acts()
            choice.shuffle(acts)
            try:
                world.run([*acts[:3], *([partial(lending.borrow, world)] * 3)], choice)
            except AssertionError:  # who finds nobody that gives a token goes home
                assert load.over.is_set(), "people were not served before the power was lost"

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield load
    finally:
        load.over.set()
        thread.join()


def numbers(world: World) -> dict[str, str]:
    """Return the case number of every application that stands, by its id."""
    return {str(row["id"]): row["case_no"] for row in asyncio.run(world.suite.rows("finance", _APPLICATIONS))}


def instant(world: World) -> str:
    """Return the present instant of the databases."""
    (row,) = asyncio.run(world.suite.rows("finance", "SELECT clock_timestamp() AS now"))
    now: datetime = row["now"]
    return now.isoformat()


def kill_all(suite: ArmedSuite) -> None:
    """Let the machine lose its power, as far as processes go."""
    supervisor = int((suite.state / "lock").read_text())
    family = [*suite.pids().values(), supervisor]
    os.kill(supervisor, signal.SIGKILL)

    def is_gone() -> bool:
        return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in family)

    wait_until(is_gone, 60, "processes outlived their supervisor")


def restored(suite: ArmedSuite, *words: str) -> str:
    """Restore with the launcher of the fault tests, in which a deliberate bug may be planted; return what it said."""
    order = [sys.executable, "-m", "tests.fault.launch", "restore", *words]
    done = subprocess.run(order, check=False, capture_output=True, text=True, cwd=REPOSITORY, env=suite.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_named(number: str, said: str) -> bool:
    """Tell whether a case number is among those that a restoration names."""
    prefix, _, serial = number.rpartition("-")
    return any(prefix == found[1] and int(found[2]) <= int(serial) <= int(found[3]) for found in _RANGE.finditer(said))


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A suite of its own: what is lost here is lost for good. Nobody waits for a machine without power."""
    monkeypatch.setattr("tests.fault.client._PATIENCE_SECONDS", 20)
    with armed_suite("under-load") as suite:
        yield found_world(suite)


@dataclass(frozen=True)
class Lost:
    """What a restoration took back.

    Attributes:
        known: the case numbers that anybody was ever told, by the id of the case.
        cases: those of them that stand no more.
        said: by the restoration.
    """

    known: dict[str, str]
    cases: dict[str, str]
    said: str


def restored_under_load(world: World, *words: str) -> Lost:
    """Back up and choose an instant while people work, lose the power, restore and start."""
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    world.begin()
    with under_load(world) as load:
        load.wait_for_applications(1)
        made = suite.make("backup")
        assert made.returncode == 0, made.stderr
        load.wait_for_applications(_BEFORE)
        kept, at = numbers(world), instant(world)
        load.wait_for_applications(_AFTER)
        known = numbers(world)
        load.over.set()
        kill_all(suite)
    said = restored(suite, "--at", at, *words)
    suite.start()
    after = numbers(world)
    assert kept.items() <= after.items(), "what stood at the instant is not there"
    lost = {id_: number for id_, number in known.items() if id_ not in after}
    assert len(lost) >= _AFTER - 1, "nothing was lost: the case proves nothing"
    assert [number for number in lost.values() if not is_named(number, said)] == []
    return Lost(known, lost, said)


def settled(world: World, record: Callable[[str, object], None], lost: Lost) -> None:
    """Let people work on; no number that anybody knows is given to another case, and all is whole."""
    verified = world.suite.make("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    world.begin()
    choice = random.Random(11)
    for _ in range(_AFTER):
        lending.borrow(world, choice)
    fresh = {number for id_, number in numbers(world).items() if id_ not in lost.known}
    assert fresh, "nobody has applied since"
    assert fresh & set(lost.known.values()) == set(), "a number was given twice"
    world.run(world.acts(), choice)
    assert Checker(world).findings(probes=5, chains=ALL) == []
    record("noted", f"{len(lost.cases)} of {len(lost.known)} applications lost, {len(fresh)} since under new numbers")


def test_all_databases_come_back_to_an_instant_under_load_and_no_number_is_given_twice(
    lived: World, record_property: Callable[[str, object], None]
) -> None:
    settled(lived, record_property, restored_under_load(lived))


def test_one_service_comes_back_to_an_instant_under_load_and_each_case_that_others_hold_is_named(
    lived: World, record_property: Callable[[str, object], None]
) -> None:
    suite = lived.suite
    lost = restored_under_load(lived, "--service", "finance")
    eventually(lambda: suite.make("accept-restore", "S=finance").stdout, lambda said: "were published" in said)
    accepted = suite.make("accept-restore", "S=finance", "REASON=a drill 演练")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    listed = suite.make("kechuang", "ARGS=lost-case list finance").stdout
    held = still_held(lived, lost)
    assert held, "others hold none of them: the case proves nothing"
    assert [id_ for id_ in held if id_ not in listed or lost.cases[id_] not in listed] == []
    for id_ in held:
        ended = suite.make("kechuang", f"ARGS=lost-case end finance loan_application {id_} --reason 'a drill'")
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "loan_application" not in suite.make("kechuang", "ARGS=lost-case list finance").stdout
    settled(lived, record_property, lost)


def still_held(world: World, lost: Lost) -> list[str]:
    """Return the lost applications by which a bank could go on reading with ipr."""
    rows = asyncio.run(world.suite.rows("ipr", "SELECT application_id, application_status FROM sheet_application"))
    reading = {*OPEN_STATUSES, ApplicationStatus.SIGNED}
    held = [str(row["application_id"]) for row in rows if row["application_status"] in reading]
    return [id_ for id_ in held if id_ in lost.cases]

"""Servers killed under load, with work in flight."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fault.armed_suite import ArmedSuite
from tests.fault.checker import Checker
from tests.fault.world import World
from tests.support import journey
from tests.support.suite import wait_until

pytestmark = pytest.mark.timeout(300)
_LOAD_SECONDS = 4.0
_PER_SECOND = 200
_EVENTS = 1_000
_BACK_SECONDS = 30  # below ten where nothing else runs; printed


@pytest.mark.fault("A5")
def test_postgres_killed_under_load_costs_a_short_503_and_nothing_else(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    suite, journal, choice = world.suite, world.begin(), random.Random(5)
    acts = [world.draw, world.repay, world.dossier, world.draw, world.repay, world.dossier, world.overdraw]
    began, pid = time.monotonic(), suite.pids()["postgres"]

    def one(number: int) -> None:
        time.sleep(max(0.0, began + number / _PER_SECOND - time.monotonic()))
        acts[number % len(acts)](random.Random(choice.random()))

    with ThreadPoolExecutor(64) as pool:
        running = [pool.submit(one, number) for number in range(int(_LOAD_SECONDS * _PER_SECOND))]
        time.sleep(_LOAD_SECONDS / 3)
        suite.kill("postgres")
        killed = time.monotonic()
        suite.wait_until_ready()
        back = time.monotonic() - killed
        for each in running:
            each.result()
    seconds = time.monotonic() - began
    findings = Checker(world).findings()
    calls, refused = (
        sum(journal.answers.values()),
        sum(n for (_, _, status, _), n in journal.answers.items() if status == 503),
    )
    record_property(
        "noted",
        f"{calls / seconds:.0f} requests/s, ready again after {back:.1f} s (aim 10), {refused} times 503: "
        + journal.summary(),
    )
    assert suite.pids()["postgres"] != pid
    assert findings == [], "\n".join(findings)
    assert journal.of("draw", "unknown") == [], "clients kept asking until they knew"
    assert back < _BACK_SECONDS


@pytest.mark.fault("A10")
def test_a_broker_killed_between_two_batches_of_a_thousand_events_loses_and_doubles_none(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    world.begin()
    order, before = "registry.before_publish:kill9=nats@2", suite.processes_of("nats")
    suite.orders.give(order)
    began = time.monotonic()
    codes = [journey.made_up_code(f"A{number:05d}") for number in range(_EVENTS)]
    lines = [f"{code},示例在途{code[-8:]}有限公司,有限责任公司,2019-03-01,九龙坡区" for code in codes]
    table = "\n".join(["uscc,name,company_type,registered_on,district", *lines]).encode()
    city = journey.demo_body(suite, "city")
    accepted = city.http.post(
        "/v1/imports/enterprises",
        files={"file": ("list.csv", table, "text/csv")},
        headers={"idempotency-key": "a-thousand-in-flight"},
    )
    assert accepted.status_code == 202, accepted.text
    wait_until(lambda: suite.orders.is_done(order), 60, f"{order} was never reached")
    suite.orders.withdraw()
    suite.wait_until_back(before)
    findings = Checker(world).findings()
    record_property("noted", f"{_EVENTS} events, all in effect once {time.monotonic() - began:.1f} s after the upload")
    assert findings == [], "\n".join(findings)
    state = city.get(accepted.headers["location"])
    assert state["result"]["created"] == _EVENTS, state

"""Bad lines between the processes: delay, cuts, silence. What clients were told holds; all heals with the line."""

import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.fault.armed_suite import ArmedSuite, armed_suite
from tests.fault.checker import Checker
from tests.fault.world import World, found_world
from tests.support.proxy import Weather

pytestmark = pytest.mark.timeout(300)
SEEDS = (1, 2, 3)
_LINES = (("finance", "postgres"), ("finance", "nats"), ("ipr", "nats"), ("gateway", "finance"))
_SILENCE_SECONDS = 3.0
WEATHERS = {
    "a-slow-database": (("finance", "postgres"), Weather(delay_ms=(1, 12))),
    "a-database-line-that-breaks": (("finance", "postgres"), Weather(cut_share=0.02)),
    "a-silent-database": (("finance", "postgres"), Weather(black_hole=True)),
    "a-slow-broker": (("finance", "nats"), Weather(delay_ms=(5, 60))),
    "a-broker-line-that-breaks": (("ipr", "nats"), Weather(cut_share=0.1)),
    "a-silent-broker": (("finance", "nats"), Weather(black_hole=True)),
    "a-service-line-that-breaks": (("gateway", "finance"), Weather(cut_share=0.2)),
    "a-narrow-service-line": (("gateway", "finance"), Weather(bytes_per_second=200_000, delay_ms=(1, 10))),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with armed_suite("fault-line", lines=_LINES, seed=1) as suite:
        yield found_world(suite)


@pytest.mark.fault("N1")
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}")
@pytest.mark.parametrize("name", WEATHERS)
def test_bad_weather_on_a_line_delays_and_loses_nothing(
    world: World, name: str, seed: int, record_property: Callable[[str, object], None]
) -> None:
    suite = world.suite
    assert isinstance(suite, ArmedSuite)
    pair, weather = WEATHERS[name]
    line, choice = suite.lines[pair], random.Random(f"{name} {seed}")
    line._random.seed(seed)
    journal, began, cuts = world.begin(), time.monotonic(), line.cuts
    clear = line.weather
    line.weather = weather
    try:
        if weather.black_hole:
            timer = threading.Timer(_SILENCE_SECONDS, lambda: setattr(line, "weather", clear))
            timer.start()
        acts = world.acts() * 2
        choice.shuffle(acts)
        world.run(acts, choice)
    finally:
        line.weather = clear
    findings = Checker(world).findings(probes=10)
    record_property(
        "noted", f"{journal.summary()}, {line.cuts - cuts} cuts, whole again after {time.monotonic() - began:.1f} s"
    )
    assert findings == [], f"seed {seed}\n" + "\n".join(findings)

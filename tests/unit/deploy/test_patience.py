"""A start that is slow because the machine is busy is waited for; one that stands still is given up."""

from collections.abc import Callable

import pytest

from deploy.embedded import patience
from deploy.embedded.patience import Patience, crowd


def ticking(step: float) -> Callable[[], float]:
    """Return a clock that goes on by `step` seconds each time it is looked at."""
    now = [0.0]

    def clock() -> float:
        now[0] += step
        return now[0]

    return clock


def looks(crowded: float) -> int:
    """Count how often one may look, once a second, within a limit of ten seconds."""
    limit = Patience(10, clock=ticking(1.0), crowd=lambda: crowded)
    return next(number for number in range(1, 10_000) if limit.is_over())


@pytest.mark.parametrize(("crowded", "seconds"), [(1.0, 10), (2.0, 20), (6.0, 60)])
def test_the_limit_runs_slower_the_busier_the_machine_is(crowded: float, seconds: int) -> None:
    assert seconds <= looks(crowded) <= seconds + 1


def test_a_machine_that_is_idle_for_a_while_counts_that_while() -> None:
    shares = iter([4.0] * 20 + [1.0] * 20)
    limit = Patience(10, clock=ticking(1.0), crowd=lambda: next(shares))
    assert sum(1 for _ in range(40) if not limit.is_over()) in {24, 25}


def test_the_crowd_is_what_runs_now_or_ran_lately(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from pathlib import Path

    told = Path(str(tmp_path)) / "loadavg"
    monkeypatch.setattr(patience, "_LOAD", told)
    monkeypatch.setattr(patience.os, "cpu_count", lambda: 2)
    for text, expected in (("12.00 1 1 1/900 7", 6.0), ("0.10 1 1 9/900 7", 4.5), ("0.10 1 1 1/900 7", 1.0)):
        told.write_text(text)
        assert crowd() == expected
    told.write_text("nonsense")
    assert crowd() >= 1.0

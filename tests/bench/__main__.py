"""`make bench`: measure all figures, or those named in B, and write the table.

A full run writes `docs/benchmarks.md`. A short one (QUICK=1) and one of some figures only (B="relay drain") leave that
page alone and write `.state/benchmarks.md`: one table is one run.
"""

import argparse
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path

import uvloop

from tests.bench import machine
from tests.bench.bench import Bench, silence
from tests.bench.document import measured_part, with_measured
from tests.bench.pace import FULL, QUICK
from tests.bench.serving import install_tools
from tests.bench.table import Row, markdown
from tests.support.postgres import REPOSITORY

FIGURES = (
    "relay", "drain", "latency", "evaluation", "population", "startup", "passthrough", "composed", "reads", "pages",
    "money", "overload", "imports",
)  # fmt: skip
"""In this order: first what needs a database and a broker alone, then what needs the whole suite."""
PAGE = REPOSITORY / "docs" / "benchmarks.md"
ASIDE = REPOSITORY / ".state" / "benchmarks.md"
_STOPS = (signal.SIGINT, signal.SIGTERM)
Measure = Callable[[Bench], Awaitable[None]]


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


async def _measure(bench: Bench, names: Sequence[str], states: list[str]) -> None:
    """Measure; what is interrupted or fails is said in `states`, and what was measured before it is kept."""
    for name in names:
        _say(f"— {name}")
        measure: Measure = import_module(f"tests.bench.figures.{name}").measure
        gc.collect()  # publishers run here: as every service does when it has started
        gc.freeze()
        try:
            await measure(bench)
        except Exception as fault:  # noqa: BLE001  # one figure that fails must not take the others with it
            traceback.print_exc()
            states.append(f"{name} failed: {_first_line(fault)}")
            bench.add(Row(figure=name, skipped=f"failed: {_first_line(fault)}"))


def _first_line(fault: BaseException) -> str:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return (str(fault) or type(fault).__name__).splitlines()[0].replace(str(REPOSITORY), ".")[:200]


def _write(bench: Bench, names: Sequence[str], states: list[str], *, quick: bool) -> Path:
    whole = tuple(names) == FIGURES and not quick
    target = PAGE if whole else ASIDE
    settings = [f"{whose}: {told}" for whose, told in bench.settings.items()]
    if quick:
        states.append("A short run (QUICK=1) that shows that the bench works: no number in it is a measurement.")
    part = measured_part(bench.rows, machine=machine.facts(), settings=settings, pace=bench.pace, states=states)
    target.parent.mkdir(exist_ok=True)
    page = target.read_text(encoding="utf-8") if target.exists() and whole else ""
    target.write_text(with_measured(page, part), encoding="utf-8")
    return target


def main(arguments: list[str]) -> int:
    """Run the command; 0 if every figure could be measured, met or not."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], metavar="figure", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    names = [name for name in FIGURES if name in given.figures] if given.figures else list(FIGURES)
    silence()
    missing = install_tools()
    if missing:
        _say(f"not installed, and cannot be: {', '.join(missing)}")
    bench = Bench(QUICK if given.quick else FULL, _say)
    states: list[str] = []
    for number in _STOPS:
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    try:
        uvloop.run(_measure(bench, names, states))
    except KeyboardInterrupt:
        states.append("Cut off: the rows below are those measured until then.")
    finally:
        for number in _STOPS:  # once is enough: nothing that was started may be left behind
            signal.signal(number, signal.SIG_IGN)
        target = _write(bench, names, states, quick=given.quick)
        _say("stopping what was started")
        bench.close()
    print(markdown(bench.rows))
    _say(f"{time.monotonic() - began:.0f} s; written to {os.path.relpath(target, REPOSITORY)}")
    for state in states:
        _say(state)
    return 1 if states and not given.quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

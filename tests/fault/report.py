"""The table at the end of a fault run: every case with its seeds, its verdict, and what its tests wrote down."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

_SEED = re.compile(r"-?seed(\d+)")
_LETTERS = re.compile(r"([A-Z]+)(\d+)(.*)")


@dataclass
class Row:
    """One test over all its seeds."""

    case: str
    title: str
    seeds: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: int = 0
    seconds: float = 0.0
    noted: list[str] = field(default_factory=list)


class CaseReport:
    """Listens to a run and prints the table when it ends."""

    def __init__(self) -> None:
        """Begin with an empty table."""
        self._cases: dict[str, tuple[str, ...]] = {}
        self._rows: dict[tuple[str, str], Row] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember which cases each test stands for."""
        for item in items:
            self._cases[item.nodeid] = tuple(str(mark.args[0]) for mark in item.iter_markers("fault"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test."""
        for case in self._cases.get(report.nodeid, ()):
            title, seed = _titled(report.nodeid)
            row = self._rows.setdefault((case, title), Row(case, title))
            row.seconds += report.duration
            if report.when == "call" or report.outcome != "passed":
                row.seeds += [seed] if seed and seed not in row.seeds else []
                row.skipped += report.outcome == "skipped"
                row.broken += [seed or "–"] if report.outcome == "failed" else []
            if report.when == "call":
                row.noted += [str(value) for name, value in report.user_properties if name == "noted"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        if not self._rows:
            return
        terminalreporter.section("faults 故障场景")
        for line in table(self._rows.values()):
            terminalreporter.write_line(line)


def table(rows: Iterable[Row]) -> list[str]:
    """Return the lines of the table, in the order of the matrix."""
    lines = []
    for row in sorted(rows, key=lambda one: (_order(one.case), one.title)):
        verdict = f"BROKEN at {','.join(row.broken)}" if row.broken else ("left out" if row.skipped else "holds")
        seeds = f" seeds {','.join(row.seeds)}" if row.seeds else ""
        lines.append(f"{row.case:<4} {verdict:<8} {row.seconds:6.1f} s  {row.title}{seeds}")
        lines += [f"{'':21}{note}" for note in row.noted[-1:]]
    return lines


def _order(case: str) -> tuple[str, int, str]:
    found = _LETTERS.fullmatch(case)
    return (found[1], int(found[2]), found[3]) if found else (case, 0, "")


def _titled(nodeid: str) -> tuple[str, str]:
    """Return the sentence of a test, and its seed if it has one."""
    name, _, parameters = nodeid.rpartition("::")[2].partition("[")
    parameters = parameters.removesuffix("]")
    seed = _SEED.search(parameters)
    rest = _SEED.sub("", parameters).strip("-")
    sentence = name.removeprefix("test_").replace("_", " ")
    return (f"{sentence} [{rest}]" if rest else sentence), (seed[1] if seed else "")

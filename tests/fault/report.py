"""The table at the end of a fault run: every case with its seeds, its verdict, and what its tests wrote down."""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FOUND_SETTING = "FAULT_FOUND"
"""File to which a run appends one line for each phase of a test, for a reader that waits for several runs."""

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


@dataclass(frozen=True)
class Found:
    """One phase of one test for one case."""

    case: str
    nodeid: str
    when: str
    outcome: str
    seconds: float
    noted: list[str]


class Table:
    """The rows of a run, as they come in."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._rows: dict[tuple[str, str], Row] = {}

    def add(self, found: Found) -> None:
        """Count one phase of one test."""
        title, seed = titled(found.nodeid)
        row = self._rows.setdefault((found.case, title), Row(found.case, title))
        row.seconds += found.seconds
        if found.when == "call" or found.outcome != "passed":
            row.seeds += [seed] if seed and seed not in row.seeds else []
            row.skipped += found.outcome == "skipped"
            row.broken += [seed or "–"] if found.outcome == "failed" else []
        row.noted += found.noted

    def lines(self) -> list[str]:
        """Return the table as text, in the order of the matrix."""
        return table(self._rows.values())


class CaseReport:
    """Listens to a run and prints the table when it ends."""

    def __init__(self) -> None:
        """Begin with an empty table."""
        self._cases: dict[str, tuple[str, ...]] = {}
        self._table = Table()
        told = os.environ.pop(FOUND_SETTING, None)  # the runs that a mutant's test starts have a table of their own
        self._told = None if told is None else Path(told)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember which cases each test stands for."""
        for item in items:
            self._cases[item.nodeid] = tuple(str(mark.args[0]) for mark in item.iter_markers("fault"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test."""
        noted = [str(value) for name, value in report.user_properties if name == "noted"]
        for case in self._cases.get(report.nodeid, ()):
            found = Found(
                case,
                report.nodeid,
                report.when or "",
                report.outcome,
                report.duration,
                noted if report.when == "call" else [],
            )
            self._table.add(found)
            if self._told is not None:
                with self._told.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found.__dict__, ensure_ascii=False) + "\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        lines = self._table.lines()
        if not lines:
            return
        terminalreporter.section("faults 故障场景")
        for line in lines:
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


def titled(nodeid: str) -> tuple[str, str]:
    """Return the sentence of a test, and its seed if it has one."""
    name, _, parameters = nodeid.rpartition("::")[2].partition("[")
    parameters = parameters.removesuffix("]")
    seed = _SEED.search(parameters)
    rest = _SEED.sub("", parameters).strip("-")
    sentence = name.removeprefix("test_").replace("_", " ")
    return (f"{sentence} [{rest}]" if rest else sentence), (seed[1] if seed else "")

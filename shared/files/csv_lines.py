"""The records of a CSV file: a quote that was never closed takes its own line along, never the rest of the file."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_LONGEST_CELL = 131_072
_MOST_LINES = 1_000
"""Lines that one cell may reach over."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        number: line of the file where it begins, from 1.
        span: lines that it takes.
        cells: its cells as they stand; the whole line in one, where it could not be taken apart.
        fault: `quote` for a quote that has no partner, `cell` for a cell without end, None where it is whole.
        is_cut: the file ends within its line.
        is_stray: a quote stands within a cell that has none around it.
    """

    number: int
    span: int
    cells: list[str]
    fault: str | None = None
    is_cut: bool = False
    is_stray: bool = False


@dataclass(slots=True)
class CsvReader:
    """Reads records one by one, without holding the file.

    Attributes:
        is_one: tells of the cells of a record of several lines, and of its lines behind the first, whether they may be
            one record; once the table is known.
        width: columns of the table, once known: a record of several lines has all of them.
    """

    lines: Iterator[str]
    separator: str
    is_one: Callable[[list[str], str], bool] | None = None
    width: int | None = None
    _number: int = 0
    _ahead: deque[str] = field(default_factory=deque)
    _whole: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the form of a record in which every quote has its partner."""
        mark = re.escape(self.separator)
        cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\r\n{mark}]*+)'
        self._whole = re.compile(rf"{cell}(?:{mark}{cell})*+[\r\n]*+")

    def __iter__(self) -> Iterator[Record]:
        """Give the records in order; together they take every line of the file."""
        while (line := self._next()) is not None:
            number = self._number + 1
            record = self._quoted(line, number) if '"' in line else self._plain(line, number)
            self._number += record.span
            yield record

    def _next(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self.lines, None)

    def _plain(self, line: str, number: int) -> Record:
        text = line.rstrip("\r\n")
        cells = text.split(self.separator)
        if len(text) > _LONGEST_CELL and max(map(len, cells)) > _LONGEST_CELL:
            return Record(number, 1, [], "cell", is_cut=len(text) == len(line))
        return Record(number, 1, cells, is_cut=len(text) == len(line))

    def _quoted(self, line: str, number: int) -> Record:
        taken: list[str] = []
        reader = csv.reader(self._following(line, taken), delimiter=self.separator, strict=True)
        try:
            cells = next(reader)
        except (csv.Error, StopIteration):
            cells = []
        span = len(taken)
        too_long = any(len(cell) > _LONGEST_CELL for cell in cells)
        if cells and not too_long and (span == 1 or self._is_one(taken, cells)):
            stray = self._whole.fullmatch("".join(taken)) is None
            return Record(number, span, cells, is_cut=not taken[-1].endswith(("\n", "\r")), is_stray=stray)
        self._ahead.extendleft(reversed(taken[1:]))
        text = line.rstrip("\r\n")
        return Record(number, 1, [text], "cell" if too_long else "quote", is_cut=len(text) == len(line))

    def _following(self, line: str, taken: list[str]) -> Iterator[str]:
        while line is not None and len(taken) < _MOST_LINES:
            taken.append(line)
            yield line
            following = self._next()
            if following is None:
                return
            line = following
        # One line too many was looked at.
        self._ahead.appendleft(line)

    def _is_one(self, taken: list[str], cells: list[str]) -> bool:
        """Tell whether lines are one record: each quote has its partner, and none of them is a row of its own."""
        if self._whole.fullmatch("".join(taken)) is None:
            return False
        if self.width is not None and len(cells) < self.width:
            return False
        return self.is_one is None or self.is_one(cells, "".join(taken[1:]))

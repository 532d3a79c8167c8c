"""Tables that people upload, line by line: CSV in the encodings offices use, and XLSX; damage is reported."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.files.csv_lines import CsvReader
from shared.files.encoding import lines_of, text_encoding
from shared.files.formula import unescape_formula
from shared.files.media_type import CSV, PLAIN, XLSX, type_refused
from shared.files.sheet_rows import counted_rows, sheet_rows
from shared.files.spreadsheet import SHEET_DAMAGED, Sheet, Workbook, open_workbook
from shared.files.table_refusals import (
    CELL_DAMAGED,
    CELL_ERROR,
    COLUMNS_SHIFTED,
    LINE_UNREADABLE,
    LINES_UNACCOUNTED,
    NUMBER_ROUNDED,
    QUOTE_UNCLOSED,
    TABLE_EMPTY,
    TABLE_TYPE_UNKNOWN,
)
from shared.files.table_row import LineProblem, Row, with_width
from shared.kernel.errors import Refusal
from shared.table.column import ColumnKind, ListForm
from shared.table.heading import ROWS_SEARCHED, Heading, find_heading, heading_unknown, match

TABLES = frozenset({CSV, PLAIN, XLSX})
"""Types of documents that are read as tables."""
_REPLACEMENT = "\ufffd"
_BATCH = 1_000
_SEPARATORS = (",", "\t", ";", "|", "，", "；")
_PAGES = ("<!doctype", "<html", "<table", "<?xml", "<meta", "<head")
_CODE = re.compile(r"""(?<![^,;\t|，；"\r\n])[ ]*([0-9A-Za-z./:%-]{4,60})[ ]*(?![^,;\t|，；"\r\n])""")
"""Something between separators, quotes or line ends that might be a code."""
_LONG_CODE = 9
_LOOKS_KEPT = 50
_BLANKS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line under the heading.

    Attributes:
        number: line of the file (CSV) or row of the sheet (XLSX) where it begins, counted from 1.
        cells: texts by place, stripped, as many as the heading has; a missing cell is the empty text.
        raw: the cells as they stand, for the report.
        problems: damage; a line with any must not be stored.
        is_cut: the file ends within it and it has fewer cells than the heading; the rest may be lost.
        odd_width: its cells, where neither the heading nor the line before it has as many: it may have lost or gained
            a separator.
        is_stray: a quote stands within a cell that has none around it: it may have lost its partner or a separator.
    """

    number: int
    cells: tuple[str, ...]
    raw: tuple[str, ...]
    problems: tuple[LineProblem, ...] = ()
    is_cut: bool = False
    odd_width: int | None = None
    is_stray: bool = False


@dataclass(slots=True)
class LineCount:
    """Where the lines of the file went; their sum is compared with a second count of the file.

    Attributes:
        in_file: lines of the file, or rows of the sheet up to the last one that holds something, as counted without
            the reader of its cells.
        above: lines above the heading.
        heading: lines of the heading.
        blank: blank lines below it.
        rows: lines that were given as rows of the table.
        further: lines that belong to a row because one of its cells has several lines.
        between: numbers of the first blank lines that stand between the heading and the last row.
    """

    in_file: int = 0
    above: int = 0
    heading: int = 0
    blank: int = 0
    rows: int = 0
    further: int = 0
    between: list[int] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)

    def add(self, row: Row) -> bool:
        """Count a row below the heading; tell whether it holds something."""
        self.further += row.span - 1
        if row.problem is None and not any(cell.strip() for cell in row.cells):
            self.blank += 1
            if len(self.between) + len(self._open) < _BLANKS_TOLD:
                self._open.append(row.number)
            return False
        self.rows += 1
        self.between += self._open
        self._open.clear()
        return True

    @property
    def read(self) -> int:
        """Lines that are accounted for."""
        return self.above + self.heading + self.blank + self.rows + self.further


class Table:
    """An uploaded table whose heading was found; use as a context, then read its lines once.

    Blank lines are left out. CSV may be in UTF-8 (with or without a byte-order mark), UTF-16 or GB18030, separated by
    comma, tab, semicolon or bar. The heading may stand below a title and on any visible sheet.

    Args:
        source: file, or its bytes.
        media_type: as the bytes showed; text of any kind is read as CSV.
        form: the list that it should be.

    Attributes:
        heading: which column holds which field.
        sheet: name of the sheet that was read, None for CSV.
        other_sheets: visible sheets that have the heading too and were not read.
        epoch_1904: serial numbers of days count from 1904-01-01.
        is_shorter: rows may be missing at the end of the sheet.
        unended: the last line, where it has no end: lines may be missing behind it.
        count: where the lines went.
    """

    def __init__(self, source: Path | bytes, media_type: str, form: ListForm) -> None:
        """Keep what to read; nothing is read yet."""
        self._source = source
        self._kind = media_type.partition(";")[0].strip()
        self._form = form
        self._stack = ExitStack()
        self._rows: Iterator[Row] = iter(())
        self._width: int | None = None
        self._code_place: int | None = None
        self._code_required = False
        self._codes: set[str] = set()
        self.heading = Heading({}, {}, {}, 0, ())
        self.sheet: str | None = None
        self.other_sheets: tuple[str, ...] = ()
        self.epoch_1904 = False
        self.is_shorter = False
        self.unended: int | None = None
        self.count = LineCount()

    def __enter__(self) -> Self:
        """Open the file and find the heading.

        Raises:
            Refusal: `table_empty`, `heading_unknown`, `table_type_unknown`, `spreadsheet_unreadable` and its like.
        """
        if self._kind not in TABLES:
            raise type_refused(self._kind, TABLE_TYPE_UNKNOWN)
        try:
            if self._kind == XLSX:
                self._open_workbook()
            else:
                self._open_csv()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._stack.close()

    def lines(self) -> Iterator[Line]:
        """Give the lines below the heading one by one, without holding them in memory.

        Raises:
            Refusal: `table_empty` if there is none; `lines_unaccounted` if the second count finds more or less lines
                than were given.
        """
        count = self.count
        for row, is_odd in with_width(filter(self._holds_something, self._rows), self._width):
            self._learn(row)
            yield _line(self.heading, row, is_odd=is_odd)
        if count.read != count.in_file:
            raise Refusal(LINES_UNACCOUNTED, counted=count.in_file, read=count.read)
        if not count.rows:
            raise Refusal(TABLE_EMPTY)

    def _holds_something(self, row: Row) -> bool:
        self.unended = row.number if row.is_cut else None
        return self.count.add(row)

    def _learn(self, row: Row) -> None:
        """Remember how the codes of this file look."""
        place = self._code_place
        if place is None or row.problem is not None or place >= len(row.cells) or len(self._codes) >= _LOOKS_KEPT:
            return
        code = row.cells[place].strip()
        if code and "\n" not in code:
            self._codes.add(_looks(code))

    async def batches(self, size: int = _BATCH) -> AsyncIterator[list[Line]]:
        """Give the lines in batches, parsed in a thread so that the event loop goes on answering.

        Raises:
            Refusal: as `lines`.
        """
        lines = self.lines()
        while batch := await asyncio.to_thread(lambda: list(islice(lines, size))):
            yield batch

    def _begin(self, first: list[Row], rest: Iterator[Row], found: tuple[int, Heading]) -> None:
        """Stand below the heading."""
        place, self.heading = found
        self.count.above = sum(row.span for row in first[:place])
        self.count.heading = first[place].span
        self._rows = chain(first[place + 1 :], rest)

    def _open_csv(self) -> None:
        with self._opened() as raw:
            encoding = text_encoding(raw)
            raw.seek(0)
            self.count.in_file = lines_of(raw, encoding)
        best: list[Row] = []
        beginning = ""
        for separator in _SEPARATORS:
            first = list(_searched(_csv_rows(self._reader(encoding, separator))))
            beginning = beginning or "".join(cell for row in first[:1] for cell in row.cells)
            found = find_heading([row.cells for row in first], self._form)
            if found is not None:
                self._begin(*self._below(self._reader(encoding, separator), first, found))
                return
            if not best or _matched(first, self._form) > _matched(best, self._form):
                best = first
        self._refuse(best, page=beginning.lstrip().lower().startswith(_PAGES))

    def _reader(self, encoding: str, separator: str) -> CsvReader:
        text = io.TextIOWrapper(self._opened(), encoding=encoding, errors="replace", newline="")
        self._stack.callback(text.close)
        return CsvReader(iter(text), separator)

    def _below(
        self, reader: CsvReader, first: list[Row], found: tuple[int, Heading]
    ) -> tuple[list[Row], Iterator[Row], tuple[int, Heading]]:
        """Stand below the heading with a reader that knows since then how a row of this table looks."""
        rows = _csv_rows(reader)
        above = [next(rows) for _ in first[: found[0] + 1]]
        places = {
            place: column
            for name, place in found[1].fields.items()
            if (column := self._form.column(name)).kind is ColumnKind.CODE
        }
        self._code_place = min(places, default=None)
        self._code_required = any(column.required for place, column in places.items() if place == self._code_place)
        for row in first[found[0] + 1 :]:
            self._learn(row)
        reader.is_one, reader.width = self._is_one, found[1].width
        self._width = len(above[-1].cells)
        return above, rows, found

    def _opened(self) -> io.BytesIO | io.BufferedReader:
        return self._source.open("rb") if isinstance(self._source, Path) else io.BytesIO(self._source)

    def _refuse(self, best: list[Row], *, page: bool = False) -> None:
        """Refuse a file in which no heading was found.

        Raises:
            Refusal: `table_empty`, `heading_unknown`.
        """
        if not any(cell.strip() for row in best for cell in row.cells):
            raise Refusal(TABLE_EMPTY)
        raise heading_unknown([row.cells for row in best], self._form, page=page)

    def _is_one(self, cells: list[str], following: str) -> bool:
        """Tell whether a record of several lines may be one: no other code of this table stands in the lines behind.

        A quote that came or went lets the cells of two rows look like one; the code of the second gives it away.
        """
        place = self._code_place
        if place is None or place >= len(cells):
            return True
        own = cells[place].strip()
        if "\n" in own or (self._code_required and not any(mark.isdigit() for mark in own)):
            return False
        known = self._codes | {_looks(own)} if own else self._codes
        others = (code for code in _CODE.findall(following) if code != own)
        return not any(_is_code(code, known) for code in others)

    def _open_workbook(self) -> None:
        book: Workbook = self._stack.enter_context(open_workbook(self._source))
        self.epoch_1904 = book.epoch_1904
        seen: list[list[Row]] = []
        others = []
        for sheet in book.sheets:
            rows = sheet_rows(sheet.rows())
            first = list(_searched(rows))
            found = find_heading([row.cells for row in first], self._form)
            seen.append(first)
            if found is not None and self.sheet is None:
                self.sheet = sheet.name
                self._begin_sheet(sheet, chain(first, rows), first[found[0]].number, found[1])
            elif found is not None:
                others.append(sheet.name)
        self.other_sheets = tuple(others)
        if self.sheet is None:
            self._refuse(max(seen, key=lambda first: _matched(first, self._form), default=[]))

    def _begin_sheet(self, sheet: Sheet, rows: Iterator[Row], number: int, heading: Heading) -> None:
        """Stand below the heading of a sheet, whose rows are held against a second count.

        Raises:
            Refusal: `sheet_damaged`, also where the heading itself is.
        """
        counted = sheet.count()
        self.count.in_file = counted.last
        self.is_shorter = counted.is_shorter
        judged = counted_rows(rows, counted)
        above = list(islice(judged, number))
        if above[-1].problem is not None:
            raise Refusal(SHEET_DAMAGED, row=number)
        self._begin(above, judged, (number - 1, heading))


def _searched(rows: Iterator[Row]) -> Iterator[Row]:
    """Give the first rows up to as many filled ones as a heading is looked for in."""
    filled = 0
    for row in rows:
        yield row
        filled += any(cell.strip() for cell in row.cells)
        if filled >= ROWS_SEARCHED:
            return


def _matched(rows: Sequence[Row], form: ListForm) -> int:
    return max((len(match(row.cells, form).fields) for row in rows), default=0)


def _is_code(text: str, known: set[str]) -> bool:
    """Tell whether a text looks like one of these codes: as long, and if it is short, of the same form."""
    if not any(mark.isdigit() for mark in text):
        return False
    return _looks(text) in known or (len(text) >= _LONG_CODE and len(text) in map(len, known))


def _looks(code: str) -> str:
    """Return a code with 0 for every digit and A for every letter."""
    return "".join("0" if mark.isdigit() else "A" if mark.isalpha() else mark for mark in code)


def _line(heading: Heading, row: Row, *, is_odd: bool) -> Line:
    """Return a row as a line under the heading, with the damage that is seen on it."""
    if row.problem is not None:
        shown = (*row.cells, *[""] * heading.width)[: heading.width]
        return Line(row.number, shown, tuple(row.cells), (row.problem,))
    cells = [cell.strip() for cell in row.cells]
    while len(cells) > heading.width and not cells[-1]:
        cells.pop()
    width = len(cells)
    counts = (("found", width), ("expected", heading.width))
    problems = [LineProblem(COLUMNS_SHIFTED, details=counts)] if width > heading.width else []
    # Offices leave out empty cells at the end of a line: the rest fits.
    cells += [""] * (heading.width - width)
    problems += [
        LineProblem(NUMBER_ROUNDED, heading.names[place])
        for place in sorted(row.rounded & set(heading.fields.values()))
    ]
    problems += [
        LineProblem(CELL_ERROR, heading.names[place]) for place in sorted(row.errors & set(heading.fields.values()))
    ]
    whole = "\x1f".join(cells)
    if _REPLACEMENT in whole or "\x00" in whole:
        problems += [
            LineProblem(CELL_DAMAGED, heading.names[place] if place < heading.width else None)
            for place, cell in enumerate(cells)
            if _REPLACEMENT in cell or "\x00" in cell
        ]
    if "'" in whole:
        cells = [unescape_formula(cell) for cell in cells]
    is_cut = row.is_cut and width < heading.width
    found = len(row.cells) if is_odd and not is_cut else None
    return Line(
        row.number, tuple(cells[: heading.width]), tuple(row.cells), tuple(problems), is_cut, found, row.is_stray
    )


def _csv_rows(reader: CsvReader) -> Iterator[Row]:
    faults = {"quote": LineProblem(QUOTE_UNCLOSED), "cell": LineProblem(LINE_UNREADABLE)}
    for record in reader:
        problem = None if record.fault is None else faults[record.fault]
        yield Row(record.number, record.cells, record.span, problem, is_cut=record.is_cut, is_stray=record.is_stray)

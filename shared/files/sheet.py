"""Sheets that people open: typed cells, frozen head, filter and widths in XLSX; the same values as text in CSV."""

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any, Protocol

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from shared.files.formula import escape_formula

Value = str | int | Decimal | date | datetime | None
"""What a cell holds: a text, a number, a day, or an instant as the wall clock of Beijing shows it."""
ROWS_PER_SHEET = 1_000_000
"""A sheet of XLSX holds 1,048,576 rows; what is beyond goes to a further sheet with the same head."""
_LONGEST_NUMBER = 15
_NARROWEST, _WIDEST = 8, 48
_WIDE = "WFA"


class CellKind(StrEnum):
    """How the cells of a column are shown and how people may calculate with them."""

    TEXT = "TEXT"
    WHOLE = "WHOLE"
    MONEY = "MONEY"
    RATE = "RATE"
    POINTS = "POINTS"
    DAY = "DAY"
    INSTANT = "INSTANT"


FORMATS = {
    CellKind.TEXT: "@",
    CellKind.WHOLE: "0",
    CellKind.MONEY: "#,##0.00",
    CellKind.RATE: "0.00##%",
    CellKind.POINTS: "0.000",
    CellKind.DAY: "yyyy-mm-dd",
    CellKind.INSTANT: "yyyy-mm-dd hh:mm:ss",
}
"""Number format of each kind."""
_LEAST_WIDTH = {CellKind.MONEY: 18, CellKind.DAY: 12, CellKind.INSTANT: 20}


class Sheet(Protocol):
    """A sheet that is written row by row."""

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class CsvSheet:
    """CSV in UTF-8 with a byte-order mark, which spreadsheets need to read Chinese."""

    def __init__(self, target: IO[bytes], headings: Sequence[str], kinds: Sequence[CellKind]) -> None:
        """Write the head."""
        self._target = target
        self._kinds = kinds
        target.write(b"\xef\xbb\xbf")
        self._add([headings])

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows."""
        self._add([[_as_text(value, kind) for value, kind in zip(row, self._kinds, strict=True)] for row in rows])

    def close(self) -> None:
        """Finish the file."""
        self._target.flush()

    def _add(self, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        self._target.write(text.getvalue().encode())


class XlsxSheet:
    """A workbook, written row by row through a temporary file.

    The widths are those of the first rows written: a workbook that grows row by row tells them before its rows.
    """

    def __init__(
        self,
        target: IO[bytes],
        headings: Sequence[str],
        kinds: Sequence[CellKind],
        *,
        title: str,
        rows_per_sheet: int = ROWS_PER_SHEET,
    ) -> None:
        """Keep the head; the first sheet begins with the first rows."""
        self._target, self._headings, self._kinds, self._title = target, headings, kinds, title
        self._rows_per_sheet = rows_per_sheet
        self._book = Workbook(write_only=True)
        self._sheet: WriteOnlyWorksheet | None = None
        self._rows = 0
        self._patterns: dict[CellKind, Cell] = {}

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows."""
        for row in rows:
            if self._sheet is None or self._rows == self._rows_per_sheet:
                self._begin(rows)
            self._sheet.append([self._cell(value, place) for place, value in enumerate(row)])  # type: ignore[union-attr]  # begun above
            self._rows += 1

    def close(self) -> None:
        """Finish the file; a list without rows has its head."""
        if self._sheet is None:
            self._begin(())
        self._end()
        self._book.save(self._target)

    def _begin(self, rows: Sequence[Sequence[Value]]) -> None:
        self._end()
        count = len(self._book.worksheets)
        sheet: WriteOnlyWorksheet = self._book.create_sheet(self._title if count == 0 else f"{self._title} {count + 1}")
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        for place, (heading, kind) in enumerate(zip(self._headings, self._kinds, strict=True)):
            letter = get_column_letter(place + 1)
            shown = [_as_text(row[place], kind) for row in rows]
            sheet.column_dimensions[letter].width = _width([heading, *shown], kind)  # type: ignore[attr-defined]  # the stubs lack it
        self._sheet, self._rows = sheet, 0
        self._patterns = {kind: _pattern(sheet, kind) for kind in CellKind}
        sheet.append([_head(sheet, heading) for heading in self._headings])

    def _end(self) -> None:
        if self._sheet is not None:
            whole = f"A1:{get_column_letter(len(self._headings))}{self._rows + 1}"
            self._sheet.auto_filter.ref = whole  # type: ignore[attr-defined]  # the stubs lack it

    def _cell(self, value: Value, place: int) -> Cell | None:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            value = escape_formula(value)
        elif isinstance(value, (int, Decimal)) and _digits(value) > _LONGEST_NUMBER:
            value = _as_text(value, self._kinds[place])  # a cell would round it
        kind = self._kinds[place]
        if kind is CellKind.TEXT and not isinstance(value, str):
            kind = CellKind.WHOLE  # a count is a number, whatever its column is called
        given: Any = value  # the stubs know neither Decimal nor date
        cell: Any = WriteOnlyCell(self._sheet, value=given)  # type: ignore[arg-type]  # a sheet was begun
        pattern: Any = self._patterns[kind]
        cell._style = pattern._style  # noqa: SLF001  # made once, not looked up per cell
        if isinstance(value, str):
            cell.data_type = "s"
        made: Cell = cell
        return made


def _pattern(sheet: WriteOnlyWorksheet, kind: CellKind) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value="")
    cell.number_format = FORMATS[kind]
    return cell


def _head(sheet: WriteOnlyWorksheet, heading: str) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value=heading)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="EDEDED")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    cell.data_type = "s"
    return cell


def _digits(value: int | Decimal) -> int:
    return len(Decimal(value).as_tuple().digits)


def _width(texts: Sequence[str], kind: CellKind) -> int:
    """Return the width of a column for what stands in it; a Chinese letter takes two places."""
    head, *cells = texts
    # A long heading breaks into lines: half of it is enough.
    widest = max([_places(head) // 2 + 2, *(_places(text) + 2 for text in cells)])
    return min(max(widest, _NARROWEST, _LEAST_WIDTH.get(kind, 0)), _WIDEST)


def _places(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(one) in _WIDE else 1 for one in text)


def _as_text(value: Value, kind: CellKind) -> str:
    """Return a value as CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return escape_formula(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return _NUMBERS.get(kind, str)(value)


def _percent(value: int | Decimal) -> str:
    return f"{(Decimal(value) * 100).normalize():f}%"


_NUMBERS: dict[CellKind, Callable[[int | Decimal], str]] = {
    CellKind.MONEY: "{:.2f}".format,
    CellKind.RATE: _percent,
    CellKind.POINTS: "{:.3f}".format,
}

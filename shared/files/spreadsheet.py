"""Rows of an XLSX file: small ones by calamine, ten times faster; large ones by openpyxl, in a fifth of the memory."""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine

from shared.files.extent import Extent, extent_of
from shared.files.sheet_count import MOST_ROWS, SheetCount
from shared.files.workbook_parts import count_of
from shared.kernel.errors import Refusal, RefusalCode

SPREADSHEET_UNREADABLE = RefusalCode(
    "spreadsheet_unreadable",
    422,
    "电子表格无法读取",
    "The spreadsheet cannot be read",
    "请另存为 XLSX 后重新上传，并去掉密码。",
    "Save it as XLSX without a password and upload it again.",
)
SPREADSHEET_TOO_LARGE = RefusalCode(
    "spreadsheet_too_large",
    422,
    "电子表格解压后超过 {limit_bytes} 字节",
    "The spreadsheet unpacks to more than {limit_bytes} bytes",
    "请拆分后上传。",
    "Split it and upload the parts.",
)
SPREADSHEET_TOO_WIDE = RefusalCode(
    "spreadsheet_too_wide",
    422,
    "工作表的内容超出第 {columns} 列或第 {rows} 行",
    "The sheet reaches beyond column {columns} or row {rows}",
    "请删除表格范围以外的内容，另存后重新上传。",
    "Delete what stands outside the table, save it and upload it again.",
)
SHEET_DAMAGED = RefusalCode(
    "sheet_damaged",
    422,
    "工作表在第 {row} 行附近已损坏，未导入任何行",
    "The sheet is damaged near row {row}; no line was imported",
    "请在电子表格软件中打开并修复，另存为 XLSX 后重新上传。",
    "Open and repair it in a spreadsheet program, save it as XLSX and upload it again.",
)
Value = str | float
_CALAMINE_BYTES = 48 << 20
_LIMIT_BYTES = 600 << 20
# SyntaxError: a sheet that is not XML; RuntimeError: an entry with a password or a compression that is not known. The
# reader of large workbooks trusts its file: what is not there, or of another kind, ends it wherever it is missed.
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, python_calamine.CalamineError),
    *(LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(OSError, EOFError, SyntaxError, RuntimeError, AssertionError),
)
_EPOCH_1904 = re.compile(rb"""date1904\s*=\s*["'](?:1|true|on)["']""")
_MAX_MEMBERS = 1_000
_MAX_COLUMNS = 256
_CALAMINE_CELLS = 2_500_000
_OTHER_BOOKS = frozenset({"xl/workbook.bin", "content.xml"})  # what calamine would also open, in forms we do not judge


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet that people see.

    Attributes:
        name: its name.
        rows: gives its rows as (row number, values) each time it is asked.
        count: counts what its rows hold without the reader of the rows.
    """

    name: str
    rows: Callable[[], Iterator[tuple[int, list[Value]]]]
    count: Callable[[], SheetCount]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a workbook in their order.

    Attributes:
        sheets: hidden sheets are left out.
        epoch_1904: its serial numbers of days count from 1904-01-01.
    """

    sheets: tuple[Sheet, ...]
    epoch_1904: bool


@contextmanager
def open_workbook(source: Path | bytes) -> Iterator[Workbook]:
    """Open a workbook; dates are given as ISO text, empty cells as the empty text.

    Raises:
        Refusal: `spreadsheet_unreadable`, `spreadsheet_too_large` (a small file may unpack to a huge one),
            `spreadsheet_too_wide` (a few cells may span a huge rectangle); also while rows are read.
    """
    with _readable():
        unpacked, extent, epoch_1904 = _measured(source)
        small = unpacked <= _CALAMINE_BYTES and extent.rows * extent.columns <= _CALAMINE_CELLS
        sheets, close = _by_calamine(source) if small else _by_openpyxl(source)
    try:
        yield Workbook(tuple(sheets), epoch_1904)
    finally:
        close()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _FAULTS:
        raise Refusal(SPREADSHEET_UNREADABLE) from None


def _guarded(rows: Iterator[tuple[int, list[Value]]]) -> Iterator[tuple[int, list[Value]]]:
    with _readable():
        yield from rows


def _measured(source: Path | bytes) -> tuple[int, Extent, bool]:
    """Return how many bytes a workbook unpacks to, how far its sheets reach, and whether it counts days from 1904."""
    with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
        members = archive.infolist()
        if _OTHER_BOOKS & {member.filename.lower() for member in members}:
            raise Refusal(SPREADSHEET_UNREADABLE)
        unpacked = sum(member.file_size for member in members)
        if len(members) > _MAX_MEMBERS or unpacked > _LIMIT_BYTES:
            raise Refusal(SPREADSHEET_TOO_LARGE, limit_bytes=_LIMIT_BYTES)
        extent = extent_of(archive, columns=_MAX_COLUMNS)
        book = next((member for member in members if member.filename.lower() == "xl/workbook.xml"), None)
        epoch_1904 = book is not None and _EPOCH_1904.search(archive.read(book)) is not None
    if extent.columns > _MAX_COLUMNS or extent.rows > MOST_ROWS:
        raise Refusal(SPREADSHEET_TOO_WIDE, columns=_MAX_COLUMNS, rows=MOST_ROWS)
    return unpacked, extent, epoch_1904


def _by_calamine(source: Path | bytes) -> tuple[list[Sheet], Callable[[], None]]:
    book = python_calamine.CalamineWorkbook.from_object(source if isinstance(source, Path) else io.BytesIO(source))
    sheets = [
        Sheet(one.name, partial(_calamine_rows, book, place), partial(_count, source, one.name))
        for place, one in enumerate(book.sheets_metadata)
        if one.visible == python_calamine.SheetVisibleEnum.Visible
        and one.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    return sheets, book.close


def _calamine_rows(book: python_calamine.CalamineWorkbook, place: int) -> Iterator[tuple[int, list[Value]]]:
    with _readable():
        sheet = book.get_sheet_by_index(place)
    # Rows come from the first one of the sheet on, cells from the first column that holds something.
    left: list[Value] = [""] * (sheet.start[1] if sheet.start is not None else 0)
    return _guarded(
        (number, left + [_value(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), start=1)
    )


def _by_openpyxl(source: Path | bytes) -> tuple[list[Sheet], Callable[[], None]]:
    book = openpyxl.load_workbook(
        source if isinstance(source, Path) else io.BytesIO(source), read_only=True, data_only=True
    )
    sheets = [
        Sheet(one.title, partial(_openpyxl_rows, one), partial(_count, source, one.title))
        for one in book.worksheets
        if one.sheet_state == "visible"
    ]
    return sheets, book.close


def _openpyxl_rows(sheet: Any) -> Iterator[tuple[int, list[Value]]]:  # noqa: ANN401  # the read-only sheet has no stub
    sheet.reset_dimensions()  # what a sheet says of its own size may be wrong
    return _guarded(
        (number, [_value(cell) for cell in row])
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
    )


def _count(source: Path | bytes, name: str) -> SheetCount:
    """Count one sheet.

    Raises:
        Refusal: `spreadsheet_unreadable`, `sheet_damaged`.
    """
    with _readable():
        count = count_of(source, name)
    if count.fault is not None:
        raise Refusal(SHEET_DAMAGED, row=count.fault)
    return count


def _value(cell: object) -> Value:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return float(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (datetime, date, time)) else str(cell)

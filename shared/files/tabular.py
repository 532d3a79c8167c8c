"""Tables that people upload, line by line: CSV in the encodings offices use, and XLSX; damage is reported."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shared.files.encoding import text_encoding
from shared.files.media_type import CSV, PLAIN, XLSX
from shared.files.spreadsheet import sheet_rows
from shared.kernel.errors import Refusal, RefusalCode

TABLE_EMPTY = RefusalCode(
    "table_empty",
    422,
    "文件没有表头或没有数据",
    "The file has no heading or no rows",
    "请按模板填写表头和数据后上传",
    "Fill in heading and rows as in the template",
)
TABLE_HEADING_TWICE = RefusalCode(
    "table_heading_twice",
    422,
    "表头 {column} 出现两次",
    "The heading {column} occurs twice",
    "请保留其中一列",
    "Keep one of the columns",
)
TABLE_TYPE_UNKNOWN = RefusalCode(
    "table_type_unknown",
    422,
    "{found} 不是可读取的表格",
    "{found} is not a table we read",
    "请上传 CSV 或 XLSX",
    "Upload CSV or XLSX",
)
CELL_DAMAGED = RefusalCode(
    "cell_damaged",
    422,
    "单元格含有无法还原的乱码",
    "The cell holds characters that were destroyed",
    "请以 UTF-8 或 GB18030 重新导出此行",
    "Export this line again in UTF-8 or GB18030",
)
COLUMNS_SHIFTED = RefusalCode(
    "columns_shifted",
    422,
    "该行有 {found} 列，表头有 {expected} 列",
    "The line has {found} columns, the heading {expected}",
    "请检查引号和分隔符",
    "Check quotes and separators",
)
LINE_UNREADABLE = RefusalCode(
    "line_unreadable",
    422,
    "该行无法读取",
    "The line cannot be read",
    "请检查引号是否成对、单元格是否过长",
    "Check that quotes come in pairs and no cell is too long",
)
NUMBER_ROUNDED = RefusalCode(
    "number_rounded",
    422,
    "超过 15 位的数字已被电子表格舍入",
    "The spreadsheet rounded a number of more than 15 digits",
    "请将该列设为文本后重新录入",
    "Format the column as text and enter it again",
)

_REPLACEMENT = "\ufffd"
_EXACT_DIGITS = 10**15
_MAX_COLUMNS = 200
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Something wrong with one line, whatever the table is about.

    Attributes:
        code: kind of damage, with texts and way out in both languages.
        column: heading of the cell at fault, if one is.
        details: values named in the texts.
    """

    code: RefusalCode
    column: str | None = None
    details: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line under the heading.

    Attributes:
        number: line of the file (CSV) or row of the sheet (XLSX) where it begins, the heading being 1.
        cells: heading → text, stripped; a missing cell is the empty text.
        raw: the cells as they stand, for the report.
        problems: damage; a line with any must not be stored.
    """

    number: int
    cells: dict[str, str]
    raw: tuple[str, ...]
    problems: tuple[LineProblem, ...] = ()


def read_table(source: Path | bytes, media_type: str) -> Iterator[Line]:
    """Give the lines of a table one by one, without holding it in memory.

    Blank lines are left out. CSV may be in UTF-8 (with or without a byte-order mark), UTF-16 or GB18030, separated by
    comma, semicolon or tab.

    Args:
        source: file, or its bytes.
        media_type: as the bytes showed; text of any kind is read as CSV.

    Raises:
        Refusal: `table_empty`, `table_heading_twice`, `table_type_unknown`, `spreadsheet_unreadable`.
    """
    kind = media_type.partition(";")[0].strip()
    if kind == XLSX:
        rows = _xlsx_rows(source)
    elif kind in {CSV, PLAIN}:
        rows = _csv_rows(source)
    else:
        raise Refusal(TABLE_TYPE_UNKNOWN, found=kind)
    first = next(rows, None)
    if first is None:
        raise Refusal(TABLE_EMPTY)
    heading = _heading(first.cells)
    for row in rows:
        if any(cell.strip() for cell in row.cells) or row.problems:
            yield _line(heading, row)


async def read_batches(source: Path | bytes, media_type: str, *, size: int = _BATCH) -> AsyncIterator[list[Line]]:
    """Give the lines of a table in batches, parsed in a thread so that the event loop goes on answering.

    Raises:
        Refusal: as `read_table`.
    """
    lines = read_table(source, media_type)
    while batch := await asyncio.to_thread(lambda: list(islice(lines, size))):
        yield batch


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Sequence[str]
    problems: tuple[LineProblem, ...] = ()
    rounded: frozenset[int] = frozenset()


def _heading(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > _MAX_COLUMNS:
        raise Refusal(TABLE_EMPTY)
    for name in names:
        if name and names.count(name) > 1:
            raise Refusal(TABLE_HEADING_TWICE, column=name[:100])
    return names


def _line(heading: list[str], row: _Row) -> Line:
    cells = list(row.cells)
    while len(cells) > len(heading) and not cells[-1].strip():
        cells.pop()
    problems = list(row.problems)
    if len(cells) != len(heading) and not problems:
        problems.append(LineProblem(COLUMNS_SHIFTED, details=(("found", len(cells)), ("expected", len(heading)))))
    for index, cell in enumerate(cells):
        column = heading[index] if index < len(heading) else None
        if _REPLACEMENT in cell or "\x00" in cell:
            problems.append(LineProblem(CELL_DAMAGED, column))
        elif index in row.rounded:
            problems.append(LineProblem(NUMBER_ROUNDED, column))
    padded = [*cells, *[""] * (len(heading) - len(cells))]
    values = {name: padded[index].strip() for index, name in enumerate(heading) if name}
    return Line(row.number, values, tuple(row.cells), tuple(problems))


def _csv_rows(source: Path | bytes) -> Iterator[_Row]:
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as raw:
        encoding = text_encoding(raw)
        raw.seek(0)
        with io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="") as text:
            separator = _separator(text.readline())
            text.seek(0)
            reader = csv.reader(text, delimiter=separator)
            while True:
                begins = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield _Row(begins, (), (LineProblem(LINE_UNREADABLE),))
                    continue
                yield _Row(begins, cells)


def _separator(heading: str) -> str:
    return max(",", "\t", ";", key=heading.count)


def _xlsx_rows(source: Path | bytes) -> Iterator[_Row]:
    width = 0
    for number, filled in sheet_rows(source):
        # A sheet leaves out empty cells at the end of a row: the row is short, not shifted.
        width = width or len(filled)
        values = [*filled, *[""] * (width - len(filled))]
        rounded = frozenset(
            index for index, value in enumerate(values) if isinstance(value, float) and abs(value) >= _EXACT_DIGITS
        )
        yield _Row(number, [value if isinstance(value, str) else _number_text(value) for value in values], (), rounded)


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)

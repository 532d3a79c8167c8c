"""What one line of a table is, and what is said of the table as a whole: for the engine of imports and for commands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from shared.files.table_refusals import CELL_DAMAGED, CELL_ERROR, NUMBER_ROUNDED
from shared.files.table_row import LineProblem
from shared.files.tabular import Line, Table
from shared.table.cells import Cells
from shared.table.column import ListForm
from shared.table.finding import RowFinding, finding, kind_of, texts
from shared.table.heading import Heading
from shared.table.kinds import (
    COLUMN_TWICE,
    COLUMNS_NOT_READ,
    FILE_UNENDED,
    LINE_CUT,
    LINE_WIDTH,
    QUOTE_WITHIN,
    ROW_DAMAGED,
    ROWS_BLANK,
    SHEET_SHORTER,
    SHEETS_NOT_READ,
)
from shared.table.row import ReadLine

_LEAVES_COLUMNS = frozenset({CELL_DAMAGED.code, CELL_ERROR.code, NUMBER_ROUNDED.code})
"""Damage that leaves every cell in its column, so that the rest of the line can be judged too."""
Value = TypeVar("Value")


def judged_line(
    table: Table, line: Line, read: Callable[[Cells, date], ReadLine[Value]], today: date
) -> tuple[Cells, ReadLine[Value]]:
    """Return the cells of a line and what its reader makes of it; a damaged line is refused and says by what.

    Args:
        table: the table, its heading read.
        line: one of its lines.
        read: the reader of the list's lines.
        today: business date.
    """
    damaged = line.problems
    cells = Cells(table.heading, line.cells, table.epoch_1904, is_damaged=bool(damaged))
    if not damaged:
        found = read(cells, today)
        doubts = _doubts(line, table.heading)
        return cells, replace(found, findings=(*found.findings, *doubts)) if doubts else found
    said = [_damage(line, damaged[0], table.heading)]
    if all(problem.code.code in _LEAVES_COLUMNS for problem in damaged):
        said += list(read(cells, today).findings)
    return cells, ReadLine(None, None, tuple(said))


def is_example(form: ListForm, cells: Cells) -> bool:
    """Tell whether a line is the example of the template, left as it was."""
    columns = [column for column in form.columns if column.field in cells.heading.fields]
    return all(cells.raw(column.field) == column.example for column in columns)


def said_of_file(table: Table) -> list[RowFinding]:
    """Return what is said of a whole file once its lines were read."""
    said = []
    if table.heading.unread:
        said.append(finding(COLUMNS_NOT_READ, "", "、".join(table.heading.unread)))
    said += [finding(COLUMN_TWICE, name, "", kept=kept) for name, kept in table.heading.doubled]
    if table.other_sheets:
        said.append(finding(SHEETS_NOT_READ, "", "、".join(table.other_sheets), read=table.sheet))
    if table.count.between:
        said.append(finding(ROWS_BLANK, "", "、".join(map(str, table.count.between)), count=table.count.blank))
    if table.is_shorter:
        said.append(finding(SHEET_SHORTER, "", table.sheet))
    if table.unended is not None:
        said.append(finding(FILE_UNENDED, "", table.unended))
    return said


def _doubts(line: Line, heading: Heading) -> tuple[RowFinding, ...]:
    """Return what makes a line doubtful that can be read."""
    if line.is_cut:
        return (finding(LINE_CUT, "", "".join(line.raw[-1:])),)
    if line.odd_width is not None:
        return (finding(LINE_WIDTH, "", "".join(line.raw[-1:]), found=line.odd_width, expected=heading.width),)
    if line.is_stray:
        return (finding(QUOTE_WITHIN, "", next((cell for cell in line.raw if '"' in cell), "")),)
    return ()


def _damage(line: Line, problem: LineProblem, heading: Heading) -> RowFinding:
    """Return a damaged line as one finding that names the first damaged cell and what is wrong with it."""
    words = texts(kind_of(problem.code), dict(problem.details))
    column = problem.column or ""
    shown = line.cells[heading.names.index(column)] if column else "".join(line.raw[:1])
    return finding(ROW_DAMAGED, column, shown, why_zh=words["text_zh"], why_en=words["text_en"])

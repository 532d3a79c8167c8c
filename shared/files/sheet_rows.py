"""The rows of a sheet, held against its second count: a row that lost a cell is damaged, a missing one is told."""

from collections.abc import Iterator

from shared.files.sheet_count import SheetCount, is_blank
from shared.files.spreadsheet import Value
from shared.files.table_refusals import ROW_CONTRADICTS, ROW_INCOMPLETE
from shared.files.table_row import LineProblem, Row

_EXACT_DIGITS = 10**15
_SIGNIFICANT = 15


def sheet_rows(rows: Iterator[tuple[int, list[Value]]]) -> Iterator[Row]:
    """Give the rows of a sheet as its reader sees them, each cell as a text."""
    for number, values in rows:
        rounded = frozenset(
            place for place, value in enumerate(values) if isinstance(value, float) and abs(value) >= _EXACT_DIGITS
        )
        cells = [value if isinstance(value, str) else _number_text(value) for value in values]
        yield Row(number, cells, rounded=rounded)


def counted_rows(rows: Iterator[Row], count: SheetCount) -> Iterator[Row]:
    """Give every row of a sheet from the first to the last that holds something, each one held against the count.

    Args:
        rows: the rows as the reader gives them, in order; it may begin late, end early and leave rows out.
        count: the second count of the same sheet.
    """
    expected = 1
    for row in rows:
        yield from _missing(expected, min(row.number, count.last + 1), count)
        expected = row.number + 1
        judged = _judged(row, count)
        if row.number <= count.last or judged.problem is not None:
            yield judged
    yield from _missing(expected, count.last + 1, count)


def _missing(first: int, end: int, count: SheetCount) -> Iterator[Row]:
    """Give the rows that the reader left out; one in which the count found something is damaged."""
    for number in range(first, end):
        yield _judged(Row(number, ()), count)


def _judged(row: Row, count: SheetCount) -> Row:
    shown = count.errors.get(row.number)
    cells = list(row.cells)
    if shown is not None:  # one reader takes an error for an empty cell, the other for a text
        cells += [""] * (max(shown) + 1 - len(cells))
        for place, text in shown.items():
            cells[place] = text
    counted = count.filled(row.number)
    read = sum(not is_blank(cell) for cell in cells)
    problem = None
    if count.is_damaged(row.number):
        problem = LineProblem(ROW_CONTRADICTS)
    elif read != counted:
        problem = LineProblem(ROW_INCOMPLETE, details=(("counted", counted), ("read", read)))
    if problem is None and shown is None:
        return row
    return Row(row.number, cells, problem=problem, rounded=row.rounded, errors=frozenset(shown or ()))


def _number_text(value: float) -> str:
    """Return a number as a spreadsheet shows it: fifteen digits, without the noise behind them."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    if len(text) <= _SIGNIFICANT + 1 and "e" not in text:
        return text
    places = max(0, _SIGNIFICANT - len(str(int(abs(value)))))
    return f"{value:.{places}f}".rstrip("0").rstrip(".")

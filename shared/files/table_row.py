"""One row of a table as its file holds it, before anybody knows what its cells mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.kernel.errors import Detail, RefusalCode


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
    details: tuple[tuple[str, Detail], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: line of the file, or row of the sheet, where it begins, counted from 1.
        cells: texts as they stand.
        span: lines that it takes.
        problem: what keeps its cells from being read.
        rounded: places of numbers that a spreadsheet rounded.
        errors: places of cells that show an error.
        is_cut: the file ends within it.
        is_stray: a quote stands within a cell that has none around it.
    """

    number: int
    cells: Sequence[str]
    span: int = 1
    problem: LineProblem | None = None
    rounded: frozenset[int] = frozenset()
    errors: frozenset[int] = frozenset()
    is_cut: bool = False
    is_stray: bool = False


def with_width(rows: Iterator[Row], expected: int | None) -> Iterator[tuple[Row, bool]]:
    """Give each row, and whether it has another number of cells than the heading and than the row before it.

    Offices leave out empty cells at the end, of many rows at once; a separator that came or went stands alone.

    Args:
        rows: rows that hold something.
        expected: cells of the heading, None where every row has as many.
    """
    before = expected
    for row in rows:
        width = len(row.cells)
        is_odd = expected is not None and row.problem is None and width not in {expected, before}
        yield row, is_odd
        before = before if row.problem else width

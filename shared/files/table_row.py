"""One row of a table as its file holds it, before anybody knows what its cells mean."""

from collections.abc import Sequence
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
    """

    number: int
    cells: Sequence[str]
    span: int = 1
    problem: LineProblem | None = None
    rounded: frozenset[int] = frozenset()
    errors: frozenset[int] = frozenset()
    is_cut: bool = False

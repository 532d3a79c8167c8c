"""Lists for tests: a form with the columns a test names, cells under a form's headings, tables from text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import Workbook

from shared.files.media_type import CSV
from shared.files.tabular import Line, Table
from shared.table.cells import Cells
from shared.table.column import ColumnKind, ListForm, TableColumn
from shared.table.heading import match


def form_of(*names: str, codes: Sequence[str] = ()) -> ListForm:
    """Return a form whose columns have these headings, all required; those among `codes` hold codes."""
    columns = [
        TableColumn(
            name, name, name, name, name, "", ColumnKind.CODE if name in codes else ColumnKind.TEXT, required=True
        )
        for name in names
    ]
    return ListForm("tests", "import_tests", "测试清单", "Test list", tuple(columns), names[0])


def cells_under(form: ListForm, values: Mapping[str, object], **options: bool) -> Cells:
    """Return one line whose headings are the keys of `values`."""
    return Cells(match(list(values), form), [str(value) for value in values.values()], **options)


def lines_of(content: bytes, form: ListForm, media_type: str = CSV) -> list[Line]:
    """Return every line of a table."""
    with Table(content, media_type, form) as table:
        return list(table.lines())


def texts_of(lines: Iterable[Line]) -> list[list[str]]:
    """Return the cells of lines."""
    return [list(line.cells) for line in lines]


def as_csv(*rows: Sequence[object], encoding: str = "utf-8") -> bytes:
    """Return rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: Sequence[object]) -> bytes:
    """Return rows as a workbook of one sheet."""
    book, target = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(target)
    return target.getvalue()

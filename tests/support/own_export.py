"""A service's own export, taken back as an import reads it."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from shared.files.media_type import CSV
from shared.files.sheet import CsvSheet, XlsxSheet
from shared.files.tabular import Table
from shared.table.cells import Cells
from shared.table.column import ListForm
from shared.web.export import Column


def taken_back(columns: Sequence[Column], row: Mapping[str, Any], form: ListForm, media_type: str) -> Cells:
    """Write one row as the export does, columns that it does not name empty, and return what the import finds."""
    whole = {**{column.name: None for column in columns}, **row}
    target = io.BytesIO()
    headings, kinds = [column.heading for column in columns], [column.kind for column in columns]
    sheet = CsvSheet(target, headings, kinds) if media_type == CSV else XlsxSheet(target, headings, kinds, title="x")
    sheet.write([[column.cell(whole) for column in columns]])
    sheet.close()
    with Table(target.getvalue(), media_type, form) as table:
        [line] = table.lines()
        assert line.problems == ()
        return Cells(table.heading, line.cells, table.epoch_1904)

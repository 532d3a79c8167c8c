"""The lines of a table that were left out, under their own heading and with what is wrong: to be corrected."""

import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal

from shared.files.formula import escape_formula
from shared.files.sheet import CellKind, CsvSheet, Sheet, XlsxSheet
from shared.files.tabular import Table
from shared.kernel.errors import Refusal
from shared.table.column import ListForm

_LINE, _PROBLEMS = "行 line", "问题 problems"
_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Marks that no workbook may hold; the line that has one is damaged, and stays so in the mark of a destroyed one."""
_DESTROYED = "\ufffd"
_BATCH = 500


def refused_table(
    content: bytes, media_type: str, form: ListForm, told: Mapping[int, str], *, file_format: Literal["csv", "xlsx"]
) -> bytes:
    """Return the lines named in `told` under their own heading, with their number and what is wrong beside them.

    Args:
        content: the file that was uploaded.
        media_type: as its bytes showed.
        form: the list that it is.
        told: number of a line → what is wrong with it, in words.
        file_format: of what is returned.

    Raises:
        Refusal: as `Table`, where the file that was read before cannot be opened any more.
    """
    target = io.BytesIO()
    try:
        with Table(content, media_type, form) as table:
            sheet = _sheet(target, [*map(_fit, table.heading.names), _LINE, _PROBLEMS], form, file_format)
            lines = _named(table, told)
            while rows := list(islice(lines, _BATCH)):
                sheet.write(rows)
            sheet.close()
    except Refusal:
        if told:
            raise
        _sheet(target, [_LINE, _PROBLEMS], form, file_format).close()  # nothing could be read: no line was left out
    return target.getvalue()


def _named(table: Table, told: Mapping[int, str]) -> Iterator[list[str | int]]:
    try:
        for line in table.lines():
            if line.number in told:
                yield [*map(_fit, line.cells), line.number, _fit(told[line.number])]
    except Refusal:
        return  # the import was stopped there too, and its report says why


def _sheet(target: io.BytesIO, headings: list[str], form: ListForm, file_format: Literal["csv", "xlsx"]) -> Sheet:
    kinds = [*[CellKind.TEXT] * (len(headings) - 2), CellKind.WHOLE, CellKind.TEXT]
    if file_format == "csv":
        return CsvSheet(target, [escape_formula(heading) for heading in headings], kinds)
    return XlsxSheet(target, headings, kinds, title=form.title_zh)


def _fit(text: str) -> str:
    return _UNKEPT.sub(_DESTROYED, text)

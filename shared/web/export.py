"""Tables for people to take away: CSV and XLSX, with formulas made harmless and headings in both languages."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Literal, Protocol
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from shared.files.formula import escape_formula
from shared.files.media_type import CSV, XLSX

Format = Literal["csv", "xlsx"]
TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "表格 / the table",
        "content": {
            CSV: {"schema": {"type": "string"}, "example": "代码 code,名称 name\r\n91500107MADEMQX01Y,示例企业\r\n"},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What a route that answers with a table says of its answer; beside JSON where it can answer with that too."""
_BATCH = 500
_CHUNK = 1 << 16
_SPOOL_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export.

    Attributes:
        name: field of the row, or key of the mapping.
        title_zh: Chinese heading.
        title_en: English heading.
    """

    name: str
    title_zh: str
    title_en: str

    @property
    def heading(self) -> str:
        """Both headings in one cell."""
        return f"{self.title_zh} {self.title_en}"


class _Sheet(Protocol):
    def write(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class _CsvSheet:
    """CSV in UTF-8 with a byte-order mark, which spreadsheets need to read Chinese."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        target.write(b"\xef\xbb\xbf")

    def write(self, rows: Sequence[Sequence[str | int]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        self._target.write(text.getvalue().encode())

    def close(self) -> None:
        self._target.flush()


class _XlsxSheet:
    """One sheet, written row by row through a temporary file; long numbers stay text, a cell would round them."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("data")

    def write(self, rows: Sequence[Sequence[str | int]]) -> None:
        for row in rows:
            self._sheet.append([self._cell(value) for value in row])

    def _cell(self, value: str | int) -> Cell:
        cell: Cell = WriteOnlyCell(self._sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"
        return cell

    def close(self) -> None:
        self._book.save(self._target)


async def export(
    rows: AsyncIterable[Any] | Sequence[Any],
    columns: Sequence[Column],
    *,
    format: Format,  # noqa: A002  # named as the query parameter is
    filename: str,
) -> Response:
    """Answer with a table.

    The rows are written into a temporary file within the transaction and only then sent: a failure half-way is an
    error, never a file that looks complete. Memory does not grow with the rows.

    Args:
        rows: models, rows or mappings.
        columns: which fields, in order.
        format: `csv` or `xlsx`.
        filename: name without its ending.
    """
    spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115  # closed when the answer was sent
    try:
        sheet: _Sheet = _CsvSheet(spool) if format == "csv" else _XlsxSheet(spool)
        batch: list[Sequence[str | int]] = [[column.heading for column in columns]]
        async for row in _each(rows):
            batch.append([_cell(row, column.name) for column in columns])
            if len(batch) >= _BATCH:
                await asyncio.to_thread(sheet.write, batch)
                batch = []
        await asyncio.to_thread(sheet.write, batch)
        await asyncio.to_thread(sheet.close)
    except BaseException:
        spool.close()
        raise
    size = spool.tell()
    spool.seek(0)
    name = f"{filename}.{format}"
    return StreamingResponse(
        _send(spool),
        media_type=f"{CSV}; charset=utf-8" if format == "csv" else XLSX,
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "content-length": str(size)},
    )


async def _each(rows: AsyncIterable[Any] | Sequence[Any]) -> AsyncIterator[Any]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


async def _send(spool: IO[bytes]) -> AsyncIterator[bytes]:
    with spool:
        while chunk := spool.read(_CHUNK):
            yield chunk


def _cell(row: Any, name: str) -> str | int:  # noqa: ANN401  # a model, a row or a mapping
    value = row[name] if isinstance(row, Mapping) else getattr(row, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, int):
        return value if abs(value) < 10**15 else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return escape_formula(str(value))

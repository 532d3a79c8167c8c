"""Lists for people to take away: CSV and XLSX with real dates, amounts in yuan, labels and bilingual headings."""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import IO, Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse

from shared.db.transaction import Transaction
from shared.dictionary import DICTIONARY
from shared.files.media_type import CSV, XLSX
from shared.files.sheet import CellKind, CsvSheet, Sheet, Value, XlsxSheet
from shared.kernel.clock import SHANGHAI
from shared.kernel.unit import UNITS
from shared.table.column import ListForm

Format = Literal["csv", "xlsx"]
Row = TypeVar("Row")
TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "表格 / the table",
        "content": {
            CSV: {
                "schema": {"type": "string"},
                "example": "统一社会信用代码\r\n91500107MADEMQX01Y\r\n",
            },
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What a route that answers with a table says of its answer; beside JSON where it can answer with that too."""
_BATCH = 500
_CHUNK = 1 << 16
_SPOOL_BYTES = 4 << 20
_KINDS = {
    "_fen": CellKind.MONEY,
    "_ppm": CellKind.RATE,
    "_milli": CellKind.POINTS,
    "_on": CellKind.DAY,
    "_at": CellKind.INSTANT,
}
"""The name of a field says what it holds (decision 28)."""
_SCALES = {CellKind.MONEY: 100, CellKind.RATE: 1_000_000, CellKind.POINTS: 1_000}
_UNITS = {CellKind.MONEY: ("（元）", " (yuan)"), CellKind.INSTANT: ("（北京时间）", " (Beijing time)")}
_YES, _NO = "是", "否"
_SEVERAL = "；"
UNIT_NAMES = {unit.unit_id: unit.name_zh for unit in UNITS}
"""Reporting unit → its Chinese name of its last period."""


def kind_of(name: str) -> CellKind:
    """Return what the cells of a field hold, by the end of its name; texts and counts are told by their values."""
    return next((kind for end, kind in _KINDS.items() if name.endswith(end)), CellKind.TEXT)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export.

    Attributes:
        name: field of the row, or key of the mapping; its end tells amounts, rates, days and instants.
        title_zh: Chinese heading, without a unit of money.
        title_en: English heading.
        label: what is shown in place of a value; values of an enumeration show their own Chinese name.
        kind: how the cells are shown.
    """

    name: str
    title_zh: str
    title_en: str
    label: Callable[[Any], str | None] | None = None
    kind: CellKind = field(init=False)

    def __post_init__(self) -> None:
        """Tell the kind by the name."""
        object.__setattr__(self, "kind", kind_of(self.name))

    @property
    def heading(self) -> str:
        """Both headings in one cell, with the unit that the cells have."""
        unit_zh, unit_en = _UNITS.get(self.kind, ("", ""))
        return f"{self.title_zh}{unit_zh} {self.title_en}{unit_en}"

    def cell(self, row: Any) -> Value:  # noqa: ANN401  # a model, a row or a mapping
        """Return what stands in the cell of a row."""
        value = row[self.name] if isinstance(row, Mapping) else getattr(row, self.name)
        return _shown(value, self)


def column(name: str, label: Callable[[Any], str | None] | None = None) -> Column:
    """Return the column of a field under the title that it has in every list.

    Raises:
        KeyError: for a field that has no title yet.
    """
    return Column(name, *DICTIONARY.title(name), label)


def columns(*names: str) -> tuple[Column, ...]:
    """Return the columns of fields; a reporting unit is shown by its name."""
    return tuple(column(name, UNIT_NAMES.get if name == "unit_id" else None) for name in names)


def columns_as_imported(form: ListForm, *names: str) -> tuple[Column, ...]:
    """Return the columns of a list that is also imported: titles and words of its form, so that it comes back as it is.

    A field that the form does not have is shown as in every list.
    """
    known = {one.field: one for one in form.columns}
    own = columns(*(name for name in names if name not in known))
    shown = {one.name: one for one in own}
    for name, one in known.items():
        label = dict(one.choices).get if one.choices else UNIT_NAMES.get if name == "unit_id" else None
        shown[name] = Column(name, one.title_zh, one.title_en, label)
    return tuple(shown[name] for name in names)


async def export_list(
    tx: Transaction,
    batches: AsyncIterable[Sequence[Row]],
    shown: Callable[[Sequence[Row]], Awaitable[Sequence[Any]]],
    columns: Sequence[Column],
    *,
    format: Format,  # noqa: A002  # named as the path parameter is
    noun: str,
    title: str,
) -> Response:
    """Answer with a list as its pages would show it; who takes it away is recorded.

    Args:
        tx: the transaction, open for the record.
        batches: rows in their order, some hundred at once.
        shown: makes of rows what a page shows of them.
        columns: which fields, in order.
        format: `csv` or `xlsx`.
        noun: the list's name in its path, such as `loans`.
        title: name of the sheet, at most 28 characters.
    """
    tx.audit(f"{noun}.export", subject=noun, fields=[one.name for one in columns])

    async def rows() -> AsyncIterator[Any]:
        async for batch in batches:
            for one in await shown(batch):
                yield one

    return await export(rows(), columns, format=format, filename=noun, title=title)


async def export(
    rows: AsyncIterable[Any] | Sequence[Any],
    columns: Sequence[Column],
    *,
    format: Format,  # noqa: A002  # named as the query parameter is
    filename: str,
    title: str = "data",
) -> Response:
    """Answer with a table.

    The rows are written into a temporary file within the transaction and only then sent: a failure half-way is an
    error, never a file that looks complete. Memory does not grow with the rows.

    Args:
        rows: models, rows or mappings.
        columns: which fields, in order.
        format: `csv` or `xlsx`.
        filename: name without its ending.
        title: name of the sheet, at most 28 characters.
    """
    spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115  # closed when the answer was sent
    try:
        headings, kinds = [column.heading for column in columns], [column.kind for column in columns]
        sheet: Sheet = (
            CsvSheet(spool, headings, kinds) if format == "csv" else XlsxSheet(spool, headings, kinds, title=title)
        )
        batch: list[Sequence[Value]] = []
        async for row in _each(rows):
            batch.append([column.cell(row) for column in columns])
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
        headers={"content-disposition": attachment(name), "content-length": str(size)},
    )


def attachment(name: str) -> str:
    """Return the header that lets a browser keep an answer under `name`."""
    return f"attachment; filename*=UTF-8''{quote(name)}"


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


def _shown(value: Any, column: Column) -> Value:  # noqa: ANN401  # any value of a field
    if value is None:
        return None
    if isinstance(value, list | tuple | set | frozenset):
        return _SEVERAL.join(str(_shown(one, column)) for one in value)
    if column.label is not None:
        label = column.label(value)
        return str(value) if label is None else label
    match value:
        case bool():
            shown: Value = _YES if value else _NO
        case Enum():
            meaning = DICTIONARY.of_value(type(value).__name__, value.value)
            shown = str(value.value) if meaning is None else meaning.zh
        case int():
            shown = Decimal(value) / _SCALES[column.kind] if column.kind in _SCALES else value
        case datetime():
            shown = value.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
        case date() | Decimal():
            shown = value
        case _:
            shown = str(value)
    return shown

"""Workbooks for tests that change the XML of a sheet and pack it again."""

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

SHEET = "xl/worksheets/sheet1.xml"
SHARED_TEXTS = "xl/sharedStrings.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"


def part_of(content: bytes, name: str = SHEET) -> bytes:
    """Return one part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def with_part(content: bytes, part: bytes, name: str = SHEET) -> bytes:
    """Return a workbook with one part in another's place, or beside the others; its archive is sound."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for member in source.namelist():
            if member != name:
                archive.writestr(zipfile.ZipInfo(member), source.read(member), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def inline_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook whose cells hold their own texts; an empty text is no cell."""
    return with_part(_empty(), _sheet(rows, lambda text: ("inlineStr", f"<is><t>{escape(text)}</t></is>")))


def sharing_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook whose cells point at shared texts, as most offices write it."""
    texts = list(dict.fromkeys(text for row in rows for text in row))
    held = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    book = with_part(_empty(), f'<sst xmlns="{_MAIN}">{held}</sst>'.encode(), SHARED_TEXTS)
    kind = f"{_OFFICE}/relationships/sharedStrings"
    link = f'<Relationship Id="rIdTexts" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'.encode()
    book = with_part(book, part_of(book, _LINKS).replace(b"</Relationships>", link), _LINKS)
    return with_part(book, _sheet(rows, lambda text: ("s", f"<v>{texts.index(text)}</v>")))


@cache
def _empty() -> bytes:
    target = io.BytesIO()
    Workbook().save(target)
    return target.getvalue()


def _sheet(rows: Sequence[Sequence[str]], cell: Callable[[str], tuple[str, str]]) -> bytes:
    """Return the XML of a sheet; `cell` gives the type of a cell and what it holds."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [(f"{get_column_letter(place)}{number}", *cell(text)) for place, text in enumerate(row, 1) if text]
        told = "".join(f'<c r="{place}" t="{kind}">{held}</c>' for place, kind, held in cells)
        lines.append(f'<row r="{number}">{told}</row>')
    last = f"{get_column_letter(max(map(len, rows)))}{len(rows)}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}">'
        f'<dimension ref="A1:{last}"/><sheetData>{"".join(lines)}</sheetData></worksheet>'
    ).encode()

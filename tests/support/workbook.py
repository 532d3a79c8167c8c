"""Workbooks for tests that change the XML of a sheet and pack it again."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

SHEET = "xl/worksheets/sheet1.xml"
SHARED_TEXTS = "xl/sharedStrings.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_TYPES = "[Content_Types].xml"
_TEXTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_DAY_0 = date(1899, 12, 30)
_STYLED_ROWS = 5
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
    book = _sharing(f'<sst xmlns="{_MAIN}">{held}</sst>')
    return with_part(book, _sheet(rows, lambda text: ("s", f"<v>{texts.index(text)}</v>")))


def office_workbook(rows: Sequence[Sequence[str | date | float]]) -> bytes:
    """Return a workbook with the traits of one that LibreOffice saved.

    Shared texts whose Chinese and Latin letters are runs of different fonts, days and numbers as `t="n"` with a style,
    a formula beside its value, many attributes on a row, styled empty rows below, and much behind the cells.
    """
    texts = list(dict.fromkeys(text for row in rows for text in row if isinstance(text, str)))
    told = "".join(f"<si>{''.join(map(_run, re.findall('[ -~]+|[^ -~]+', text)))}</si>" for text in texts)
    book = _sharing(f'<sst xmlns="{_MAIN}" count="{len(texts)}" uniqueCount="{len(texts)}">{told}</sst>')
    lines = [
        _office_row(number, "".join(_office_cell(f"{get_column_letter(place)}{number}", value, texts)
                                    for place, value in enumerate(row, 1)))
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    width, end = get_column_letter(max(map(len, rows))), len(rows) + _STYLED_ROWS
    lines += [_office_row(number, f'<c r="{width}{number}" s="0"/>') for number in range(len(rows) + 1, end + 1)]
    sheet = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}" '
        f'xmlns:r="{_OFFICE}/relationships"><sheetPr filterMode="false"><pageSetUpPr fitToPage="false"/></sheetPr>'
        f'<dimension ref="A1:{width}{end}"/><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"></sheetFormatPr><cols><col max="1" min="1" width="12"/></cols>'
        f"<sheetData>{''.join(lines)}</sheetData>"
        f'<dataValidations count="1"><dataValidation allowBlank="true" sqref="A2:A1000" type="list">'
        f"<formula1>&quot;甲,乙&quot;</formula1><formula2>0</formula2></dataValidation></dataValidations>"
        f'<pageMargins left="0.75" right="0.75" top="1" bottom="1" header="0.5" footer="0.5"/>'
        f'<headerFooter differentFirst="false"><oddHeader></oddHeader></headerFooter></worksheet>'
    )
    return with_part(book, sheet.encode())


def _sharing(texts: str) -> bytes:
    """Return an empty workbook with a part of shared texts."""
    book = with_part(_empty(), texts.encode(), SHARED_TEXTS)
    kind = f"{_OFFICE}/relationships/sharedStrings"
    link = f'<Relationship Id="rIdTexts" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'.encode()
    book = with_part(book, part_of(book, _LINKS).replace(b"</Relationships>", link), _LINKS)
    told = f'<Override PartName="/{SHARED_TEXTS}" ContentType="{_TEXTS_TYPE}"/></Types>'.encode()
    return with_part(book, part_of(book, _TYPES).replace(b"</Types>", told), _TYPES)


def _run(letters: str) -> str:
    font = "DejaVu Sans" if ord(letters[0]) > ord("~") else "Cambria"
    return (
        f'<r><rPr><b val="true"/><sz val="11"/><rFont val="{font}"/><family val="2"/></rPr>'
        f'<t xml:space="preserve">{escape(letters)}</t></r>'
    )


def _office_row(number: int, cells: str) -> str:
    return (
        f'<row r="{number}" customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" '
        f'collapsed="false">{cells}</row>'
    )


def _office_cell(place: str, value: str | date | float, texts: Sequence[str]) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" s="0" t="s"><v>{texts.index(value)}</v></c>' if value else f'<c r="{place}" s="0"/>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1" t="n"><v>{(value - _DAY_0).days}</v></c>'
    return f'<c r="{place}" s="0" t="n"><f aca="false">{value:g}*1</f><v>{value:g}</v></c>'


@cache
def _empty() -> bytes:
    book, target = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet["A1"].number_format = "yyyy\\-mm\\-dd"  # the style 1 of its cells
    book.save(target)
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

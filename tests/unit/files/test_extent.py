"""A reader of spreadsheets makes room for a whole rectangle: what a sheet spans is judged before it is opened."""

import io
import zipfile

import openpyxl
import pytest

from shared.files.extent import BEYOND, Extent, extent_of
from shared.files.media_type import XLSX
from shared.kernel.errors import Refusal
from tests.support.listing import form_of, lines_of

SHEET = "xl/worksheets/sheet1.xml"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
NAMELESS = '<row r="1">' + "<c><v>1</v></c>" * 16_384 + '</row><row r="1048576"><c><v>1</v></c></row>'


def workbook(rows: str, **files: str) -> bytes:
    """Return a workbook whose only sheet holds these rows as they stand, with more files beside it."""
    made, plain = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == SHEET:
                text = text.replace("<sheetData>", f"<sheetData>{rows}")
            archive.writestr(name, text)
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def code(content: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        lines_of(content, form_of("1"), XLSX)
    return refusal.value.code.code


@pytest.mark.parametrize(
    "rows",
    [
        FAR,
        FAR.replace('r="XFD', 's="1" r="XFD'),
        FAR.replace('r="XFD1048576"', "r\n=\n'xfd1048576'"),
        FAR.replace("<c r", '<c x=">" r'),
        FAR.replace("<c r", """<c x=" r='A1'" r"""),
        FAR.replace("XFD1048576", "ZZZZZZ1"),
        FAR.replace("1048576", "99999999999"),
        NAMELESS,
        '<row r="1"><c r="A1"><v>1</v></c></row>' + NAMELESS,
    ],
)
def test_a_few_cells_that_span_a_huge_sheet_are_refused(rows: str) -> None:
    content = workbook(rows)
    assert len(content) < 40_000
    assert code(content) in {"spreadsheet_too_wide", "spreadsheet_unreadable"}


def test_a_sheet_of_another_form_inside_a_workbook_is_not_opened() -> None:
    assert code(workbook("", **{"xl/workbook.bin": "x"})) == "spreadsheet_unreadable"
    assert code(workbook("", **{"content.xml": "x"})) == "spreadsheet_unreadable"


def test_a_tag_without_end_and_bytes_that_are_no_archive_are_refused() -> None:
    assert code(workbook("<c " + "x" * 3_000_000)) == "spreadsheet_unreadable"
    damaged = bytearray(workbook('<row r="1"><c r="A1"><v>1</v></c></row>' * 50))
    middle = damaged.find(SHEET.encode()) + len(SHEET) + 20
    damaged[middle : middle + 30] = bytes(30)
    assert code(bytes(damaged)) == "spreadsheet_unreadable"


def test_a_picture_beside_the_sheet_is_no_sheet() -> None:
    line = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    content = workbook(line, **{"xl/media/image1.png": "\x89PNG <c> :c <row>"})
    assert len(lines_of(content, form_of("1"), XLSX)) == 1


def test_cells_that_are_only_formatted_do_not_count() -> None:
    cells = '<c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="XFD1" s="0"/>'
    line = '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c></row>'
    [found] = lines_of(workbook(f'<row r="1">{cells}</row>{line}'), form_of("a"), XLSX)
    assert found.cells == ("x",)


def test_the_extent_is_that_of_the_last_filled_row_and_column_in_either_way_of_reading() -> None:
    text = '<row r="3"><c r="B3"><v>1</v></c><c r="AA3"><v>2</v></c></row><row r="7"><c r="A7"/></row>'
    with zipfile.ZipFile(io.BytesIO(workbook(text))) as archive:
        assert extent_of(archive, columns=100) == Extent(7, 27)
        assert extent_of(archive, columns=10) == Extent(3, 27)
    with zipfile.ZipFile(io.BytesIO(workbook('<row r="123456789"><c r="A1"><v>1</v></c></row>'))) as archive:
        assert extent_of(archive, columns=10).rows == BEYOND


def test_a_long_sheet_of_few_cells_is_read_to_its_end() -> None:
    content = workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="T200000"><v>2</v></c></row>')
    assert [line.number for line in lines_of(content, form_of("1"), XLSX)] == [200_000]

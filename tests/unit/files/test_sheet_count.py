"""What a sheet holds is counted without the reader of its cells: honest files read whole, damage is named."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest

from services.ipr.right.rules.right_list import FORM as RIGHTS
from services.registry.enterprise.rules.enterprise_list import FORM as ENTERPRISES
from services.registry.enterprise.rules.filing_import import FORM as FILINGS
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from shared.files import spreadsheet
from shared.files.media_type import XLSX
from shared.files.sheet_count import SharedTexts, count_sheet, shared_texts
from shared.files.table_row import LineProblem
from shared.files.tabular import Line, Table
from shared.files.template import heading_of
from shared.kernel.errors import Refusal
from shared.table.column import ColumnKind, ListForm
from tests.support.workbook import SHARED_TEXTS, inline_workbook, office_workbook, part_of, sharing_workbook, with_part

HEADING = ["企业名称", "统一社会信用代码", "区县", "注册资本（元）"]
CODES = ["91500107MA5XT0001X", "91500107MA5XT0002X", "91500107MA5XT0003X"]
ROWS = [HEADING, *([f"示例{number}", code, "渝中", "1000"] for number, code in enumerate(CODES, 1))]
BOTH_READERS = pytest.mark.parametrize("small", [True, False], ids=["calamine", "openpyxl"], indirect=True)


@pytest.fixture
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let the reader of small workbooks read, or the one of large ones."""
    if not request.param:
        monkeypatch.setattr(spreadsheet, "_CALAMINE_BYTES", 0)
    return bool(request.param)


def lines_of(content: bytes, form: ListForm = ENTERPRISES) -> list[Line]:
    with Table(content, XLSX, form) as table:
        lines = list(table.lines())
    assert table.count.read == table.count.in_file
    return lines


def problems(content: bytes) -> dict[int, list[tuple[str, str | None]]]:
    return {line.number: [(one.code.code, one.column) for one in line.problems] for line in lines_of(content)}


def saved(fill: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    fill(book.worksheets[0])
    book.save(target)
    return target.getvalue()


@BOTH_READERS
@pytest.mark.parametrize("form", [ENTERPRISES, FILINGS, RIGHTS, ACHIEVEMENTS, NEEDS], ids=lambda form: form.name)
@pytest.mark.usefixtures("small")
def test_a_template_that_an_office_filled_and_saved_is_read_cell_by_cell(form: ListForm) -> None:
    day = date(2027, 5, 31)
    typed: list[str | date | float] = [
        day if column.kind is ColumnKind.DATE else 12.5 if column.kind is ColumnKind.WHOLE else column.example
        for column in form.columns
    ]
    content = office_workbook(
        [[heading_of(column) for column in form.columns], [c.example for c in form.columns], typed]
    )
    example, filled = lines_of(content, form)
    assert example.cells == tuple(column.example for column in form.columns)
    shown = {date: str(day), float: "12.5"}
    assert filled.cells == tuple(shown.get(type(one), one) for one in typed)
    assert filled.problems == ()


@BOTH_READERS
@pytest.mark.usefixtures("small")
def test_a_sheet_that_begins_below_and_beside_keeps_its_row_numbers() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for number, row in enumerate(ROWS, 4):
            for place, text in enumerate(row, 3):
                sheet.cell(number, place, text)
        sheet["C2"] = " "
        sheet["F6"] = "#N/A"
        sheet.merge_cells("C9:D9")
        sheet.row_dimensions[5].hidden = True
        sheet["H30"].font = openpyxl.styles.Font(bold=True)

    assert problems(saved(fill)) == {5: [], 6: [("cell_error", "注册资本（元）")], 7: []}


@BOTH_READERS
@pytest.mark.usefixtures("small")
def test_a_formula_without_its_value_is_an_error_and_one_with_an_empty_text_is_empty() -> None:
    content = inline_workbook(ROWS)
    sheet = part_of(content)
    cell = b'<c r="D%d" t="inlineStr"><is><t>1000</t></is></c>'
    for number, formula in (
        (2, b'<c r="D2"><f>1+1</f><v></v></c>'),
        (3, b'<c r="D3" t="str"><f>""</f><v></v></c>'),
        (4, b'<c r="D4"><f>10*100</f><v>1000</v></c>'),
    ):
        assert cell % number in sheet
        sheet = sheet.replace(cell % number, formula)
    content = with_part(content, sheet)
    assert problems(content) == {2: [("cell_error", "注册资本（元）")], 3: [], 4: []}
    assert [line.cells[3] for line in lines_of(content)] == ["=", "", "1000"]


@BOTH_READERS
@pytest.mark.usefixtures("small")
def test_an_error_in_a_column_that_is_not_read_is_nobodys_business() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in ROWS:
            sheet.append([*row, "联系人" if row is HEADING else "#REF!"])

    assert problems(saved(fill)) == {2: [], 3: [], 4: []}


@BOTH_READERS
@pytest.mark.usefixtures("small")
def test_cells_and_rows_that_do_not_say_where_they_stand_are_read_in_their_order() -> None:
    content = inline_workbook(ROWS)
    content = with_part(content, re.sub(rb' r="[A-Z]*\d+"', b"", part_of(content)))
    assert [line.cells for line in lines_of(content)] == [tuple(row) for row in ROWS[1:]]
    assert problems(content) == {2: [], 3: [], 4: []}


def test_a_sheet_whose_elements_have_a_prefix_is_read_alike() -> None:
    content = inline_workbook(ROWS)
    sheet = re.sub(rb"<(/?)(?!\?)", rb"<\1x:", part_of(content)).replace(b"xmlns=", b"xmlns:x=")
    assert lines_of(with_part(content, sheet)) == lines_of(content)


@BOTH_READERS
@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (rb'r="D3"', rb'r="B3"', {2: [], 3: ["row_contradicts"], 4: []}),
        (rb'r="D3"', rb'r="D4"', {2: [], 3: ["row_contradicts"], 4: ["row_contradicts"]}),
        (rb'<row r="4">', rb'<row r="3">', {2: [], 3: ["row_contradicts"], 4: ["row_contradicts"]}),
        (rb'<c r="D3" (.*?)</c>', rb'<d r="D3" \1</d>', {2: [], 3: ["row_contradicts"], 4: []}),
        (rb'<row r="3">(.*?)</row>', rb'<raw r="3">\1</raw>', {2: [], 3: ["row_contradicts"], 4: []}),
    ],
    ids=["place twice", "another row", "row twice", "no cell", "no row"],
)
@pytest.mark.usefixtures("small")
def test_rows_that_may_have_lost_a_cell_are_named(before: bytes, after: bytes, named: dict[int, list[str]]) -> None:
    content = inline_workbook(ROWS)
    damaged, count = re.subn(before, after, part_of(content), count=1)
    assert count == 1
    found = {number: [code for code, _ in said] for number, said in problems(with_part(content, damaged)).items()}
    assert found == named


def test_a_row_of_which_the_reader_gave_less_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    real = spreadsheet._value  # the reader itself forgets one
    monkeypatch.setattr(spreadsheet, "_value", lambda cell: "" if cell == "示例2" else real(cell))
    [line] = [line for line in lines_of(inline_workbook(ROWS)) if line.problems]
    assert line.number == 3
    [problem] = line.problems
    assert isinstance(problem, LineProblem)
    assert (problem.code.code, dict(problem.details)) == ("row_incomplete", {"counted": 4, "read": 3})


def test_rows_that_the_reader_left_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = spreadsheet._guarded  # the reader itself leaves rows out
    monkeypatch.setattr(spreadsheet, "_guarded", lambda rows: (row for row in real(rows) if row[0] not in {3, 4}))
    said = problems(inline_workbook(ROWS))
    assert said == {2: [], 3: [("row_incomplete", None)], 4: [("row_incomplete", None)]}


@pytest.mark.parametrize(
    ("part", "before", "after", "code"),
    [
        (None, b'<row r="4">', b'<row r="4>', "sheet_damaged"),
        (None, b"<sheetData>", b"<!DOCTYPE x><sheetData>", "sheet_damaged"),
        (SHARED_TEXTS, b"<si>", b"<sj>", "spreadsheet_unreadable"),
        (SHARED_TEXTS, b"<sst ", b'<!DOCTYPE sst [<!ENTITY a "b">]><sst ', "spreadsheet_unreadable"),
    ],
)
def test_a_part_that_is_no_longer_what_it_was_refuses_the_workbook(
    part: str | None, before: bytes, after: bytes, code: str
) -> None:
    content = sharing_workbook(ROWS)
    name = part or "xl/worksheets/sheet1.xml"
    changed = part_of(content, name).replace(before, after, 1)
    if after == b"<sj>":
        changed = changed.replace(b"</si>", b"</sj>", 1)
    assert changed != part_of(content, name)
    with pytest.raises(Refusal) as refused:
        lines_of(with_part(content, changed, name))
    assert refused.value.code.code in {code, "spreadsheet_unreadable"}


def test_an_entry_that_is_there_twice_is_refused_since_each_reader_would_take_another() -> None:
    content = inline_workbook(ROWS)
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/worksheets/sheet1.xml", part_of(content).replace(b"1000", b"9999"))
    with pytest.raises(Refusal) as refused:
        lines_of(target.getvalue())
    assert refused.value.code.code == "spreadsheet_unreadable"


def test_what_only_tells_how_to_pronounce_a_text_is_none_of_it() -> None:
    said = b"<sst><si><t> </t><rPh sb='0' eb='1'><t>a</t></rPh></si><si><r><t>b</t></r><phoneticPr/></si><si/></sst>"
    texts = shared_texts(io.BytesIO(said))
    assert (texts.count, [texts.is_blank(number) for number in range(3)]) == (3, [True, False, True])


def test_a_sheet_is_counted_up_to_where_it_breaks() -> None:
    broken = b'<worksheet><sheetData><row r="7"><c r="A7"><v>1</v></c></row><row r="9"><c r="A9"><v>1</v'
    assert count_sheet(io.BytesIO(broken), SharedTexts()).fault == 9

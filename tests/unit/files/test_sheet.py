"""Sheets: a program that opens one finds dates, numbers and texts, and people find a head, a filter and widths."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from shared.files.sheet import CellKind, CsvSheet, Value, XlsxSheet

HEADINGS = ["企业名称 name", "贷款本金（元） principal (yuan)", "利率 rate", "签订日 signed", "时间 time", "得分 score"]
KINDS = [CellKind.TEXT, CellKind.MONEY, CellKind.RATE, CellKind.DAY, CellKind.INSTANT, CellKind.POINTS]
ROW: list[Value] = [
    "示例企业",
    Decimal("1234567.8"),
    Decimal("0.0345"),
    date(2026, 2, 28),
    datetime.fromisoformat("2026-02-28 09:30:05"),
    Decimal("61.5"),
]


def workbook(rows: list[list[Value]], *, rows_per_sheet: int = 1_000) -> openpyxl.Workbook:
    """Return a written workbook as a program opens it."""
    target = io.BytesIO()
    sheet = XlsxSheet(target, HEADINGS, KINDS, title="贷款", rows_per_sheet=rows_per_sheet)
    sheet.write(rows)
    sheet.close()
    return openpyxl.load_workbook(io.BytesIO(target.getvalue()))


def test_cells_have_the_types_that_people_calculate_with() -> None:
    cells = next(workbook([ROW]).worksheets[0].iter_rows(min_row=2))
    assert [cell.value for cell in cells] == [
        "示例企业",
        1234567.8,
        0.0345,
        datetime.fromisoformat("2026-02-28"),
        datetime.fromisoformat("2026-02-28 09:30:05"),
        61.5,
    ]
    assert [cell.data_type for cell in cells] == ["s", "n", "n", "d", "d", "n"]
    assert cells[1].number_format == "#,##0.00"
    assert cells[3].number_format == "yyyy-mm-dd"


def test_the_head_stays_the_filter_covers_every_row_and_columns_are_wide_enough() -> None:
    sheet = workbook([ROW, ROW]).worksheets[0]
    assert sheet.title == "贷款"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet.column_dimensions["A"].width >= len("示例企业") * 2
    assert sheet.column_dimensions["E"].width >= len("2026-02-28 09:30:05")
    assert all(cell.font.b for cell in sheet[1])


def test_a_list_without_rows_has_its_head() -> None:
    sheet = workbook([]).worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEADINGS
    assert sheet.auto_filter.ref == "A1:F1"


def test_what_one_sheet_cannot_hold_goes_to_a_further_sheet_with_the_same_head() -> None:
    book = workbook([ROW] * 5, rows_per_sheet=2)
    assert [sheet.max_row for sheet in book.worksheets] == [3, 3, 2]
    assert [sheet["A1"].value for sheet in book.worksheets] == [HEADINGS[0]] * 3
    assert [sheet.auto_filter.ref for sheet in book.worksheets] == ["A1:F3", "A1:F3", "A1:F2"]


def test_a_number_that_a_cell_would_round_stays_text() -> None:
    row = [*ROW]
    row[1] = Decimal("12345678901234.56")
    cell = workbook([row]).worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == ("12345678901234.56", "s")


@pytest.mark.parametrize("text", ["=1+1", "＝1+1", "@SUM(A1)", "-1+2"])
def test_a_text_is_never_run_as_a_formula(text: str) -> None:
    cell = workbook([[text, None, None, None, None, None]]).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == (f"'{text}", "s")


def test_an_empty_cell_is_empty_and_no_empty_text() -> None:
    cells = next(workbook([["x", None, None, None, None, None]]).worksheets[0].iter_rows(min_row=2))
    assert [cell.value for cell in cells[1:]] == [None] * 5


def test_csv_writes_the_same_values_as_text() -> None:
    target = io.BytesIO()
    sheet = CsvSheet(target, HEADINGS, KINDS)
    sheet.write([ROW])
    sheet.close()
    head, row = csv.reader(io.StringIO(target.getvalue().decode("utf-8-sig")))
    assert head == HEADINGS
    assert row == ["示例企业", "1234567.80", "3.45%", "2026-02-28", "2026-02-28 09:30:05", "61.500"]

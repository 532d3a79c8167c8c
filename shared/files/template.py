"""The template of a list: Chinese headings, what each column means, an example line; as CSV and as XLSX.

The meanings stand above the heading in a CSV and on a sheet of their own in a workbook, so that a filled template is
imported as it is. The example line is not imported as long as nobody changes it.
"""

import csv
import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shared.table.column import ColumnKind, ListForm, TableColumn

_NARROWEST, _WIDEST = 12, 40
_ROWS_PREPARED = 1_000
_LONGEST_CHOICES = 250
"""A list of choices inside a cell's rule may have 255 characters."""
_FORMATS = {ColumnKind.DATE: "yyyy-mm-dd", ColumnKind.AMOUNT: "General", ColumnKind.WHOLE: "0"}
_TEXT = "@"
_NOTES = ("列 column", "必填 required", "填写说明", "meaning", "示例 example", "可选值 values")


def template_csv(form: ListForm) -> bytes:
    """Return the template as CSV in UTF-8 with a mark, which spreadsheets need to read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    width = len(form.columns)
    writer.writerow([f"{form.title_zh}：在表头下方填写，带 * 的列必填", *[""] * (width - 1)])
    writer.writerow([f"{form.title_en}: fill in below the heading; columns with * are required", *[""] * (width - 1)])
    writer.writerow([column.meaning_zh for column in form.columns])
    writer.writerow([heading_of(column) for column in form.columns])
    writer.writerow([column.example for column in form.columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def template_xlsx(form: ListForm) -> bytes:
    """Return the template as a workbook: a sheet to fill in and a sheet of notes."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = "填写 data"
    for place, column in enumerate(form.columns, 1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, heading_of(column))
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFF2CC" if column.required else "EDEDED")
        head.alignment = Alignment(wrap_text=True, vertical="center")
        example = sheet.cell(2, place, column.example)
        example.data_type = "s"
        sheet.column_dimensions[letter].width = min(max(_NARROWEST, len(column.example) + 2), _WIDEST)
        for row in range(2, _ROWS_PREPARED + 1):
            sheet.cell(row, place).number_format = _FORMATS.get(column.kind, _TEXT)
        _offer_choices(sheet, column, letter)
    sheet.freeze_panes = "A2"
    _add_notes(book, form)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def heading_of(column: TableColumn) -> str:
    """Return the heading of a column in the template; a star marks what must be filled in."""
    return f"{column.title_zh}*" if column.required else column.title_zh


def _offer_choices(sheet: Worksheet, column: TableColumn, letter: str) -> None:
    words = ",".join(word for _, word in column.choices)
    if not words or len(words) > _LONGEST_CHOICES:
        return
    rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{_ROWS_PREPARED}")


def _add_notes(book: Workbook, form: ListForm) -> None:
    notes = book.create_sheet("说明 notes")
    notes.append([f"{form.title_zh} / {form.title_en}"])
    notes.append(list(_NOTES))
    for column in form.columns:
        values = "、".join(f"{word}（{code}）" for code, word in column.choices)
        required = "必填 yes" if column.required else ""
        notes.append(
            [column.title_zh, required, column.meaning_zh, column.meaning_en, column.example, values],
        )
    for letter, width in zip("ABCDEF", (22, 12, 50, 50, 26, 60), strict=True):
        notes.column_dimensions[letter].width = width
    for row in notes.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.value is not None:
                cell.data_type = "s"

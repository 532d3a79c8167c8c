"""Tables as offices send them: encodings, separators, damage, spreadsheets."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files.encoding import text_encoding
from shared.files.formula import escape_formula, unescape_formula
from shared.files.media_type import CSV, PLAIN, XLSX
from shared.files.spreadsheet import Sheet, Value, _by_calamine, _by_openpyxl
from shared.files.tabular import Line, Table
from shared.kernel.errors import Refusal
from tests.support.listing import form_of, lines_of

SAMPLE = Path(__file__).resolve().parents[4] / "shared/data/companies/chongqing_sample_2000.csv"
TEXT = '名称,代码,备注\n重庆示例科技有限公司,915,𠮷\n\n甲,2,"多行\n文字"\n'


NAMES = ("名称", "代码", "备注")


def rows(content: bytes, kind: str = CSV, names: tuple[str, ...] = NAMES) -> list[Line]:
    return lines_of(content, form_of(*names), kind)


def problems(lines: list[Line]) -> list[tuple[int, str, str | None]]:
    return [(line.number, problem.code.code, problem.column) for line in lines for problem in line.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_table_reads_the_same_in_every_encoding(encoding: str) -> None:
    lines = rows(TEXT.encode(encoding))
    assert [line.cells for line in lines] == [("重庆示例科技有限公司", "915", "𠮷"), ("甲", "2", "多行\n文字")]
    assert [line.number for line in lines] == [2, 4]
    assert problems(lines) == []


def test_utf_8_with_a_few_destroyed_bytes_stays_utf_8_and_names_the_cell() -> None:
    broken = ("名称,代码\n" + "重庆示例科技有限公司,1\n" * 50).encode() + b"\xe9\x87\xff\xff,2\n" + "乙,3\n".encode()
    lines = rows(broken, names=("名称", "代码"))
    assert text_encoding(io.BytesIO(broken)) == "utf-8"
    assert problems(lines) == [(52, "cell_damaged", "名称")]
    assert lines[-1].cells == ("乙", "3")


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "，", "；"])
def test_the_separator_is_the_one_by_which_the_heading_is_found(separator: str) -> None:
    lines = rows(f"a{separator}b\n1{separator}2\n".encode(), PLAIN, ("a", "b"))
    assert [line.cells for line in lines] == [("1", "2")]


@pytest.mark.parametrize("above", ["sep=;\n", "\n\n", "清单;;\n", "sep=;\n清单\n"])
def test_lines_above_the_heading_are_left_out_and_counted(above: str) -> None:
    with Table(f"{above}a;b\n1;2\n".encode(), CSV, form_of("a", "b")) as table:
        assert [line.cells for line in table.lines()] == [("1", "2")]
        assert (table.count.above, table.count.read) == (above.count("\n"), table.count.in_file)


def test_a_row_with_more_columns_than_the_heading_is_shifted_and_a_shorter_one_is_filled_up() -> None:
    lines = rows(b"a,b,c\n1,2\n1,2,3,4\n1,2,3,\n1,2,3\n", names=("a", "b", "c"))
    assert problems(lines) == [(3, "columns_shifted", None)]
    assert dict(lines[1].problems[0].details) == {"found": 4, "expected": 3}
    assert (lines[0].cells, lines[0].raw) == (("1", "2", ""), ("1", "2"))


def test_a_file_that_ends_within_a_short_line_may_have_been_cut_there() -> None:
    def cut(content: bytes) -> list[bool]:
        return [line.is_cut for line in rows(content, names=("a", "b", "c"))]

    assert cut(b"a,b,c\n1,2,3\n1,2") == [False, True]
    assert cut(b"a,b,c\n1,2,3\n1,2\n") == [False, False]
    assert cut(b"a,b,c\n1,2,3\n1,2,4") == [False, False]
    assert problems(rows(b"a,b,c\n1,2", names=("a", "b", "c"))) == []


def test_a_nul_and_an_endless_cell_are_damage_and_the_lines_behind_them_are_read() -> None:
    lines = rows(b"a,b\nx\x00,1\n" + b"y" * 200_000 + b",2\nz,3\n", names=("a", "b"))
    assert [(number, code) for number, code, _ in problems(lines)] == [(2, "cell_damaged"), (3, "line_unreadable")]
    assert lines[-1].cells == ("z", "3")


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", CSV, "table_empty"),
        (b"\n \n", CSV, "table_empty"),
        (b"a,b\n", CSV, "table_empty"),
        (b"a,b\n,\n\n", CSV, "table_empty"),
        (b",,\n1,2,3\n", CSV, "heading_unknown"),
        (b"<html><table><tr><td>a</td></tr></table></html>", PLAIN, "heading_unknown"),
        (b"%PDF-1.7", "application/pdf", "table_type_unknown"),
        (b"PK\x03\x04 no archive", XLSX, "spreadsheet_unreadable"),
        (b"", XLSX, "spreadsheet_unreadable"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content: bytes, kind: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        rows(content, kind, ("a", "b"))
    assert refusal.value.code.code == code


def workbook(*lines: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("x")
    for line in lines:
        sheet.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_spreadsheet_gives_text_for_every_kind_of_cell() -> None:
    lines = rows(
        workbook(
            ("名称", "数", "小数", "日", "时", "是", "空"),
            ("甲", 12, 1.5, date(2026, 11, 23), datetime(2026, 11, 23, 8, 30), True, None),  # noqa: DTZ001  # a cell has no zone
        ),
        XLSX,
        ("名称", "数", "小数", "日", "时", "是", "空"),
    )
    assert [list(line.cells) for line in lines] == [
        ["甲", "12", "1.5", "2026-11-23", "2026-11-23T08:30:00", "TRUE", ""]
    ]
    assert lines[0].number == 2


def test_a_code_that_a_spreadsheet_kept_as_a_number_is_reported_as_rounded() -> None:
    lines = rows(workbook(("uscc",), (915001077500000000,), (12345,)), XLSX, ("uscc",))
    assert problems(lines) == [(2, "number_rounded", "uscc")]


def test_both_readers_of_spreadsheets_read_alike() -> None:
    content = workbook(("a", "b"), ("x", 1), (None, None), ("", 2.25), (date(2026, 1, 1), False))

    def trimmed(book: tuple[list[Sheet], object]) -> list[tuple[int, list[Value]]]:
        (sheet,) = book[0]
        return [(number, values if any(values) else []) for number, values in sheet.rows()]

    assert trimmed(_by_openpyxl(content)) == trimmed(_by_calamine(content))


def test_a_row_that_leaves_out_its_last_cells_is_short_and_not_shifted() -> None:
    lines = rows(workbook(("a", "b", "c"), (1,), (1, 2, 3)), XLSX, ("a", "b", "c"))
    assert problems(lines) == []
    assert lines[0].cells == ("1", "", "")


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_unpacked() -> None:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(610):
            member.write(bytes(1 << 20))
    assert len(target.getvalue()) < 1_000_000
    with pytest.raises(Refusal) as refusal:
        rows(target.getvalue(), XLSX)
    assert refusal.value.code.code == "spreadsheet_too_large"


async def test_batches_hold_all_lines_in_order() -> None:
    content = b"n\n" + b"".join(b"%d\n" % number for number in range(2_500))
    sizes, seen = [], []
    with Table(content, CSV, form_of("n")) as table:
        async for batch in table.batches(1_000):
            sizes.append(len(batch))
            seen += [line.cells[0] for line in batch]
    assert sizes == [1_000, 1_000, 500]
    assert seen == [str(number) for number in range(2_500)]


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\x00\ufffd", exclude_categories=["Cs"])), min_size=2,
       max_size=2), max_size=6))  # fmt: skip
def test_what_a_csv_writer_wrote_is_read_back(lines: list[list[str]]) -> None:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows([["a", "b"], *lines])
    expected = [[unescape_formula(cell.strip()) for cell in line] for line in lines if any(map(str.strip, line))]
    content = b"\xef\xbb\xbf" + target.getvalue().encode()
    if expected:
        assert [list(line.cells) for line in rows(content, names=("a", "b"))] == expected


@pytest.mark.sample
@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of 2,000 companies is not beside the repository")
def test_the_sample_has_2000_lines_two_of_them_damaged() -> None:
    with Table(SAMPLE, CSV, form_of("name", "uscc", "district")) as table:
        lines = list(table.lines())
    assert len(lines) == 2_000
    assert table.count.read == table.count.in_file == 2_001
    assert [line.number for line in lines if line.problems] == [2_000, 2_001]
    assert {code for _, code, _ in problems(lines)} == {"cell_damaged"}


@given(st.text(max_size=20))
def test_no_exported_cell_begins_like_a_formula(value: str) -> None:
    shown = escape_formula(value)
    assert shown.removeprefix("'") == value or shown == value
    if shown.lstrip(" ")[:1] in {"=", "@", "\t", "\r", "＝", "＠"}:
        pytest.fail(f"{value!r} would run")


@given(st.text("'=+-@ \t＝a1", max_size=8))
def test_a_guarded_cell_comes_back_as_it_was(value: str) -> None:
    assert unescape_formula(escape_formula(value)) == value


@pytest.mark.parametrize(("value", "shown"), [("-5.00", "-5.00"), ("+12%", "+12%"), ("-1+2", "'-1+2"), ("-", "'-")])
def test_a_plain_number_stays_a_number(value: str, shown: str) -> None:
    assert escape_formula(value) == shown

"""A file damaged anywhere never loses a line without naming it: random cuts, flipped quotes, lost separators."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.files.media_type import CSV
from shared.files.tabular import Line, Table
from shared.kernel.errors import Refusal
from tests.support.listing import as_csv, form_of, lines_of

NAMES = ("名称", "代码", "备注", "地址")
FORM = form_of(*NAMES, codes=("代码",))
CELLS = st.text(st.sampled_from('甲乙a,"\n；; 1'), max_size=8)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8)


def code(number: int) -> str:
    return f"91500107MA5XT{number:04d}X"


def as_file(rows: list[tuple[str, str, str]], quoting: int) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]  # one of csv's constants
    writer.writerow(NAMES)
    for number, (name, note, address) in enumerate(rows):
        writer.writerow([name, code(number), note, address])
    return text.getvalue()


def judged(content: bytes) -> tuple[list[Line], Table] | None:
    """Return the lines of a file and where they went, or None where it is refused whole."""
    with Table(content, CSV, FORM) as table:
        try:
            return list(table.lines()), table
        except Refusal:
            return None


def places(text: str) -> dict[str, int]:
    """Return on which line of the file each code stands."""
    return {
        code(number): line
        for line, content in enumerate(text.split("\n"), 1)
        for number in range(20)
        if code(number) in content
    }


def unnamed(text: str, codes: set[str]) -> set[str]:
    """Return the codes that a file lost without naming the line where they stand."""
    try:
        found = judged(text.encode())
    except Refusal:
        return set()
    if found is None:
        return set()
    lines, table = found
    assert table.count.read == table.count.in_file
    # A row that swallowed another holds two codes; one whose cells ran together holds its own in another column.
    held = [{one for one in codes if one in "\n".join(line.cells)} for line in lines if not line.problems]
    sound = set().union(*(one for one in held if len(one) == 1))
    ends = [*(line.number for line in lines[1:]), len(text) + 1]
    named = {place for line, end in zip(lines, ends, strict=True) if line.problems for place in range(line.number, end)}
    standing = places(text)
    return {one for one in codes if one in standing and one not in sound and standing[one] not in named}


@given(ROWS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_a_sound_file_comes_back_cell_by_cell(rows: list[tuple[str, str, str]], quoting: int) -> None:
    lines = lines_of(as_file(rows, quoting).encode(), FORM)
    assert [problem for line in lines for problem in line.problems] == []
    expected = [
        [name.strip(), code(number), note.strip(), address.strip()] for number, (name, note, address) in enumerate(rows)
    ]
    assert [list(line.cells) for line in lines] == expected


@settings(max_examples=400)
@given(ROWS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.data())
def test_a_quote_that_came_or_went_loses_no_line_without_naming_it(
    rows: list[tuple[str, str, str]], quoting: int, data: st.DataObject
) -> None:
    text = as_file(rows, quoting)
    start = text.index("\n") + 1
    place = data.draw(st.integers(start, len(text) - 1))
    text = text[:place] + text[place + 1 :] if text[place] == '"' else text[:place] + '"' + text[place:]
    assert unnamed(text, {code(number) for number in range(len(rows))}) == set()


@settings(max_examples=200)
@given(ROWS, st.data())
def test_a_file_that_was_cut_names_the_line_where_it_ends(
    rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    text = as_file(rows, csv.QUOTE_MINIMAL)
    place = data.draw(st.integers(text.index("\n") + 1, len(text)))
    assert unnamed(text[:place], {code(number) for number in range(len(rows))}) == set()


@given(ROWS, st.integers(0, 3))
def test_a_lost_column_refuses_the_list_and_names_it(rows: list[tuple[str, str, str]], lost: int) -> None:
    kept = [
        [cell for place, cell in enumerate((name, code(number), note, address)) if place != lost]
        for number, (name, note, address) in enumerate(rows)
    ]
    heading = [name for place, name in enumerate(NAMES) if place != lost]
    with pytest.raises(Refusal) as refusal:
        lines_of(as_csv(heading, *kept), FORM)
    assert (refusal.value.code.code, refusal.value.details["missing"]) == ("heading_unknown", NAMES[lost])


@given(ROWS, st.data())
def test_a_lost_separator_refuses_its_line_or_leaves_the_rest_in_its_columns(
    rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    text = as_file(rows, csv.QUOTE_ALL)
    start = text.index("\n") + 1
    commas = [place for place in range(start, len(text)) if text[place - 1 : place + 2] == '","']
    place = data.draw(st.sampled_from(commas))
    assert unnamed(text[:place] + text[place + 1 :], {code(number) for number in range(len(rows))}) == set()


def test_a_quote_never_closed_takes_its_own_line_and_no_other() -> None:
    rows = "".join(f"甲{number},{code(number)},x,y\n" for number in range(30))
    text = f"{','.join(NAMES)}\n{rows}".replace("甲3,", '"甲3,')
    lines = lines_of(text.encode(), FORM)
    assert len(lines) == 30
    assert [(line.number, line.problems[0].code.code) for line in lines if line.problems] == [(5, "quote_unclosed")]


def test_two_damaged_lines_that_look_like_one_cell_are_two_damaged_lines() -> None:
    text = f'{",".join(NAMES)}\n甲,{code(0)},x,"y\n乙,{code(1)},x,z"\n丙,{code(2)},x,y\n'
    lines = lines_of(text.encode(), FORM)
    assert [line.number for line in lines] == [2, 3, 4]
    assert lines[0].problems


def test_a_cell_of_several_lines_is_one_cell() -> None:
    text = f'{",".join(NAMES)}\n甲,{code(0)},x,"第一行\n第二行,有逗号\n"\n乙,{code(1)},x,z\n'
    lines = lines_of(text.encode(), FORM)
    assert [line.cells[3] for line in lines] == ["第一行\n第二行,有逗号", "z"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_both_counts_agree_whatever_the_encoding_and_the_line_ends(ending: str, encoding: str) -> None:
    rows = [",".join(NAMES), f"甲,{code(1)},x,y", "", f"乙,{code(2)},𠮷,z", ""]
    with Table(ending.join(rows).encode(encoding), CSV, FORM) as table:
        lines = list(table.lines())
    assert [line.cells[1] for line in lines] == [code(1), code(2)]
    assert (table.count.in_file, table.count.read, table.count.blank) == (4, 4, 1)


@pytest.mark.parametrize(
    ("encoding", "damage"),
    [
        *(("utf-8", damage) for damage in (b"\xff", b"\xe9\x87", b"\x80\x80", b"\xc3\x28")),
        *(("gb18030", damage) for damage in (b"\xff", b"\x80", b"\xc3\x28", b"\x81\x30\x20")),
    ],
)
def test_one_destroyed_cell_leaves_every_other_line_readable(damage: bytes, encoding: str) -> None:
    rows = "".join(f"重庆示例科技有限公司第{number}号,{code(number)},备注,地址\n" for number in range(12))
    content = f"{','.join(NAMES)}\n{rows}".encode(encoding)
    needle = "第5号".encode(encoding)
    content = content.replace(needle, needle[:2] + damage + needle[2:])
    lines = lines_of(content, FORM)
    assert len(lines) == 12
    assert [line.number for line in lines if line.problems] == [7]
    assert lines[8].cells[0] == "重庆示例科技有限公司第8号"


def test_a_file_that_is_valid_utf_8_is_utf_8_whatever_else_it_might_be() -> None:
    name = "联通重庆示例"  # its bytes are valid GB18030 too
    [line] = lines_of(as_csv(NAMES, [name, code(1), "", ""]), FORM)
    assert line.cells[0] == name


def lines_and_table(*rows: str) -> tuple[list[Line], Table]:
    found = judged("\n".join(["名称,代码,备注,地址", *rows]).encode())
    assert found is not None
    return found


def test_a_line_of_another_width_than_heading_and_line_before_is_named() -> None:
    whole, short, long = f"甲,{code(1)},乙,丙", f"甲,{code(2)}", f"甲,{code(3)},,乙,"
    lines, _ = lines_and_table(whole, short, short, whole, long, whole, "")
    assert [line.odd_width for line in lines] == [None, 2, None, None, 5, None]
    assert all(line.problems == () for line in lines)


@pytest.mark.parametrize("row", [f'甲"乙,{code(1)},丙,丁', f'甲,{code(1)},5"管,"丁"'])
def test_a_quote_within_a_cell_is_named_and_one_around_it_is_not(row: str) -> None:
    lines, _ = lines_and_table(row, f'"甲""乙",{code(2)},"丙,",""', "")
    assert [line.is_stray for line in lines] == [True, False]


@pytest.mark.parametrize("end", [f"甲,{code(2)},乙,丙", f'甲,{code(2)},乙,"丙', f"甲,{code(2)}", ",,"])
def test_a_file_whose_last_line_has_no_end_names_that_line(end: str) -> None:
    _, table = lines_and_table(f"甲,{code(1)},乙,丙", end)
    assert table.unended == 3
    _, table = lines_and_table(f"甲,{code(1)},乙,丙", end.replace('"', ""), "")
    assert table.unended is None

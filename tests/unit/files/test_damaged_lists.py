"""Each of the six lists, damaged anywhere, as CSV and as a workbook: no line is lost without being named."""

import csv
import io
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ipr.right.rules.right_list import FORM as RIGHTS
from services.registry.catalogue.rules.holiday_notice_import import FORM as NOTICES
from services.registry.enterprise.rules.enterprise_list import FORM as ENTERPRISES
from services.registry.enterprise.rules.filing_import import FORM as FILINGS
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from shared.files.media_type import CSV, XLSX
from shared.files.tabular import Line, Table
from shared.kernel.errors import Refusal
from shared.table.column import ColumnKind, ListForm
from tests.support.listing import as_csv, as_xlsx
from tests.support.workbook import SHARED_TEXTS, inline_workbook, office_workbook, part_of, sharing_workbook, with_part

LISTS = {one.name: one for one in (ENTERPRISES, FILINGS, RIGHTS, ACHIEVEMENTS, NEEDS, NOTICES)}
QUICK = settings(max_examples=40, derandomize=True)
EVERY_LIST = pytest.mark.parametrize("form", LISTS.values(), ids=LISTS)
PROSE = st.text(st.sampled_from('甲乙a,"\n；; 1'), max_size=6)


def mark(form: ListForm, number: int) -> str:
    """Return what names the record of a line: no other line holds it."""
    if form is RIGHTS:
        return f"20221{number:07d}.X"
    if form is NOTICES:
        return str(2027 + number)
    if form.column(form.key).kind is ColumnKind.CODE:
        return f"91500107MA5XT{number:04d}X"
    return f"成果标{number:04d}号"


@st.composite
def records(draw: st.DrawFn, form: ListForm) -> list[list[str]]:
    """Draw the lines of a list: its example, under a key of their own, with prose where the list takes prose."""
    free = [column.field for column in form.columns if column.kind is ColumnKind.TEXT and column.field != form.key]
    lines = []
    for number in range(draw(st.integers(2, 7))):
        cells = {column.field: column.example for column in form.columns} | {form.key: mark(form, number)}
        for name in draw(st.lists(st.sampled_from(free), max_size=2)) if free else ():
            cells[name] = draw(PROSE)
        lines.append(list(cells.values()))
    return lines


def headings(form: ListForm) -> list[str]:
    return [column.title_zh for column in form.columns]


def as_text(form: ListForm, lines: list[list[str]], quoting: int) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows([headings(form), *lines])  # type: ignore[arg-type]  # one of csv's constants
    return text.getvalue()


def judged(content: bytes, kind: str, form: ListForm) -> tuple[list[Line], Table] | None:
    """Return the lines of a file and where they went, or None where it is refused whole, in words."""
    try:
        with Table(content, kind, form) as table:
            return list(table.lines()), table
    except Refusal:
        return None


def judged_csv(text: str, form: ListForm) -> tuple[dict[int, Line], Table] | None:
    found = judged(text.encode(), CSV, form)
    if found is None:
        return None
    lines, table = found
    assert table.count.read == table.count.in_file
    return {line.number: line for line in lines}, table


def lost(before: str, after: str, form: ListForm) -> list[str]:
    """Return what of a CSV is gone or changed where the report names neither the line nor, for its end, the file.

    A mark more or less within one cell is no loss: nobody can tell it from what was meant.
    """
    sound, damaged = judged_csv(before, form), judged_csv(after, form)
    assert sound is not None
    if damaged is None:
        return []
    lines, table = damaged
    named = [
        line for line in lines.values() if line.problems or line.odd_width is not None or line.is_cut or line.is_stray
    ]
    ends = [*list(lines)[1:], after.count("\n") + 2]
    told = {place for line, end in zip(lines.values(), ends, strict=True) if line in named
            for place in range(line.number, end)}  # fmt: skip
    told |= set(table.count.between)
    wrong = []
    starts = [*list(sound[0])[1:], before.count("\n") + 2]
    for (number, line), end in zip(sound[0].items(), starts, strict=True):
        if told & set(range(number, end)):
            continue
        if number not in lines:
            wrong += [] if table.unended is not None and number >= table.unended else [f"line {number} is gone"]
            continue
        differing = [place for place, cell in enumerate(lines[number].cells) if cell != line.cells[place]]
        at_the_end = number == table.unended and differing == [len(line.cells) - 1]
        if len(differing) > 1 or not (
            at_the_end or all(alike(lines[number].cells[p], line.cells[p]) for p in differing)
        ):
            wrong.append(f"line {number} has other cells {differing}")
    return wrong


def alike(one: str, two: str) -> bool:
    """Tell whether two cells differ by quotes, separators and blanks alone."""
    return re.sub(r'[",\s]', "", one) == re.sub(r'[",\s]', "", two)


def a_list(data: st.DataObject, form: ListForm) -> str:
    """Draw a whole list as a text, its cells quoted where they must be, or all of them."""
    lines = data.draw(records(form))
    return as_text(form, lines, data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))


@EVERY_LIST
@QUICK
@given(data=st.data())
def test_a_list_with_a_quote_that_came_or_went_loses_no_line(form: ListForm, data: st.DataObject) -> None:
    text = a_list(data, form)
    place = data.draw(st.integers(text.index("\n") + 1, len(text) - 1))
    damaged = text[:place] + text[place + 1 :] if text[place] == '"' else text[:place] + '"' + text[place:]
    assert lost(text, damaged, form) == []


@EVERY_LIST
@QUICK
@given(data=st.data())
def test_a_list_that_was_cut_names_the_line_where_it_ends(form: ListForm, data: st.DataObject) -> None:
    text = a_list(data, form)
    ends = {found.end() for found in re.finditer("\n", text)}  # whole lines are a whole list
    place = data.draw(st.integers(text.index("\n") + 1, len(text) - 1).filter(lambda place: place not in ends))
    assert lost(text, text[:place], form) == []


@EVERY_LIST
@QUICK
@given(data=st.data())
def test_a_list_with_a_separator_that_came_or_went_loses_no_line(form: ListForm, data: st.DataObject) -> None:
    text = a_list(data, form)
    separators = [found.start() for found in re.finditer(",", text) if found.start() > text.index("\n")]
    place = data.draw(st.sampled_from(separators))
    damaged = text[:place] + data.draw(st.sampled_from(["", ",,", ",,,"])) + text[place + 1 :]
    assert lost(text, damaged, form) == []


@EVERY_LIST
@pytest.mark.parametrize("kind", [CSV, XLSX])
@QUICK
@given(data=st.data())
def test_a_list_that_lost_a_column_is_refused_or_keeps_every_other_cell(
    form: ListForm, kind: str, data: st.DataObject
) -> None:
    lines = data.draw(records(form))
    gone = data.draw(st.integers(0, len(form.columns) - 1))
    rows = [[cell for place, cell in enumerate(row) if place != gone] for row in (headings(form), *lines)]
    found = judged(as_xlsx(*rows) if kind == XLSX else as_csv(*rows), kind, form)
    if form.columns[gone].required:
        assert found is None
        return
    assert found is not None
    assert [line.cells for line in found[0]] == [tuple(cell.strip() for cell in row) for row in rows[1:]]
    assert form.columns[gone].field not in found[1].heading.fields


WRITERS: dict[str, Callable[[Sequence[Sequence[str]]], bytes]] = {
    "inline": inline_workbook,
    "sharing": sharing_workbook,
    "office": office_workbook,
}


PLACE = re.compile(rb'r="[A-Z]+\d+"')


@st.composite
def damaged_sheet(draw: st.DrawFn, sheet: bytes) -> bytes:
    """Draw a damage done to the XML of a sheet below its heading."""
    rows = list(re.finditer(rb"<row .*?</row>", sheet, re.DOTALL))[1:]
    row = draw(st.sampled_from(rows))
    cell, other = (draw(st.sampled_from(re.findall(rb"<c .*?(?:</c>|/>)", one[0], re.DOTALL))) for one in (row, row))
    far = draw(st.sampled_from(PLACE.findall(sheet[rows[0].start() :])))
    place = draw(st.integers(rows[0].start(), len(sheet) - 1))
    within = {
        "row gone": b"",
        "row twice": row[0] * 2,
        "row renamed": row[0].replace(b"<row", b"<raw").replace(b"</row", b"</raw"),
        "cell twice": row[0].replace(cell, cell * 2),
        "cell over another": row[0].replace(cell, cell + PLACE.sub(PLACE.findall(cell)[0], other, count=1)),
        "cell elsewhere": row[0].replace(cell, PLACE.sub(far, cell, count=1)),
    }
    anywhere = {
        "byte": sheet[:place] + bytes([draw(st.integers(0, 255))]) + sheet[place + 1 :],
        "cut": sheet[:place],
    }
    whole = {way: sheet[: row.start()] + changed + sheet[row.end() :] for way, changed in within.items()}
    return draw(st.sampled_from(list((whole | anywhere).values())))


@EVERY_LIST
@pytest.mark.parametrize("writer", WRITERS)
@QUICK
@given(data=st.data())
def test_a_workbook_whose_sheet_was_damaged_loses_no_row(form: ListForm, writer: str, data: st.DataObject) -> None:
    lines = data.draw(records(form))
    whole = WRITERS[writer]([headings(form), *lines])
    sound = judged(whole, XLSX, form)
    assert sound is not None
    assert not any(line.problems for line in sound[0])
    assert len(sound[0]) == len(lines)
    found = judged(with_part(whole, data.draw(damaged_sheet(part_of(whole)))), XLSX, form)
    if found is None:
        return
    given_, table = found
    assert table.count.read == table.count.in_file
    told = {line.number for line in given_} | set(table.count.between)
    missing = {line.number for line in sound[0]} - told
    assert not missing or (table.is_shorter and missing == {len(lines) + 1})
    before = {line.number: line.cells for line in sound[0]}
    for line in given_:
        if not line.problems:
            # One byte changes one cell, or moves it into an empty one beside it.
            differing = [one for one, two in zip(line.cells, before[line.number], strict=True) if one != two]
            assert len(differing) <= 2
            assert writer == "inline" or len(differing) <= 1 or "" in differing


@EVERY_LIST
@QUICK
@given(data=st.data())
def test_a_workbook_whose_file_was_damaged_is_read_whole_or_refused(form: ListForm, data: st.DataObject) -> None:
    lines = data.draw(records(form))
    content = WRITERS[data.draw(st.sampled_from(sorted(WRITERS)))]([headings(form), *lines])
    sound = judged(content, XLSX, form)
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = data.draw(
        st.sampled_from([content[:place], content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]])
    )
    found = judged(damaged, XLSX, form)
    if found is not None:
        assert sound is not None
        assert found[0] == sound[0]


def test_a_text_that_lost_its_tag_among_the_shared_ones_refuses_the_workbook() -> None:
    lines = [[column.example for column in NEEDS.columns]]
    content = sharing_workbook([headings(NEEDS), *lines])
    texts = part_of(content, SHARED_TEXTS)
    assert judged(with_part(content, texts.replace(b"<si>", b"<sj>", 1), SHARED_TEXTS), XLSX, NEEDS) is None

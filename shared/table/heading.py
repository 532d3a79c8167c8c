"""The heading of a list, found where it stands: under a title, with stars, units and English beside the Chinese."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from shared.kernel.errors import Refusal, RefusalCode
from shared.table.column import ColumnKind, ListForm, TableColumn

HEADING_UNKNOWN = RefusalCode(
    "heading_unknown",
    422,
    "没有找到本清单的表头：缺少 {missing}；应有 {expected}；文件中是 {found}",
    "No heading of this list was found: {missing} is missing; expected are {expected}; the file has {found}",
    "请下载模板，保留其表头后填写。",
    "Download the template and keep its heading.",
)
ROWS_SEARCHED = 10
"""The heading stands among the first ten rows that hold something."""
_LEAST = 2
_SHOWN_CELLS = 12
_SHOWN_LENGTH = 20
_BRACKETS = re.compile(r"[(\[【〔][^()\[\]【】〔〕]*[)\]】〕]")
_ENGLISH_BEHIND = re.compile(r"(?P<chinese>.*[\u4e00-\u9fff)])\s+[A-Za-z][^\u4e00-\u9fff]*")
_SCALES = (
    ("亿元", 10_000_000_000),
    ("亿", 10_000_000_000),
    ("百万元", 100_000_000),
    ("万元", 1_000_000),
    ("万", 1_000_000),
    ("千元", 100_000),
    ("元", 100),
    ("分", 1),
)
_SUFFIXES = {"_fen": 1, "_yuan": 100, "_wan": 1_000_000}
_UNIT_WORDS = re.compile(r"(?:单位[::]?)?(?:人民币)?(?P<scale>亿元|亿|百万元|万元|万|千元|元|分)(?:人民币)?")


@dataclass(frozen=True, slots=True)
class Heading:
    """Which column of the file holds which field.

    Attributes:
        fields: field → place in the row.
        headings: field → heading as the file writes it.
        scales: field → fen per unit, where the heading names a unit of money.
        width: columns up to the last that has a heading.
        names: every heading as the file writes it.
        unread: headings that belong to no field.
        doubled: (heading, the heading read instead) where two say the same field.
        missing: required columns that are not there.
    """

    fields: Mapping[str, int]
    headings: Mapping[str, str]
    scales: Mapping[str, int]
    width: int
    names: tuple[str, ...]
    unread: tuple[str, ...] = ()
    doubled: tuple[tuple[str, str], ...] = ()
    missing: tuple[TableColumn, ...] = ()


def find_heading(rows: Sequence[Sequence[str]], form: ListForm) -> tuple[int, Heading] | None:
    """Return the place of the heading among the first rows and what it says, or None if none of them is one.

    A heading names all columns that a list must have; the first such row counts.

    Source: K-TAB-02 (design: a list is read where its heading stands).
    """
    for place, cells in enumerate(rows[:ROWS_SEARCHED]):
        found = match(cells, form)
        if not found.missing and len(found.fields) >= min(_LEAST, len(form.columns)):
            return place, found
    return None


def heading_unknown(rows: Sequence[Sequence[str]], form: ListForm, *, page: bool = False) -> Refusal:
    """Return the refusal of a file without the heading of `form`: which columns were expected and what was found.

    Args:
        rows: the first rows of the file.
        form: the list.
        page: the file is a web page under the name of a table.
    """
    nearest = max((match(cells, form) for cells in rows[:ROWS_SEARCHED]), key=lambda one: len(one.fields), default=None)
    required = [column for column in form.columns if column.required]
    missing = nearest.missing if nearest is not None and nearest.fields else tuple(required)
    first = next((cells for cells in rows if any(cell.strip() for cell in cells)), ())
    names = nearest.names if nearest is not None and nearest.fields else tuple(cell.strip() for cell in first)
    shown = [name[:_SHOWN_LENGTH] for name in names if name][:_SHOWN_CELLS]
    return Refusal(
        HEADING_UNKNOWN,
        expected="、".join(column.title_zh for column in required),
        missing="、".join(column.title_zh for column in missing),
        found="网页（HTML） / a web page" if page else "、".join(shown) or "—",
    )


def match(cells: Sequence[str], form: ListForm) -> Heading:
    """Return which cells of a row are headings of `form`."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    found: dict[str, tuple[int, int, int | None]] = {}
    unread, doubled = [], []
    for place, name in enumerate(names):
        known = _known(name, form) if name else None
        if known is None:
            unread.append(name or f"（第{place + 1}列 / column {place + 1}）")
            continue
        field_name, rank, scale = known
        before = found.get(field_name)
        if before is None or rank < before[1]:
            found[field_name] = (place, rank, scale)
        if before is not None:
            other = place if rank >= before[1] else before[0]
            doubled.append((names[other], names[found[field_name][0]]))
    return Heading(
        fields={name: place for name, (place, _, _) in found.items()},
        headings={name: names[place] for name, (place, _, _) in found.items()},
        scales={name: scale for name, (_, _, scale) in found.items() if scale is not None},
        width=len(names),
        names=tuple(names),
        unread=tuple(unread),
        doubled=tuple(doubled),
        missing=tuple(column for column in form.columns if column.required and column.field not in found),
    )


def folded(heading: str) -> str:
    """Return a heading without width, case, spaces, stars, colons and invisible marks.

    Source: K-TAB-02 (design).
    """
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(mark for mark in text if not (mark in "*:_'\"" or mark.isspace() or not mark.isprintable()))


def _known(heading: str, form: ListForm) -> tuple[str, int, int | None] | None:
    """Return (field, rank among its names, fen per unit) of a heading, or None."""
    names = _names(form)
    text = unicodedata.normalize("NFKC", heading).strip()
    behind = _ENGLISH_BEHIND.fullmatch(text)
    for whole in (text, behind["chinese"]) if behind is not None else (text,):
        for candidate, scale in _candidates(whole):
            known = names.get(folded(candidate))
            if known is not None:
                field_name, rank, is_money = known
                return field_name, rank, (scale or _scale_of(text)) if is_money else None
    return None


def _candidates(text: str) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = [(text, None)]
    for suffix, scale in _SUFFIXES.items():
        if text.lower().endswith(suffix):
            found.append((text[: -len(suffix)], scale))
    if (bare := _BRACKETS.sub("", text)) != text:
        found.append((bare, None))
    for word, scale in _SCALES:
        if text.endswith(word) and not text.endswith(f"部{word}"):
            found.append((text[: -len(word)], scale))
    return found


def _scale_of(text: str) -> int | None:
    """Return the fen per unit that a heading names: `revenue_fen`, 营业收入（万元）."""
    for suffix, scale in _SUFFIXES.items():
        if text.lower().endswith(suffix):
            return scale
    for bracket in _BRACKETS.findall(text):
        unit = _UNIT_WORDS.fullmatch(bracket[1:-1].strip())
        if unit is not None:
            return dict(_SCALES)[unit["scale"]]
    return None


@dataclass(slots=True)
class _Names:
    """The folded headings of one list."""

    by_name: dict[str, tuple[str, int, bool]] = field(default_factory=dict)

    def add(self, column: TableColumn) -> None:
        titles = (column.field, column.title_zh, f"{column.title_zh} {column.title_en}", column.title_en, *column.names)
        if column.kind is ColumnKind.AMOUNT:
            titles += (column.field.removesuffix("_fen"),)
        for rank, title in enumerate(titles):
            self.by_name.setdefault(folded(title), (column.field, rank, column.kind is ColumnKind.AMOUNT))


@cache
def _names(form: ListForm) -> Mapping[str, tuple[str, int, bool]]:
    names = _Names()
    for column in form.columns:
        names.add(column)
    return names.by_name

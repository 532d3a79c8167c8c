"""Readers of one cell: a code, a day, an amount, a whole number, a choice, a reporting unit; each with its findings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from pydantic import ValidationError

from shared.kernel.fold import Folding, fold_code
from shared.kernel.office_date import read_date
from shared.kernel.unit import MatchKind, UnitMatch, find_unit
from shared.table.amount import Amount, read_amount
from shared.table.cells import Cells
from shared.table.column import ListForm
from shared.table.finding import FindingKind, RowFinding, finding
from shared.table.kinds import CELL_INVALID, CELL_MISSING, CODE_FOLDED, DATE_INVALID
from shared.table.word import folded_word

_CODE_LENGTH = 18
_LONGEST_CODE = 200
_MOST_DIGITS = 30
Value = TypeVar("Value")


def read_code(cells: Cells, field: str) -> tuple[str, list[RowFinding]]:
    """Return a code as it is kept: half width, upper case, without spaces and marks; what was folded is noted.

    Source: K-TAB-04 (design; GB 32100-2015).
    """
    text = cells.text(field)
    if text is None:
        return "", []
    if len(text) > _LONGEST_CODE:
        return text, []
    folded = fold_code(text)
    if folded.text == text:
        return text, []
    return folded.text, [code_folded(cells.column(field), text, folded.text, folded.foldings)]


def code_folded(column: str, text: str, code: str, foldings: Sequence[Folding]) -> RowFinding:
    """Return the finding that a code was read in another form than it was written in, and what was done to it.

    Source: K-TAB-04 (design: what was folded is named).
    """
    how = ("、".join(one.title_zh for one in foldings), ", ".join(one.title_en for one in foldings))
    group = "+".join(one.value for one in foldings)
    return finding(CODE_FOLDED, column, f"{text} → {code}", group=group, how_zh=how[0], how_en=how[1]).labelled(*how)


def folded_code(text: str) -> str:
    """Return a code as it is kept; a text that is too long for any code stays as it is.

    Source: K-TAB-04 (design).
    """
    return fold_code(text).text if len(text) <= _LONGEST_CODE else text


def read_day(cells: Cells, field: str, kind: FindingKind = DATE_INVALID) -> tuple[date | None, list[RowFinding]]:
    """Return the day that a cell names, None where it is empty or, with a finding of `kind`, no day.

    Source: K-TAB-05 (design: a date is read whole or named).
    """
    text = cells.text(field)
    if text is None:
        return None, []
    day = _day(text, cells.epoch_1904)
    return day, [] if day is not None else [finding(kind, cells.column(field), text)]


@lru_cache(maxsize=8192)
def _day(text: str, since_1904: bool) -> date | None:  # noqa: FBT001  # a key of the cache
    return read_date(text, since_1904=since_1904)


def read_money(cells: Cells, field: str) -> tuple[Amount | None, list[RowFinding]]:
    """Return the amount of a cell, None where it is empty; why it is not known is noted.

    Source: K-TAB-03 (design).
    """
    text = cells.text(field)
    if text is None:
        return None, []
    amount = read_amount(text, cells.heading.scales.get(field))
    if amount.reason is None:
        return amount, []
    group = "" if amount.currency == "CNY" else amount.currency
    return amount, [finding(amount.reason, cells.column(field), text, group=group)]


def whole_number(text: str, scale: int = 1) -> int | None:
    """Return a number as a whole of the smallest unit, or None; nothing is rounded.

    Args:
        text: digits, perhaps by thousands and with a fraction.
        scale: smallest units per written unit.

    Source: K-TAB-03 (design: no float near money).
    """
    try:
        number = Decimal(text.replace(",", "").replace("，", "")) * scale
        if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
            return None
        return int(number) if number == number.to_integral_value() else None
    except ArithmeticError:
        return None


def read_whole(cells: Cells, field: str, form: ListForm) -> int | None:
    """Return the whole number of a cell, `2025年` or `100人` where its column has that measure; None for anything else.

    Source: K-TAB-03 (design: what offices write behind a number is read or named).
    """
    text = cells.text(field)
    if text is None:
        return None
    plain = text.strip()
    measure = next((one for one in form.column(field).measures if plain.endswith(one)), "")
    return whole_number(plain.removesuffix(measure).strip())


def read_choice(cells: Cells, field: str, words: Mapping[str, Value]) -> Value | None:
    """Return what a word of a cell stands for, or None where it is empty or not among `words` (folded).

    Source: K-TAB-06 (design: lists write words, codes or labels).
    """
    text = cells.text(field)
    return None if text is None else words.get(folded_word(text))


def read_unit(cells: Cells, field: str, on: date) -> UnitMatch:
    """Return the reporting unit that a cell names, by name, own id or a GB/T 2260 code of any day.

    Source: K-UNIT-04, K-UNIT-05 (渝府办发〔2022〕56号; GB/T 2260).
    """
    text = cells.text(field)
    return UnitMatch(MatchKind.UNKNOWN, None, None) if text is None else find_unit(text, on)


def missing_or_invalid(cells: Cells, field: str, form: ListForm, why: tuple[str, str] = ("", "")) -> RowFinding:
    """Return the finding of a cell that has to hold something it does not hold; `why` in Chinese and English.

    Source: K-TAB-01 (design).
    """
    column = form.column(field)
    told = {"expected_zh": column.meaning_zh, "expected_en": column.meaning_en}
    told |= {"why_zh": f"：{why[0]}" if why[0] else "", "why_en": f": {why[1]}" if why[1] else ""}
    if cells.text(field) is None:
        return finding(CELL_MISSING, cells.column(field), cells.raw(field), **told)
    return finding(CELL_INVALID, cells.column(field), cells.raw(field), **told)


def invalid_cells(
    cells: Cells, problem: ValidationError, form: ListForm, field_of: Callable[[tuple[int | str, ...]], str]
) -> list[RowFinding]:
    """Return the findings of the cells that a shape refuses, each once, with the reason where the shape tells it.

    Args:
        cells: the line.
        problem: what the shape said.
        form: the list.
        field_of: the field of the list that a place in the shape stands for.

    Source: K-TAB-01 (design).
    """
    reasons: dict[str, tuple[str, str]] = {}
    for error in problem.errors():
        told = error.get("ctx") or {}
        reasons.setdefault(field_of(error["loc"]), (str(told.get("zh", "")), str(told.get("en", ""))))
    return [missing_or_invalid(cells, field, form, why) for field, why in reasons.items()]


def first_of(place: tuple[int | str, ...]) -> str:
    """Return the field that a place in a flat shape names."""
    return str(place[0]) if place else ""


def code_elsewhere(cells: Cells, field: str) -> bool:
    """Tell whether a code stands in another column than its own: the columns of the line are shifted.

    Source: K-TAB-07 (GB 32100-2015).
    """
    if looks_like_code(cells.raw(field)):
        return False
    return any(looks_like_code(text) for text in cells.row)


def looks_like_code(text: str) -> bool:
    """Tell whether a text has the shape of a unified social credit code.

    Source: K-TAB-07 (GB 32100-2015).
    """
    if len(text) < _CODE_LENGTH:
        return False
    code = text if len(text) == _CODE_LENGTH else folded_code(text)
    return len(code) == _CODE_LENGTH and code.isascii() and code.isalnum() and code[2:8].isdecimal()

"""The second count of a sheet: which rows hold how many filled cells, counted without the reader that reads them.

A reader of workbooks that meets damage goes on: of two cells that claim one place it keeps the last, a row without its
place it leaves out, an error it takes for an empty cell. What it gave is therefore compared with this count.
"""

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO

from shared.files.xml_stream import local, read_xml

MOST_ROWS = 1 << 20
"""Rows of a sheet."""
_MOST_ERRORS = 10_000
"""Error cells that are told one by one; a row with a further one is told as a whole."""
_MOST_CELLS = 0xFFFF
_MOST_TEXTS = 8 << 20
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_BLANK = re.compile(r"_x00(?:09|0[A-Da-d]|1[C-Fc-f]|20)_")
"""How a workbook writes blanks that XML would lose."""
_DATA, _ROW, _CELL = 0, 1, 2
_ENOUGH = 4_096
"""Letters of a text that are looked at."""
UNCALCULATED = "="
"""Shown for a formula whose value the workbook does not hold."""


@dataclass(slots=True)
class SheetCount:
    """What each row of a sheet holds.

    Attributes:
        last: the last row that holds something, 0 where none does.
        reached: the last row that the sheet has, filled or not.
        said: the last row that the sheet says it has, 0 where it says nothing.
        gap: the one row that is absent behind the last that holds something while the next is there, 0 where none is.
        errors: row → place of the cell, from 0 → what it shows, for cells that hold an error and no value.
        fault: row near which the sheet stops being XML, None where it is sound.
    """

    last: int = 0
    reached: int = 0
    said: int = 0
    gap: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    fault: int | None = None
    _filled: "array[int]" = field(default_factory=lambda: array("H", [0]))
    _damaged: bytearray = field(default_factory=lambda: bytearray(1))

    @property
    def is_shorter(self) -> bool:
        """Tell whether rows are missing at the end: the sheet names them, or its numbers pass over one."""
        return self.reached < self.said or self.gap == self.last + 1

    def filled(self, row: int) -> int:
        """Return how many cells of a row hold something, errors among them."""
        return self._filled[row] if row < len(self._filled) else 0

    def is_damaged(self, row: int) -> bool:
        """Tell whether the cells of a row contradict each other, or another row, about where they stand."""
        return row < len(self._damaged) and bool(self._damaged[row])

    def damage(self, row: int) -> None:
        """Keep that a row is damaged; a row that no sheet has is none."""
        if 0 < row <= MOST_ROWS:
            self._reach(row)
            self._damaged[row] = 1
            self.last = max(self.last, row)

    def add(self, row: int, cells: int) -> None:
        """Add filled cells to a row."""
        if cells == 0 or not 0 < row <= MOST_ROWS:
            return
        self._reach(row)
        if self._filled[row]:  # it was there before
            self._damaged[row] = 1
        self._filled[row] = min(self._filled[row] + cells, _MOST_CELLS)
        self.last = max(self.last, row)

    def _reach(self, row: int) -> None:
        missing = row + 1 - len(self._filled)
        if missing > 0:
            self._filled.extend([0] * missing)
            self._damaged.extend(bytes(missing))


def is_blank(text: str) -> bool:
    """Tell whether a cell with this text shows nothing."""
    return not text.strip() or ("_x00" in text and not _BLANK.sub("", text).strip())


@dataclass(slots=True)
class SharedTexts:
    """The texts that the cells of a workbook point at.

    Attributes:
        count: how many there are.
    """

    count: int = 0
    _blank: bytearray = field(default_factory=bytearray)

    def add(self, *, blank: bool) -> None:
        """Add the next text.

        Raises:
            ValueError: there are more than any list has.
        """
        if self.count >= _MOST_TEXTS:
            raise ValueError("a workbook shares more texts than any list has")
        self._blank.append(blank)
        self.count += 1

    def is_blank(self, number: int) -> bool:
        """Tell whether a text that the workbook holds shows nothing."""
        return bool(self._blank[number])


def shared_texts(source: IO[bytes]) -> SharedTexts:
    """Return which of the shared texts of a workbook show nothing.

    Raises:
        ValueError: they are not XML.
    """
    walk = _Texts()
    read_xml(source, begin=walk.begin, end=walk.end, text=walk.text)
    return walk.texts


@dataclass(slots=True)
class _Texts:
    """Where the reading of the shared texts stands."""

    texts: SharedTexts = field(default_factory=SharedTexts)
    _depth: int = 0
    _shown: str = ""
    _unspoken: int = 0  # depth of what only tells how to pronounce it, 0 outside

    def begin(self, name: str, _: Mapping[str, str]) -> None:
        match self._depth, local(name):
            case (0, "sst") | (1, "extLst"):
                pass
            case (1, "si"):
                self._shown = ""
            case (0 | 1, _):  # it may have been a text, and all behind it would be another
                raise ValueError("what is no text stands among the shared texts")
            case (depth, "rPh") if not self._unspoken:
                self._unspoken = depth
        self._depth += 1

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == self._unspoken:
            self._unspoken = 0
        if self._depth == 1 and local(name) == "si":
            self.texts.add(blank=is_blank(self._shown))

    def text(self, piece: str) -> None:
        if not self._unspoken and len(self._shown) < _ENOUGH:
            self._shown += piece


def count_sheet(source: IO[bytes], texts: SharedTexts) -> SheetCount:
    """Return what each row of a sheet holds; a sheet that is not XML is counted up to where it breaks.

    Args:
        source: the sheet's XML.
        texts: the shared texts of its workbook.
    """
    walk = _Walk(texts)
    try:
        read_xml(source, begin=walk.begin, end=walk.end, text=walk.text)
    except ValueError:
        walk.count.fault = max(walk.row, 1)
    return walk.count


@dataclass(slots=True)
class _Walk:
    """Where the count stands in the sheet."""

    texts: SharedTexts
    count: SheetCount = field(default_factory=SheetCount)
    row: int = 0
    _depth: int = -1  # below `sheetData`, -1 outside
    _digits: str = ""
    _cells: int = 0
    _column: int = 0
    _type: str | None = None
    _value: str = ""
    _is_open: bool = False  # what is told now belongs to the value
    _has_value: bool = False
    _has_formula: bool = False
    _errors: int = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        depth = self._depth
        if depth == _CELL and name == "v":  # most of all
            self._is_open = self._has_value = True
        elif depth == _ROW and name == "c":
            self._begin_cell(attributes)
        elif depth < 0:
            self._outside(name, attributes)
            return
        else:
            self._begin_other(depth, local(name), attributes)
        self._depth = depth + 1

    def end(self, name: str) -> None:
        if self._depth < 0:
            return
        self._depth = depth = self._depth - 1
        if depth == _CELL:
            self._is_open = False
        elif depth == _ROW:
            if name == "c" or local(name) == "c":
                self._end_cell()
        elif depth == _DATA:
            self.count.add(self.row, self._cells)
        elif depth > _CELL and local(name) == "rPh":
            self._is_open = True

    def text(self, piece: str) -> None:
        if self._is_open:
            self._value = self._value + piece if len(self._value) < _ENOUGH else self._value

    def _outside(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "sheetData":
                self._depth = _DATA
            case "dimension":
                place = _PLACE.fullmatch(attributes.get("ref", "").rpartition(":")[2])
                self.count.said = int(place[2]) if place is not None else 0

    def _begin_other(self, depth: int, name: str, attributes: dict[str, str]) -> None:
        """Begin whatever is no cell and no value as most offices write them."""
        match depth, name:
            case (0, _):
                self._begin_row(attributes, is_row=name == "row")
            case (1, "c"):
                self._begin_cell(attributes)
            case (2, "v" | "is"):
                self._is_open = self._has_value = True
            case (2, "f"):
                self._has_formula = True
            case (1 | 2, "extLst"):
                pass
            case (1 | 2, _):
                self.count.damage(self.row)  # no sheet has this here: it may have been a cell
            case (_, "rPh"):  # how to pronounce it
                self._is_open = False

    def _begin_row(self, attributes: dict[str, str], *, is_row: bool) -> None:
        digits = attributes.get("r")
        number = self.row + 1 if digits is None else int(digits) if _is_number(digits) else 0
        is_sound = is_row and number > self.row
        if not number:
            number = self.row + 1
        if number == self.row + 2 and self.count.last == self.row:  # one is passed over
            self.count.gap = self.row + 1
        self.row, self._digits, self._cells, self._column = number, str(number), 0, 0
        self.count.reached = max(self.count.reached, number)
        if not is_sound:
            self.count.damage(number)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1
        if place is not None:
            told = _column(place.removesuffix(self._digits)) if place.endswith(self._digits) else 0
            if told < column:
                self._misplaced(place)
            else:
                column = told
        self._column = column
        self._type = attributes.get("t")
        self._value = ""
        self._has_value = self._has_formula = False

    def _misplaced(self, place: str) -> None:
        """Keep that a cell says it stands elsewhere; the row where it says it stands may have lost its own."""
        self.count.damage(self.row)
        found = _PLACE.fullmatch(place)
        if found is not None:
            self.count.damage(int(found[2]))

    def _end_cell(self) -> None:
        if self._type == "e" or (self._has_formula and not self._is_calculated()):
            self._error(self._value.strip() or UNCALCULATED)
        elif self._type == "s":
            self._cells += self._points_at_text(self._value.strip())
        elif self._value and not is_blank(self._value):
            self._cells += 1

    def _is_calculated(self) -> bool:
        """Tell whether a formula has its value; only a text may be empty."""
        return self._has_value and (self._type == "str" or bool(self._value.strip()))

    def _points_at_text(self, number: str) -> bool:
        if not number:
            return False
        if not _is_number(number) or int(number) >= self.texts.count:
            self.count.damage(self.row)
            return False
        return not self.texts.is_blank(int(number))

    def _error(self, shown: str) -> None:
        self._cells += 1
        self._errors += 1
        if self._errors > _MOST_ERRORS:
            self.count.damage(self.row)
            return
        self.count.errors.setdefault(self.row, {})[self._column - 1] = shown[:16]


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST_ROWS))


@lru_cache(1 << 15)
def _column(letters: str) -> int:
    """Return the column that letters name, from 1; 0 where they name none."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= len("XFD")):
        return 0
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number

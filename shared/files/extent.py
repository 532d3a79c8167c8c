"""How far a sheet reaches, read before it is opened: a reader makes room for a whole rectangle, whatever is in it.

A file of five kilobytes with a cell in the last corner of a sheet would ask for hundreds of gigabytes.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from shared.files.xml_stream import local, read_xml

_CHUNK = 1 << 20
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"')
_ROW = re.compile(rb'<row r="(\d+)"')
_PLACE = re.compile(r"([A-Za-z]+)(\d+)")
_OTHER_FORMS = tuple(
    begin + name + end
    for begin in (b"<", b":")
    for name in (b"c", b"row")
    for end in (b" ", b"\t", b"\n", b"\r", b">", b"/")
    if begin + end != b"< "
)
"""Cells and rows that are not written as every office writes them: such a sheet is walked, not searched."""
_MAX_LETTERS = 3
_MAX_DIGITS = 7
BEYOND = 1 << 30
"""Stands for a row or column that no sheet has."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The last row and the last column that hold something, counted from 1."""

    rows: int = 0
    columns: int = 0

    def joined(self, other: "Extent") -> "Extent":
        """Return the smallest extent that holds both."""
        return Extent(max(self.rows, other.rows), max(self.columns, other.columns))


def extent_of(archive: zipfile.ZipFile, *, columns: int) -> Extent:
    """Return how far the farthest sheet of a workbook reaches; entries of the same name count each.

    Args:
        archive: the workbook.
        columns: width up to which a quick reading is enough: it takes empty cells, and words that look like a place,
            for filled ones.

    Raises:
        ValueError: a sheet is not XML.
        zipfile.BadZipFile: an entry is not what the archive says of it.
    """
    whole = Extent()
    for member in archive.infolist():
        with archive.open(member) as source:
            found = _quick(source)
        if found is None or found.columns > columns:
            with archive.open(member) as source:
                found = _exact(source)
        whole = whole.joined(found)
    return whole


def _quick(source: IO[bytes]) -> Extent | None:
    """Return the extent by the places that are written down; None if a cell or a row is written another way."""
    whole, is_sheet = Extent(), False
    for chunk in _tags(source):
        is_sheet = is_sheet or b"sheetData" in chunk
        if not is_sheet:  # pictures, styles, shared texts
            continue
        cells, rows = _CELL.findall(chunk), _ROW.findall(chunk)
        if len(cells) != chunk.count(b"<c ") or len(rows) != chunk.count(b"<row "):
            return None
        if any(form in chunk for form in _OTHER_FORMS):
            return None
        rows += {digits for _, digits in cells}
        letters = {letters for letters, _ in cells}
        whole = whole.joined(Extent(max(map(_row, rows), default=0), max(map(_column, letters), default=0)))
    return whole


def _tags(source: IO[bytes]) -> Iterator[bytes]:
    """Give the text in pieces that cut no tag in two.

    Raises:
        ValueError: a tag is longer than any that a sheet has.
    """
    rest = b""
    while piece := source.read(_CHUNK):
        text = rest + piece
        cut = text.rfind(b"<")
        if cut == 0 and len(text) > _CHUNK:
            raise ValueError("a tag without end")
        yield text[: max(cut, 0)]
        rest = text[cut:] if cut >= 0 else b""
    yield rest


def _row(digits: bytes | str) -> int:
    return BEYOND if len(digits) > _MAX_DIGITS else int(digits)


def _column(letters: bytes) -> int:
    if len(letters) > _MAX_LETTERS:
        return BEYOND
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


@dataclass(slots=True)
class _Walk:
    """Where a reader of the sheet stands."""

    row: int = 0
    column: int = 0
    extent: Extent = field(default_factory=Extent)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "row":
                digits = attributes.get("r", "")
                self.row = _row(digits) if digits.isdigit() else self.row + 1
                self.column = 0
            case "c":
                place = _PLACE.fullmatch(attributes.get("r", ""))
                if place is not None:
                    self.column, self.row = _column(place[1].encode()), _row(place[2])
                else:
                    self.column += 1
            case "v" | "is":
                self.extent = self.extent.joined(Extent(self.row, self.column))


def _exact(source: IO[bytes]) -> Extent:
    """Return the extent of the filled cells, walking the sheet as a reader does.

    Raises:
        ValueError: it is not XML.
    """
    walk = _Walk()
    read_xml(source, begin=walk.begin)
    return walk.extent

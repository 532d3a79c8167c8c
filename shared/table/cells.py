"""The cells of one line by field: text as the file writes it, unknown where it says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.table.heading import Heading

MISSING_TEXTS = frozenset(
    {"", "N/A", "n/a", "NA", "-", "--", "—", "——", "/", "无", "null", "NULL", "None", "none", "nan", "NaN", "#N/A"}
)
"""Texts by which lists say that they do not know."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of a list under its heading.

    Attributes:
        heading: which column holds which field.
        row: the cells, stripped, as many as the heading has.
        epoch_1904: serial numbers of days count from 1904, as old spreadsheets of the Mac do.
        is_damaged: the reader of the file found the line damaged; it is refused whatever it says.
    """

    heading: Heading
    row: Sequence[str]
    epoch_1904: bool = False
    is_damaged: bool = False

    def text(self, field: str) -> str | None:
        """Return the text of a field, or None where its column or its content is missing or says it is unknown."""
        place = self.heading.fields.get(field)
        if place is None or place >= len(self.row):
            return None
        text = self.row[place]
        return None if text in MISSING_TEXTS else text

    def raw(self, field: str) -> str:
        """Return a field as the file writes it, for the report."""
        place = self.heading.fields.get(field)
        return "" if place is None or place >= len(self.row) else self.row[place]

    def column(self, field: str) -> str:
        """Return the heading under which the file carries a field; the field's own name where it does not."""
        return self.heading.headings.get(field, field)

    def said(self) -> str:
        """Return what the line says of all fields, for a digest: order of columns and foreign columns do not count."""
        return "\x1f".join(f"{name}={self.raw(name)}" for name in sorted(self.heading.fields))


def cells_of(values: dict[str, str], heading: Heading) -> Cells:
    """Return cells by field, for tests and callers that hold a mapping."""
    row = [""] * heading.width
    for field, place in heading.fields.items():
        row[place] = values.get(field, "")
    return Cells(heading, row)

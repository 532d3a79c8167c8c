"""The columns of a list: under which headings each may stand, what it means, how its example looks."""

from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """What the cells of a column hold; the template formats them by it."""

    TEXT = "TEXT"
    CODE = "CODE"
    DATE = "DATE"
    AMOUNT = "AMOUNT"
    WHOLE = "WHOLE"
    UNIT = "UNIT"
    CHOICE = "CHOICE"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a list that people upload.

    Attributes:
        field: its name in the program and on the wire.
        title_zh: heading of the template.
        title_en: the same in English; also understood.
        meaning_zh: what to fill in, for the template and for the way out of a finding.
        meaning_en: the same in English.
        example: how a cell looks, made up.
        kind: what the cells hold.
        required: a list without this column is no such list.
        names: further headings under which offices carry it; units in brackets and stars need not be named.
        choices: (code, Chinese word) of every value that is taken, for a column of choices.
        measures: words that may stand behind a number and change nothing, such as 人 in `100人`.
    """

    field: str
    title_zh: str
    title_en: str
    meaning_zh: str
    meaning_en: str
    example: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    names: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListForm:
    """One kind of list that is imported: `enterprises`, `filings`, `ip-rights`.

    Attributes:
        name: part of its address and of its file names.
        operation: kind of the long work, also the name of its job.
        title_zh: what the list is, for the template.
        title_en: the same in English.
        columns: its columns in the order of the template.
        key: field that names a record, for the finding of a repeated line.
    """

    name: str
    operation: str
    title_zh: str
    title_en: str
    columns: tuple[TableColumn, ...]
    key: str

    @property
    def path(self) -> str:
        """Address of its imports."""
        return f"/v1/imports/{self.name}"

    def column(self, field: str) -> TableColumn:
        """Return the column of a field; an unknown one is a mistake of ours and raises StopIteration."""
        return next(column for column in self.columns if column.field == field)

"""One line on its way into a service: what its reader made of it, what its writer did with it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.table.cells import Cells
from shared.table.finding import RowFinding, RowOutcome

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ReadLine(Generic[Value]):
    """What the reader of one line makes of it.

    Attributes:
        key: what names the record; a second line of the file with it is refused.
        value: what is to be written, None where the line is refused.
        findings: everything that is wrong or worth a word, all of it at once.
    """

    key: str | None
    value: Value | None
    findings: tuple[RowFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRow(Generic[Value]):
    """A line that was read and is to be written."""

    line: int
    cells: Cells
    key: str
    value: Value


@dataclass(frozen=True, slots=True)
class Written:
    """What the writer of a batch did with one of its rows."""

    outcome: RowOutcome
    findings: tuple[RowFinding, ...] = ()


CREATED = Written(RowOutcome.CREATED)
UPDATED = Written(RowOutcome.UPDATED)
UNCHANGED = Written(RowOutcome.UNCHANGED)


def refused(*findings: RowFinding) -> Written:
    """Return that a row was left out, and why."""
    return Written(RowOutcome.REFUSED, findings)

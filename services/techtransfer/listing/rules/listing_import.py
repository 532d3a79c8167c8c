"""One line of a list of achievements or needs: what it says, and whether it says something new."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from services.techtransfer.listing.rules.achievement import ResultClass, ResultOrigin
from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.listing_key import title_key
from services.techtransfer.listing.rules.need import IpOwnership
from services.techtransfer.listing.rules.party import MAY_POST
from services.techtransfer.listing.rules.vocabulary import CooperationMode, ResultStage, in_words
from shared.kernel.actor import Actor
from shared.kernel.errors import Refusal
from shared.kernel.key_field import KeyField
from shared.table.cells import Cells
from shared.table.column import ColumnKind, ListForm
from shared.table.finding import FindingKind, RowFinding, RowGravity, finding, from_refusal, is_refused
from shared.table.read import (
    first_of,
    invalid_cells,
    missing_or_invalid,
    read_choice,
    read_code,
    read_day,
    read_money,
    read_unit,
    read_whole,
)
from shared.table.row import ReadLine
from shared.table.word import folded_word, words_of

LISTING_UNKNOWN = FindingKind(
    "listing_unknown",
    RowGravity.REFUSED,
    "没有编号为 {case_no} 的信息，或无权查看",
    "There is no listing {case_no} that you may see",
    "请核对编号；新发布的请留空。",
    "Check the case number; leave it empty for a new listing.",
)
LISTING_OF_ANOTHER = FindingKind(
    "listing_of_another",
    RowGravity.REFUSED,
    "编号为 {case_no} 的信息属于其他单位，未作改动",
    "The listing {case_no} belongs to another party; nothing was changed",
    "请删除该行；导出时可只选本单位的信息。",
    "Remove the line; an export can be narrowed to your own listings.",
)
TITLE_CHANGED = FindingKind(
    "title_changed",
    RowGravity.FLAGGED,
    "名称将改变：原为 {before}",
    "The title changes: it was {before}",
    "请核对编号；如填错编号，请更正后再次导入。",
    "Check the case number; if it is another listing's, correct it and import again.",
)
KINDS: tuple[FindingKind, ...] = (LISTING_UNKNOWN, LISTING_OF_ANOTHER, TITLE_CHANGED)
"""Findings of these lists alone."""
_HIDDEN_IN_EXPORTS = "party_uscc"
"""A cell that must be filled, but is empty in an export where the poster hides it; the case number names its party."""
_LISTS = frozenset({"keywords", "innovation_points", "ip_right_nos", "completing_units", "core_indicators"})
_APART = re.compile(r"[;；、\n]")
_KEYWORDS_APART = re.compile(r"[;；、,，\n]")
Terms = TypeVar("Terms", bound=ListingTerms)


@dataclass(frozen=True, slots=True)
class ListingLine:
    """What one line says.

    Attributes:
        case_no: of the listing that it speaks of, None for a new one.
        title_key: by which a listing of the same party is known.
        said: field → value, of the cells that say something.
    """

    case_no: str | None
    title_key: str
    said: Mapping[str, Any]


def may_import(actor: Actor) -> None:
    """Refuse a role that posts no listings.

    Raises:
        Refusal: `forbidden_role`.

    Source: T-IMPORT-01 (docs/rules/techtransfer.md).
    """
    actor.must_be(MAY_POST)


def reader(form: ListForm) -> Callable[[Cells, date], ReadLine[ListingLine]]:
    """Return the reader of one line of a list.

    A line with a case number speaks of that listing, whose party it need not name; one without of the party's open
    listing of the same title, or of a new one.

    Source: T-IMPORT-02 (docs/rules/techtransfer.md).
    """

    def read(cells: Cells, today: date) -> ReadLine[ListingLine]:
        said: dict[str, Any] = {}
        findings: list[RowFinding] = []
        is_known = cells.text("case_no") is not None
        for column in form.columns:
            if cells.text(column.field) is None:
                is_missing = column.required and not (is_known and column.field == _HIDDEN_IN_EXPORTS)
                findings += [missing_or_invalid(cells, column.field, form)] if is_missing else []
                continue
            value, found = _value(cells, column.field, form, today)
            findings += found
            if value is not None:
                said[column.field] = value
        if is_refused(findings):
            return ReadLine(None, None, tuple(findings))
        case_no = said.pop("case_no", None)
        key = title_key(said["title"])
        named = f"{said['party_uscc']}/{key}" if case_no is None else case_no
        return ReadLine(named, ListingLine(case_no, key, said), tuple(findings))

    return read


def changes_of(line: ListingLine, held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in which a line differs from the listing that is held; empty cells say nothing.

    Lists are compared part by part, as a cell is taken apart: an item that is held may hold the mark that separates
    them.

    Source: T-IMPORT-03 (docs/rules/techtransfer.md).
    """
    return {
        field: value for field, value in line.said.items() if _plain(field, value) != _plain(field, held.get(field))
    }


def retitled(cells: Cells, before: str, changes: Mapping[str, Any]) -> tuple[RowFinding, ...]:
    """Return the finding on a line that gives a listing another title.

    Args:
        cells: the line.
        before: the title that is held.
        changes: what the line changes.

    Source: T-IMPORT-03 (docs/rules/techtransfer.md).
    """
    if "title" not in changes:
        return ()
    return (finding(TITLE_CHANGED, cells.column("title"), changes["title"], before=before),)


def terms_of(
    shape: type[Terms], said: Mapping[str, Any], cells: Cells, form: ListForm
) -> tuple[Terms | None, tuple[RowFinding, ...]]:
    """Return the terms that a line gives, or what is wrong with them.

    Source: T-IMPORT-02 (docs/rules/techtransfer.md).
    """
    try:
        return shape.model_validate(dict(said)), ()
    except ValidationError as problem:
        return None, tuple(invalid_cells(cells, problem, form, first_of))


def refused_by(refusal: Refusal, cells: Cells) -> RowFinding:
    """Return the refusal of a rule as a finding on the column that its pointer names.

    Source: T-IMPORT-02 (docs/rules/techtransfer.md).
    """
    field = (refusal.pointer or "/title").split("/")[1]
    return from_refusal(refusal, cells.column(field), cells.raw(field))


def not_to_change(cells: Cells, case_no: str, *, seen: bool) -> RowFinding:
    """Return the finding on a line whose case number is of no listing that its uploader manages.

    Another's listing is told from one that does not exist only where the uploader sees it in any list, and whatever
    else the line says: the answer tells nothing that is hidden.

    Args:
        cells: the line.
        case_no: what it names.
        seen: the uploader may see that listing.

    Source: T-IMPORT-03 (docs/rules/techtransfer.md).
    """
    kind = LISTING_OF_ANOTHER if seen else LISTING_UNKNOWN
    return finding(kind, cells.column("case_no"), case_no, case_no=case_no)


def _value(cells: Cells, field: str, form: ListForm, today: date) -> tuple[Any, list[RowFinding]]:
    """Return what a filled cell says, None with a finding where it cannot be read."""
    kind = form.column(field).kind
    text = cells.text(field) or ""
    if field in _LISTS:
        return _parts(field, text), []
    if kind is ColumnKind.CODE:
        return read_code(cells, field)
    if kind is ColumnKind.DATE:
        return read_day(cells, field)
    if kind is ColumnKind.AMOUNT:
        amount, found = read_money(cells, field)
        return None if amount is None else amount.fen, found
    value: Any = text
    if kind is ColumnKind.UNIT:
        unit = read_unit(cells, field, today).unit
        value = None if unit is None else unit.unit_id
    elif kind is ColumnKind.WHOLE:
        value = read_whole(cells, field, form)
    elif field == "cooperation_modes":
        words = [_words(form, field).get(folded_word(part)) for part in _KEYWORDS_APART.split(text) if part.strip()]
        value = None if None in words else words
    elif kind is ColumnKind.CHOICE:
        value = read_choice(cells, field, _words(form, field))
    return value, [] if value is not None else [missing_or_invalid(cells, field, form)]


@cache
def _words(form: ListForm, field: str) -> Mapping[str, str]:
    """Return every word of a choice, folded: its code, its Chinese name, and both names as our exports write them."""
    found: dict[str, str] = {}
    for code, word in form.column(field).choices:
        found |= {folded_word(one): code for one in (code, word)}
    codes = set(found.values())
    for kind in (CooperationMode, ResultStage, KeyField, ResultOrigin, ResultClass, IpOwnership):
        if codes <= set(kind.__members__):
            found |= {word: one.value for word, one in words_of(kind).items()}
            found |= {folded_word(in_words(one)): one.value for one in kind}
    return found


def _parts(field: str, text: str) -> list[str]:
    """Return what a cell lists."""
    apart = _KEYWORDS_APART if field == "keywords" else _APART
    return [part.strip() for part in apart.split(text) if part.strip()]


def _plain(field: str, value: Any) -> Any:  # noqa: ANN401  # a value of any field
    if field in _LISTS:
        return [part for one in value or () for part in _parts(field, one)]
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, StrEnum) else value

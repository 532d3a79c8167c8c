"""One line of a list of rights: what is kept, noted or refused, and the way out."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from services.ipr.right.rules.right import RightDraft, RightTerms
from services.ipr.right.rules.right_kind import RightKind, display_number, normalise_number
from services.ipr.right.rules.right_list import EVIDENCE_LEVEL_ZH, FORM
from services.ipr.right.rules.right_owner import OwnerPart, equal_shares
from services.ipr.right.rules.right_status import LegalStatus
from services.ipr.right.rules.right_words import KINDS_BY_WORD, STATUSES_BY_WORD
from shared.kernel import uscc as codes
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.fold import fold_code
from shared.kernel.percent import read_percent
from shared.table.cells import Cells
from shared.table.finding import FindingKind, RowFinding, RowGravity, finding, from_refusal, is_refused
from shared.table.kinds import CODE_FOLDED
from shared.table.read import (
    code_folded,
    folded_code,
    invalid_cells,
    missing_or_invalid,
    read_choice,
    read_code,
    read_day,
)
from shared.table.row import ReadLine
from shared.table.word import folded_word, words_of

OWNER_CODE_DOUBTFUL = FindingKind(
    "import_owner_code_doubtful",
    RowGravity.FLAGGED,
    "权利人代码校验位不符，已登记并待复核：{uscc}",
    "The check character of the owner's code does not agree; kept, to be reviewed: {uscc}",
    "请核对权利人的统一社会信用代码。",
    "Check the owner's unified social credit code.",
)
FACTS_DIFFER = FindingKind(
    "import_facts_differ",
    RowGravity.REFUSED,
    "与已登记的权利不一致（{fields_zh}），导入不会改写",
    "It differs from the recorded right ({fields_en}); an import never overwrites",
    "请凭证据办理转移、更正或核验。",
    "Transfer, correct or attest the right on evidence.",
)
STATUS_UNKNOWN = FindingKind(
    "status_unknown",
    RowGravity.REFUSED,
    "法律状态“{word}”不能确定对应哪一种状态",
    "The legal status {word} cannot be told",
    "请改写为模板所列的状态，如 授权、未缴年费终止。",
    "Write a status of the template, such as GRANTED or LAPSED_FEE.",
)
KINDS: tuple[FindingKind, ...] = (OWNER_CODE_DOUBTFUL, FACTS_DIFFER, STATUS_UNKNOWN)
"""Findings of this list alone."""

_DAYS = ("status_effective_on", "filed_on", "published_on", "granted_on", "stated_ends_on")
_DIFFERING = ("title", *_DAYS[1:])
_LEVELS = words_of(EvidenceLevel) | {folded_word(word): one for one, word in EVIDENCE_LEVEL_ZH.items()}
_OWNER = re.compile(r"(?P<uscc>[0-9A-Z]{18})(?::(?P<share>\d{1,3}(?:\.\d{1,4})?)%?)?")
_OWNERS_APART = re.compile(r"[;,、/\n；，]")
_LONGEST_PART = 40
_PPM_PER_PERCENT = 10_000
_FIELDS_OF_EVIDENCE = {"level": "evidence_level", "issued_on": "evidence_on", "official_no": "evidence_no"}
_FIELDS_OF_POINTERS = {
    **_FIELDS_OF_EVIDENCE,
    "to_status": "legal_status",
    "effective_on": "status_effective_on",
    "evidence": "evidence_no",
}


@dataclass(frozen=True, slots=True)
class RightLine:
    """What one line says of a right.

    Attributes:
        terms: kind, number, title and days; its number as it is kept.
        owners: who owns it, and how much of it.
        legal_status: its status.
        draft: the right as it would be entered, None without evidence: then the line can only say what is recorded.
    """

    number: str
    terms: RightTerms
    owners: tuple[OwnerPart, ...]
    legal_status: LegalStatus
    draft: RightDraft | None


def read_line(cells: Cells, today: date) -> ReadLine[RightLine]:
    """Read one line of a list of rights.

    A cell that cannot be read refuses the line with column, value and way out; an owner's code whose check character
    does not agree is kept and flagged, since official lists hold such codes. Evidence is asked for where something
    would change, not where a line says what is recorded.

    Source: I-IMPORT-01 (docs/rules/ipr.md).
    """
    del today
    values, findings = _values(cells)
    evidence, evidence_findings = _evidence(cells)
    findings += evidence_findings
    if is_refused(findings):
        return ReadLine(None, None, tuple(findings))
    try:
        owners = values["owners"]
        if evidence is None:
            draft = None
            terms = RightTerms.model_validate({name: values.get(name) for name in ("kind", "right_no", *_DIFFERING)})
        else:
            terms = draft = RightDraft.model_validate({**values, "evidence": evidence})
    except ValidationError as problem:
        return ReadLine(None, None, (*findings, *invalid_cells(cells, problem, FORM, _field)))
    findings += _doubtful(owners, cells.column("owners"))
    try:
        number = normalise_number(terms.kind, terms.right_no)
    except Refusal as refusal:
        return ReadLine(None, None, (*findings, refused_by(refusal, cells)))
    findings += _number_folded(cells, terms.kind, values["right_no"], number)
    line = RightLine(number, terms, tuple(owners), values["legal_status"], draft)
    return ReadLine(f"{terms.kind.value}/{number}", line, tuple(findings))


def owners_of(text: str) -> list[OwnerPart] | None:
    """Return the owners that a cell names, or None where it cannot be read; without shares they hold equal ones.

    Source: I-IMPORT-02 (docs/rules/ipr.md).
    """
    apart = _OWNERS_APART.split(unicodedata.normalize("NFKC", text))
    parts = [folded_code(part) for part in apart if part.strip()]
    matches = [_OWNER.fullmatch(part) for part in parts]
    read = [match for match in matches if match is not None]
    if not read or len(read) != len(parts) or not all(codes.is_well_formed(match["uscc"]) for match in read):
        return None
    shares = [match["share"] for match in read]
    if all(share is None for share in shares):
        return equal_shares([match["uscc"] for match in read])
    parsed = [read_percent(share) or 0 if share else 0 for share in shares]
    if any(not 0 < share <= 100 * _PPM_PER_PERCENT for share in parsed):
        return None
    return [OwnerPart(uscc=match["uscc"], share_ppm=share) for match, share in zip(read, parsed, strict=True)]


def differing(recorded: Mapping[str, object], said: RightTerms) -> list[str]:
    """Return the fields in which a line differs from the right that is recorded; empty cells say nothing.

    Source: I-IMPORT-03 (docs/rules/ipr.md).
    """
    told: dict[str, object] = {name: getattr(said, name) for name in _DIFFERING}
    return sorted(name for name, value in told.items() if value is not None and value != recorded.get(name))


def facts_differ(fields: Sequence[str], cells: Cells) -> RowFinding:
    """Return the finding on a line that would change what only evidence changes.

    Source: I-IMPORT-03 (docs/rules/ipr.md).
    """
    columns = [FORM.column(field) for field in fields]
    return finding(
        FACTS_DIFFER,
        cells.column(fields[0]),
        cells.raw(fields[0]),
        group=fields[0],
        fields_zh="、".join(column.title_zh for column in columns),
        fields_en=", ".join(column.title_en for column in columns),
    ).labelled(columns[0].title_zh, columns[0].title_en)


def evidence_missing(cells: Cells) -> tuple[RowFinding, ...]:
    """Return the findings on a line that would change something and names no evidence.

    Source: I-IMPORT-04 (docs/rules/ipr.md).
    """
    return tuple(
        missing_or_invalid(cells, field, FORM) for field in ("evidence_no", "evidence_on") if cells.text(field) is None
    )


def refused_by(refusal: Refusal, cells: Cells) -> RowFinding:
    """Return the refusal of a rule as a finding on the column that its pointer names, under the file's own heading.

    Source: I-IMPORT-05 (docs/rules/ipr.md).
    """
    parts = (refusal.pointer or "/right_no").split("/")[1:]
    name = parts[-1] if parts[0] == "evidence" else parts[0]
    field = _FIELDS_OF_POINTERS.get(name, name)
    return from_refusal(refusal, cells.column(field), cells.raw(field))


def _values(cells: Cells) -> tuple[dict[str, Any], list[RowFinding]]:
    """Return the facts that a line names, and what is wrong with them."""
    number, findings = read_code(cells, "right_no")
    days: dict[str, date | None] = {}
    for field in _DAYS:
        days[field], found = read_day(cells, field)
        findings += found
    values: dict[str, Any] = {
        "kind": read_choice(cells, "kind", KINDS_BY_WORD),
        "right_no": number,
        "title": cells.text("title"),
        "owners": owners_of(cells.text("owners") or ""),
        "legal_status": read_choice(cells, "legal_status", STATUSES_BY_WORD),
        **days,
    }
    word = cells.text("legal_status")
    if values["legal_status"] is None and word is not None:
        findings.append(finding(STATUS_UNKNOWN, cells.column("legal_status"), word, group=word[:40], word=word[:40]))
    needed = ("kind", "right_no", "title", "owners", *(() if word else ("legal_status",)))
    findings += [missing_or_invalid(cells, field, FORM) for field in needed if not values[field]]
    if values["owners"]:
        findings += _owners_folded(cells)
    return values, findings


def _owners_folded(cells: Cells) -> list[RowFinding]:
    """Return what was folded in the codes of owners, once for the cell."""
    text = cells.raw("owners")
    parts = [fold_code(part) for part in _OWNERS_APART.split(text) if len(part) <= _LONGEST_PART]
    foldings = dict.fromkeys(folding for part in parts for folding in part.foldings)
    if not foldings:
        return []
    return [code_folded(cells.column("owners"), text, ";".join(part.text for part in parts), tuple(foldings))]


def _number_folded(cells: Cells, kind: RightKind, written: str, number: str) -> list[RowFinding]:
    """Return what was taken from a number beside what any code may have: its prefix; with and without dot are both."""
    if written in {number, display_number(kind, number)}:
        return []
    value = f"{cells.raw('right_no')} → {number}"
    zh, en = "去掉了号码的前缀和标点", "the prefix and the marks of the number were taken out"
    told = finding(CODE_FOLDED, cells.column("right_no"), value, group="PREFIX", how_zh=zh, how_en=en)
    return [told.labelled(zh, en)]


def _evidence(cells: Cells) -> tuple[dict[str, Any] | None, list[RowFinding]]:
    """Return the evidence that a line names, None without a number and a day of it."""
    number, (day, findings) = cells.text("evidence_no"), read_day(cells, "evidence_on")
    level = read_choice(cells, "evidence_level", _LEVELS) or EvidenceLevel.DOCUMENT
    if cells.text("evidence_level") is not None and read_choice(cells, "evidence_level", _LEVELS) is None:
        findings.append(missing_or_invalid(cells, "evidence_level", FORM))
    if number is None or day is None:
        return None, findings
    return {"level": level, "issued_on": day, "official_no": number}, findings


def _field(place: tuple[int | str, ...]) -> str:
    first = str(place[0]) if place else "right_no"
    fields = {column.field for column in FORM.columns}
    if first != "evidence":
        return first if first in fields else "right_no"
    return _FIELDS_OF_EVIDENCE.get(str(place[1]) if len(place) > 1 else "", "evidence_no")


def _doubtful(owners: Sequence[OwnerPart], column: str) -> list[RowFinding]:
    return [
        finding(OWNER_CODE_DOUBTFUL, column, owner.uscc, uscc=owner.uscc)
        for owner in owners
        if not codes.is_valid(owner.uscc)
    ]


def is_said(recorded: LegalStatus, said: LegalStatus) -> bool:
    """Tell whether a list's status is the recorded one; the register goes on calling a restored right granted.

    Source: I-IMPORT-03 (docs/rules/ipr.md).
    """
    return said is recorded or (said is LegalStatus.GRANTED and recorded is LegalStatus.RESTORED)

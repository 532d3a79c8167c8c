"""One line of an enterprise list: what is kept, flagged or refused, and why."""

import hashlib
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from services.registry.enterprise.rules.enterprise import (
    FOUNDED_IN_FUTURE,
    EnterpriseTerms,
    FounderType,
    LegalForm,
    is_legal_person,
)
from services.registry.enterprise.rules.enterprise_list import FORM, FOUNDER_TYPE_ZH
from services.registry.enterprise.rules.import_findings import (
    CODE_CHECK_FAILED,
    CODE_MALFORMED,
    CODE_NOT_COMPANY,
    NO_LEGAL_PERSON,
    UNIT_AREA_MOVED,
    UNIT_MAPPED,
    UNIT_SUCCEEDED,
    UNIT_UNKNOWN,
)
from services.registry.enterprise.rules.legal_form import legal_form_in_name, legal_form_of
from shared.kernel import uscc as codes
from shared.kernel.key_field import KeyField
from shared.kernel.unit import find_unit, moved_town, unit_on
from shared.table.cells import Cells
from shared.table.finding import RowFinding, finding, is_refused, kind_of
from shared.table.kinds import CELL_IGNORED, ROW_DAMAGED
from shared.table.read import code_elsewhere, first_of, invalid_cells, read_choice, read_code, read_day, read_money
from shared.table.row import ReadLine
from shared.table.word import folded_word, words_of

TABLE_ON = date(2023, 6, 30)
"""Day of the table of GB/T 2260 codes that lists of districts are held against."""
_REPLACEMENT = "\ufffd"
_KEY_FIELDS = words_of(KeyField)
_FOUNDERS = words_of(FounderType) | {folded_word(word): one for one, word in FOUNDER_TYPE_ZH.items()}


@dataclass(frozen=True, slots=True)
class EnterpriseLine:
    """What one line says of an enterprise; `sha256` identifies its content."""

    terms: EnterpriseTerms
    sha256: str


def read_line(cells: Cells, today: date) -> ReadLine[EnterpriseLine]:
    """Judge one line of an enterprise list.

    Refused: damaged lines, codes that are not a company's, districts that no unit answers to, dates and cells that
    cannot be read where a decision hangs on them. Kept and flagged: a wrong check character, types without legal
    personality, districts mapped by the dated unit table, addresses in a town that went to another unit. Kept and
    noted: abolished districts with a successor, amounts that are not known. Every finding is reported, also on a line
    that is refused for another one.

    Args:
        cells: the line.
        today: the business date that decides on units.

    Source: R-IMP-03 (design; GB 32100-2015; GB/T 2260 of 2023-06-30 with later changes).
    """
    code, findings = read_code(cells, "uscc")
    if code_elsewhere(cells, "uscc") and not cells.is_damaged:
        shifted = {"why_zh": "各列错位，代码在别的列", "why_en": "its columns are shifted: the code stands in another"}
        findings.append(finding(ROW_DAMAGED, cells.column("uscc"), cells.raw("uscc"), **shifted))
    elif not cells.is_damaged:
        findings += _code_findings(cells.column("uscc"), code)
    form, form_findings = _legal_form(cells)
    unit_id, unit_findings = _unit(cells, today)
    findings += form_findings + unit_findings
    values, cell_findings = _values(cells, today)
    findings += cell_findings + _area(cells, unit_id, today)
    if is_refused(findings) or cells.is_damaged:
        return ReadLine(None, None, tuple(findings))
    try:
        terms = EnterpriseTerms.model_validate({**values, "uscc": code, "unit_id": unit_id, "legal_form": form})
    except ValidationError as problem:
        findings += invalid_cells(cells, problem, FORM, first_of)
        return ReadLine(None, None, tuple(findings))
    sha256 = hashlib.sha256(cells.said().encode("utf-8", "surrogatepass")).hexdigest()
    return ReadLine(code, EnterpriseLine(terms, sha256), tuple(findings))


def _code_findings(column: str, code: str) -> list[RowFinding]:
    if not codes.is_well_formed(code):
        return [finding(CODE_MALFORMED, column, code)]
    if codes.classify(code) is not codes.SubjectKind.ENTERPRISE:
        return [finding(CODE_NOT_COMPANY, column, code, group=code[:2])]
    return [] if codes.is_valid(code) else [finding(CODE_CHECK_FAILED, column, code)]


def _legal_form(cells: Cells) -> tuple[LegalForm, list[RowFinding]]:
    """Return the legal form by the type, or by the name where the type says nothing."""
    text, field = cells.text("legal_form"), "legal_form"
    form = None if text is None else legal_form_of(text)
    told = FORM.column("legal_form")
    if text is not None and form is None:
        words = {"expected_zh": told.meaning_zh, "expected_en": told.meaning_en}
        return LegalForm.UNKNOWN, [finding(CELL_IGNORED, cells.column(field), text, **words)]
    if form in {None, LegalForm.UNKNOWN}:
        form, field = legal_form_in_name(cells.raw("name")), "name"
    if form is None:
        return LegalForm.UNKNOWN, []
    if is_legal_person(form):
        return form, []
    return form, [finding(NO_LEGAL_PERSON, cells.column(field), cells.raw(field), group=form)]


def _unit(cells: Cells, today: date) -> tuple[str | None, list[RowFinding]]:
    column, shown = cells.column("unit_id"), cells.raw("unit_id")
    text = cells.text("unit_id") or ""
    group = "damaged" if _REPLACEMENT in shown else shown or "N/A"
    match = find_unit(text, today)
    if match.unit is None:
        return None, [finding(UNIT_UNKNOWN, column, shown, group=group)]
    if match.by_own_name:
        return match.unit.unit_id, []
    value = f"{shown} → {match.unit.name_zh} {match.unit.unit_id}"
    kind = UNIT_SUCCEEDED if find_unit(text, TABLE_ON).by_own_name else UNIT_MAPPED
    return match.unit.unit_id, [finding(kind, column, value, group=group)]


def _area(cells: Cells, unit_id: str | None, today: date) -> list[RowFinding]:
    """Return a finding where the address names a town that went to another unit."""
    address = cells.text("address")
    moved = None if address is None or unit_id is None else moved_town(address, unit_id)
    if moved is None:
        return []
    town, other = moved
    unit = unit_on(other, today)
    if unit is None:
        return []
    told = {"town": town, "unit_zh": unit.name_zh, "unit_en": unit.name_en}
    return [finding(UNIT_AREA_MOVED, cells.column("address"), address, group=town, **told)]


def _values(cells: Cells, today: date) -> tuple[dict[str, object], list[RowFinding]]:
    """Return the cells that need no other cell, by field, with what was found on them."""
    founded_on, findings = read_day(cells, "founded_on")
    if founded_on is not None and founded_on > today:
        column = cells.column("founded_on")
        findings.append(finding(kind_of(FOUNDED_IN_FUTURE), column, cells.raw("founded_on")))
    capital, capital_findings = read_money(cells, "registered_capital_fen")
    industry, industry_findings = read_code(cells, "industry_code")
    key_field = read_choice(cells, "key_field", _KEY_FIELDS)
    founder = read_choice(cells, "founder_type", _FOUNDERS)
    values: dict[str, object] = {
        "name": cells.text("name") or "",
        "founded_on": founded_on,
        "registered_capital_fen": None if capital is None else capital.fen,
        "address": cells.text("address"),
        "industry_code": industry or None,
        "key_field": key_field or cells.text("key_field"),
        "founder_type": founder or cells.text("founder_type"),
    }
    return values, [*findings, *capital_findings, *industry_findings]

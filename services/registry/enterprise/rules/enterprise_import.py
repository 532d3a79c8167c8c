"""One line of an enterprise list: what is kept, flagged or refused, and why."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import ValidationError

from services.registry.enterprise.rules.enterprise import EnterpriseTerms, LegalForm, is_legal_person
from services.registry.enterprise.rules.import_report import (
    CELL_IGNORED,
    CODE_CHECK_FAILED,
    CODE_MALFORMED,
    CODE_NOT_COMPANY,
    FIELD_INVALID,
    NO_LEGAL_PERSON,
    ROW_DAMAGED,
    UNIT_MAPPED,
    UNIT_SUCCEEDED,
    UNIT_UNKNOWN,
    RowFinding,
    finding,
    is_damaged,
    is_refused,
    known,
)
from shared.kernel import uscc as codes
from shared.kernel.unit import find_unit

COLUMNS = {
    "name": ("name", "企业名称", "名称"),
    "uscc": ("uscc", "统一社会信用代码", "信用代码"),
    "founded_on": ("registered_on", "founded_on", "成立日期", "注册日期"),
    "legal_form": ("company_type", "legal_form", "企业类型", "类型"),
    "capital": ("capital", "注册资本", "registered_capital"),
    "unit": ("district", "unit_id", "区县", "上报单位"),
    "address": ("address", "地址", "住所"),
    "industry_code": ("industry_code", "行业代码"),
    "key_field": ("key_field", "重点领域"),
    "founder_type": ("founder_type", "创办人类型"),
}
"""Names under which a list may carry each field."""

TABLE_ON = date(2023, 6, 30)
"""Day of the table of GB/T 2260 codes that lists of districts are held against."""
_REPLACEMENT = "\ufffd"

_FORMS = (
    ("分公司", LegalForm.BRANCH),
    ("分支机构", LegalForm.BRANCH),
    ("个人独资", LegalForm.SOLE_PROPRIETORSHIP),
    ("合伙", LegalForm.PARTNERSHIP),
    ("股份合作", LegalForm.STOCK_COOPERATIVE),
    ("股份有限", LegalForm.JOINT_STOCK),
    ("有限责任", LegalForm.LIMITED),
    ("有限公司", LegalForm.LIMITED),
    ("非公司企业法人", LegalForm.NON_COMPANY_LEGAL_PERSON),
    ("国有", LegalForm.STATE_OWNED),
    ("全民所有", LegalForm.STATE_OWNED),
    ("集体", LegalForm.COLLECTIVE),
)
_CAPITAL = re.compile(r"(?P<amount>\d{1,3}(?:,\d{3})*(?:\.\d+)?|\d+(?:\.\d+)?)\s*\(?(?P<unit>[^()]*)\)?")
_WAN_YUAN = frozenset({"万", "万元", "万人民币元", "万元人民币", "万人民币", "万(人民币)"})
_YUAN = frozenset({"元", "人民币元", "元人民币", "人民币"})
_FEN_PER_WAN = 1_000_000
_LONGEST_AMOUNT = 40
_FEN_PER_YUAN = 100


@dataclass(frozen=True, slots=True)
class EnterpriseRow:
    """What one line says: `terms` is None where it is refused; `sha256` identifies its content."""

    uscc: str
    terms: EnterpriseTerms | None
    findings: tuple[RowFinding, ...]
    sha256: str


def read_row(cells: Mapping[str, object], *, broken: bool, today: date) -> EnterpriseRow:
    """Judge one line of an enterprise list.

    Refused: damaged lines, codes that are not a company's, districts that no unit answers to, invalid cells. Kept and
    flagged: a wrong check character, types without legal personality, districts mapped by the dated unit table. Kept
    and noted: abolished districts with a successor, cells that could not be read. Every finding is reported, also on a
    line that is refused for another one.

    Args:
        cells: header → text.
        broken: the table reader found the line damaged.
        today: the business date that decides on units.

    Source: R-IMP-03 (design; GB 32100-2015; GB/T 2260 of 2023-06-30 with later changes).
    """
    named = {field: _first(cells, names) for field, names in COLUMNS.items()}
    code_column, code = named["uscc"][0], (named["uscc"][1] or "").upper()
    findings: list[RowFinding] = []
    if broken or is_damaged(cells, code):
        findings.append(finding(ROW_DAMAGED, code_column, code))
    else:
        findings += _code_findings(code_column, code)
    form, form_findings = _legal_form(*named["legal_form"])
    unit_id, unit_findings = _unit(*named["unit"], cells.get(named["unit"][0]), today)
    findings += form_findings + unit_findings
    sha256 = hashlib.sha256(
        "\x1f".join(f"{name}={cells[name]}" for name in sorted(cells)).encode("utf-8", "surrogatepass")
    ).hexdigest()
    if is_refused(findings) or unit_id is None:
        return EnterpriseRow(code, None, tuple(findings), sha256)
    terms, cell_findings = _terms(named, code, form, unit_id, today)
    return EnterpriseRow(code, terms, (*findings, *cell_findings), sha256)


def capital_fen(text: str) -> int | None:
    """Return registered capital in fen, or None where it is in another currency or cannot be read.

    Source: R-IMP-04 (design: no exchange rate is guessed).
    """
    match = _CAPITAL.fullmatch(text.strip().replace("（", "(").replace("）", ")"))
    if match is None or len(text) > _LONGEST_AMOUNT:
        return None
    scale = _FEN_PER_WAN if match["unit"] in _WAN_YUAN else _FEN_PER_YUAN if match["unit"] in _YUAN else None
    if scale is None:
        return None
    fen = Decimal(match["amount"].replace(",", "")) * scale
    return int(fen) if fen == fen.to_integral_value() else None


def legal_form_of(text: str) -> LegalForm | None:
    """Return the legal form a list names, or None where the words are not known.

    Source: R-IMP-05 (市场主体登记管理条例 第二条).
    """
    if text.upper() in LegalForm.__members__:
        return LegalForm[text.upper()]
    return next((form for word, form in _FORMS if word in text), None)


def _first(cells: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, str | None]:
    column = next((name for name in names if name in cells), names[0])
    return column, known(cells, column)


def _code_findings(column: str, code: str) -> list[RowFinding]:
    if not codes.is_well_formed(code):
        return [finding(CODE_MALFORMED, column, code)]
    if codes.classify(code) is not codes.SubjectKind.ENTERPRISE:
        return [finding(CODE_NOT_COMPANY, column, code, group=code[:2])]
    return [] if codes.is_valid(code) else [finding(CODE_CHECK_FAILED, column, code)]


def _legal_form(column: str, text: str | None) -> tuple[LegalForm, list[RowFinding]]:
    if text is None:
        return LegalForm.UNKNOWN, []
    form = legal_form_of(text)
    if form is None:
        return LegalForm.UNKNOWN, [finding(CELL_IGNORED, column, text)]
    return form, [] if is_legal_person(form) else [finding(NO_LEGAL_PERSON, column, text, group=form.value)]


def _unit(column: str, text: str | None, raw: object, today: date) -> tuple[str | None, list[RowFinding]]:
    shown = "" if raw is None else str(raw).strip()
    group = "damaged" if _REPLACEMENT in shown else shown or "N/A"
    match = find_unit(text or "", today)
    if match.unit is None:
        return None, [finding(UNIT_UNKNOWN, column, shown, group=group)]
    value = f"{shown} → {match.unit.name_zh} {match.unit.unit_id}"
    if not find_unit(text or "", TABLE_ON).by_own_name and not match.by_own_name:
        return match.unit.unit_id, [finding(UNIT_MAPPED, column, value, group=group)]
    if not match.by_own_name:
        return match.unit.unit_id, [finding(UNIT_SUCCEEDED, column, value, group=group)]
    return match.unit.unit_id, []


def _terms(
    named: Mapping[str, tuple[str, str | None]], code: str, form: LegalForm, unit_id: str, today: date
) -> tuple[EnterpriseTerms | None, list[RowFinding]]:
    findings = []
    founded_on = None
    column, text = named["founded_on"]
    if text is not None:
        founded_on = _date(text)
        if founded_on is None or founded_on > today:
            founded_on = None
            findings.append(finding(CELL_IGNORED, column, text))
    capital = None
    column, text = named["capital"]
    if text is not None:
        capital = capital_fen(text)
        if capital is None:
            findings.append(finding(CELL_IGNORED, column, text))
    values = {
        "uscc": code,
        "name": named["name"][1] or "",
        "unit_id": unit_id,
        "legal_form": form,
        "founded_on": founded_on,
        "registered_capital_fen": capital,
        **{field: named[field][1] for field in ("address", "industry_code", "key_field", "founder_type")},
    }
    try:
        return EnterpriseTerms.model_validate(values), findings
    except ValidationError as problem:
        fields = dict.fromkeys(str(error["loc"][0]) for error in problem.errors() if error["loc"])
        findings += [
            finding(FIELD_INVALID, named[field][0] if field in named else field, values.get(field)) for field in fields
        ]
        return None, findings


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-")[:10])
    except ValueError:
        return None

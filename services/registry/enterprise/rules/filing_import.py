"""One line of a list of annual filings."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError

from services.registry.enterprise.rules.filing import FilingFinding, FilingTerms, Gravity
from services.registry.enterprise.rules.import_report import (
    CODE_MALFORMED,
    FIELD_INVALID,
    FILING_REFUSED,
    ROW_DAMAGED,
    RowFinding,
    finding,
    is_damaged,
    known,
)
from shared.kernel import uscc as codes

_NAMES = {
    "staff": ("staff", "职工总数"),
    "science_staff": ("science_staff", "科技人员"),
    "rd_staff": ("rd_staff", "研发人员"),
    "senior_title_staff": ("senior_title_staff", "高级职称人员"),
    "innovative_products": ("innovative_products", "创新产品"),
    "revenue_fen": ("revenue", "营业收入"),
    "cost_expense_fen": ("cost_expense", "成本费用支出"),
    "assets_fen": ("assets", "资产总额"),
    "rd_expense_fen": ("rd_expense", "研发费用"),
    "super_deduction_fen": ("super_deduction", "加计扣除"),
}
_MONEY_SCALES = (("_fen", 1), ("_yuan", 100), ("（元）", 100), ("（万元）", 1_000_000), ("_wan", 1_000_000))
_MOST_DIGITS = 30
_OPTIONAL = frozenset({"super_deduction_fen", "innovative_products"})
_KEY_NAMES = {"uscc": ("uscc", "统一社会信用代码"), "year": ("year", "年度")}


@dataclass(frozen=True, slots=True)
class FilingRow:
    """What one line says: `terms` is None where it is refused; `columns` names the column of each field."""

    uscc: str
    year: int | None
    terms: FilingTerms | None
    findings: tuple[RowFinding, ...]
    columns: Mapping[str, str]


def read_row(cells: Mapping[str, object], *, broken: bool) -> FilingRow:
    """Read one line of a list of filings; amounts may be in fen, yuan or ten thousand yuan, as the header says.

    Source: R-IMP-06 (design: amounts become whole fen exactly or the cell is refused).
    """
    code_column = next((name for name in _KEY_NAMES["uscc"] if name in cells), "uscc")
    code = (known(cells, code_column) or "").upper()
    if broken or is_damaged(cells, code):
        return FilingRow(code, None, None, (finding(ROW_DAMAGED, code_column, code),), {})
    findings = [] if codes.is_well_formed(code) else [finding(CODE_MALFORMED, code_column, code)]
    year_column = next((name for name in _KEY_NAMES["year"] if name in cells), "year")
    year = _whole(known(cells, year_column), 1)
    if year is None:
        findings.append(finding(FIELD_INVALID, year_column, cells.get(year_column)))
    values: dict[str, int | None] = {}
    columns: dict[str, str] = {}
    for field, names in _NAMES.items():
        column, scale = _column(cells, field, names)
        columns[field] = column
        text = known(cells, column)
        if text is None and field in _OPTIONAL:
            continue
        value = _whole(text, scale)
        if value is None:
            findings.append(finding(FIELD_INVALID, column, cells.get(column)))
        values[field] = value
    if findings:
        return FilingRow(code, year, None, tuple(findings), columns)
    return _validated(code, year, values, columns)


def as_row_findings(found: tuple[FilingFinding, ...], row: FilingRow) -> tuple[RowFinding, ...]:
    """Return what the formal checks refuse, as findings on the line's columns.

    Source: R-IMP-07 (design: an import passes the same checks as the form).
    """
    refusing = [one for one in found if one.gravity is Gravity.REFUSES]
    return tuple(
        finding(FILING_REFUSED, row.columns.get(one.pointer.lstrip("/"), one.pointer.lstrip("/")), one.text_zh)
        for one in refusing
    )


def _validated(code: str, year: int | None, values: Mapping[str, int | None], columns: Mapping[str, str]) -> FilingRow:
    try:
        return FilingRow(code, year, FilingTerms.model_validate(values), (), columns)
    except ValidationError as problem:
        fields = dict.fromkeys(str(error["loc"][0]) for error in problem.errors() if error["loc"])
        wrong = tuple(finding(FIELD_INVALID, columns.get(field, field), values.get(field)) for field in fields)
        return FilingRow(code, year, None, wrong, columns)


def _column(cells: Mapping[str, object], field: str, names: tuple[str, ...]) -> tuple[str, int]:
    if not field.endswith("_fen"):
        return next((name for name in names if name in cells), names[0]), 1
    for name in names:
        for suffix, scale in _MONEY_SCALES:
            if name + suffix in cells:
                return name + suffix, scale
    return field, 1


def _whole(text: str | None, scale: int) -> int | None:
    """Return the number as a whole of the smallest unit, or None; nothing is rounded."""
    if text is None:
        return None
    try:
        number = Decimal(text.replace(",", "").replace("，", "")) * scale
        if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
            return None
        return int(number) if number == number.to_integral_value() else None
    except ArithmeticError:
        return None

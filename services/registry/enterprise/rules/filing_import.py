"""One line of a list of annual filings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from services.registry.enterprise.rules.filing import FilingFinding, FilingTerms, Gravity
from services.registry.enterprise.rules.import_findings import CODE_MALFORMED, FILING_REFUSED, UNIT_UNCONFIRMED
from shared.kernel import uscc as codes
from shared.table.amount import read_amount
from shared.table.cells import Cells
from shared.table.column import ColumnKind, ListForm, TableColumn
from shared.table.finding import RowFinding, finding
from shared.table.kinds import ROW_DAMAGED
from shared.table.read import (
    code_elsewhere,
    first_of,
    invalid_cells,
    missing_or_invalid,
    read_choice,
    read_code,
    read_whole,
    whole_number,
)
from shared.table.row import ReadLine
from shared.table.word import folded_word

_PERSONS = ("人", "名")
_MEASURES = {"year": ("年度", "年"), "innovative_products": ("项", "个", "件")}


def _count(
    field: str, zh: str, en: str, example: str, *, required: bool = True, names: tuple[str, ...] = ()
) -> TableColumn:
    meaning_zh, meaning_en = "人数或个数，整数" if field != "year" else "年度，如 2025", "A whole number"
    return TableColumn(
        field,
        zh,
        en,
        meaning_zh,
        meaning_en,
        example,
        kind=ColumnKind.WHOLE,
        required=required,
        names=names,
        measures=_MEASURES.get(field, _PERSONS),
    )


def _money(field: str, zh: str, en: str, example: str, *, required: bool = True) -> TableColumn:
    return TableColumn(
        field,
        zh,
        en,
        "金额；表头写明单位，如 （万元）",
        "An amount; the heading names the unit, such as （万元）",
        example,
        kind=ColumnKind.AMOUNT,
        required=required,
    )


FORM = ListForm(
    name="filings",
    operation="import_filings",
    title_zh="年度数据",
    title_en="Annual filings",
    key="uscc",
    columns=(
        TableColumn(
            "uscc",
            "统一社会信用代码",
            "code",
            "已登记企业的18位代码",
            "The code of a registered enterprise",
            "91500107MADEMQX01Y",
            kind=ColumnKind.CODE,
            required=True,
            names=("信用代码", "社会信用代码", "企业代码"),
        ),
        _count("year", "年度", "year", "2025", names=("填报年度", "所属年度")),
        _count("staff", "职工总数", "staff", "100", names=("从业人员", "职工人数")),
        _count("science_staff", "科技人员", "science staff", "30", names=("科技人员数",)),
        _count("rd_staff", "研发人员", "R&D staff", "20", names=("研发人员数",)),
        _count("senior_title_staff", "高级职称人员", "staff with senior titles", "2"),
        _money("revenue_fen", "营业收入", "revenue", "50000000元"),
        _money("cost_expense_fen", "成本费用支出", "costs and expenses", "40000000元"),
        _money("assets_fen", "资产总额", "assets", "60000000元"),
        _money("rd_expense_fen", "研发费用", "R&D expense", "3000000元"),
        _money("super_deduction_fen", "加计扣除", "super-deduction", "3000000元", required=False),
        _count("innovative_products", "创新产品", "innovative products", "1", required=False),
        TableColumn(
            "unit_confirmed",
            "金额单位已核对",
            "unit confirmed",
            "金额与上年或人均相差悬殊而单位无误时填 是，否则留空",
            "YES where an amount is far from last year's and the unit is right, else nothing",
            "",
            kind=ColumnKind.CHOICE,
            choices=(("YES", "是"),),
        ),
    ),
)
"""The columns of a list of filings."""
_CONFIRMED = {folded_word(word): True for word in ("YES", "是", "true")}
_COUNTS = tuple(column.field for column in FORM.columns if column.kind is ColumnKind.WHOLE and column.field != "year")
_AMOUNTS = tuple(column.field for column in FORM.columns if column.kind is ColumnKind.AMOUNT)
_OPTIONAL = frozenset(column.field for column in FORM.columns if not column.required)


@dataclass(frozen=True, slots=True)
class FilingLine:
    """What one line says of a year of an enterprise."""

    uscc: str
    year: int
    terms: FilingTerms
    unit_confirmed: bool = False


def read_line(cells: Cells, today: date) -> ReadLine[FilingLine]:
    """Read one line of a list of filings; amounts may be in fen, yuan or ten thousand yuan, as heading or cell says.

    Source: R-IMP-06 (design: amounts become whole fen exactly or the cell is refused).
    """
    del today
    code, findings = read_code(cells, "uscc")
    if code_elsewhere(cells, "uscc"):
        shifted = {"why_zh": "各列错位，代码在别的列", "why_en": "its columns are shifted: the code stands in another"}
        return ReadLine(None, None, (finding(ROW_DAMAGED, cells.column("uscc"), cells.raw("uscc"), **shifted),))
    wrong: list[RowFinding] = []
    if not codes.is_well_formed(code):
        wrong.append(finding(CODE_MALFORMED, cells.column("uscc"), code))
    year = read_whole(cells, "year", FORM)
    if year is None:
        wrong.append(missing_or_invalid(cells, "year", FORM))
    values: dict[str, int | None] = {}
    for field in (*_COUNTS, *_AMOUNTS):
        if cells.text(field) is None and field in _OPTIONAL:
            continue
        values[field] = _fen(cells, field) if field in _AMOUNTS else read_whole(cells, field, FORM)
        if values[field] is None:
            wrong.append(missing_or_invalid(cells, field, FORM))
    if wrong or year is None:
        return ReadLine(None, None, (*findings, *wrong))
    return _validated(cells, code, year, values, findings)


def as_row_findings(
    found: tuple[FilingFinding, ...], cells: Cells, *, unit_confirmed: bool = False
) -> tuple[RowFinding, ...]:
    """Return what stops a line, as findings on its columns: what is refused, and what is asked and not confirmed.

    Source: R-IMP-07 (design: an import passes the same checks as the form).
    """
    kinds = {Gravity.REFUSES: FILING_REFUSED}
    if not unit_confirmed:
        kinds[Gravity.ASKS] = UNIT_UNCONFIRMED
    stopping = [(one.pointer.lstrip("/"), one) for one in found if one.gravity in kinds]
    return tuple(
        finding(
            kinds[one.gravity],
            cells.column(field),
            cells.raw(field),
            group=one.code,
            problem_zh=one.text_zh,
            problem_en=one.text_en,
        ).labelled(one.text_zh, one.text_en)
        for field, one in stopping
    )


def _validated(
    cells: Cells, code: str, year: int, values: Mapping[str, int | None], findings: list[RowFinding]
) -> ReadLine[FilingLine]:
    try:
        confirmed = read_choice(cells, "unit_confirmed", _CONFIRMED) or False
        line = FilingLine(code, year, FilingTerms.model_validate(values), confirmed)
    except ValidationError as problem:
        return ReadLine(None, None, (*findings, *invalid_cells(cells, problem, FORM, first_of)))
    return ReadLine(f"{code}/{year}", line, tuple(findings))


def _fen(cells: Cells, field: str) -> int | None:
    """Return an amount in fen: a bare number in the unit of the heading, else the unit that the cell names."""
    text = cells.text(field)
    if text is None:
        return None
    scale = cells.heading.scales.get(field)
    bare = None if scale is None else whole_number(text, scale)
    return bare if bare is not None else read_amount(text, scale).fen

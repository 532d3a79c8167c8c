"""What an import says of a line: the finding, how grave it is, and the way out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_LONGEST_VALUE = 100
_CODE_LENGTH = 18
MISSING_TEXTS = frozenset({"", "N/A", "n/a", "NA", "-", "—", "无", "null", "NULL"})
"""Texts by which lists say that they do not know."""


class RowGravity(StrEnum):
    """What a finding does to its line."""

    REFUSED = "REFUSED"
    FLAGGED = "FLAGGED"
    NOTED = "NOTED"


class RowOutcome(StrEnum):
    """What became of a line."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of finding with its texts in both languages."""

    code: str
    gravity: RowGravity
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


@dataclass(frozen=True, slots=True)
class RowFinding:
    """One finding on one line: which column, which value; `group` is what the summary counts by."""

    kind: FindingKind
    column: str
    value: str
    group: str = ""


ROW_DAMAGED = FindingKind(
    "row_damaged",
    RowGravity.REFUSED,
    "该行已损坏：含替换字符 U+FFFD，或各列错位",
    "The line is damaged: it holds U+FFFD or its columns are shifted",
    "请从来源系统重新导出该行",
    "Export this line again from its source",
)
CODE_MALFORMED = FindingKind(
    "code_malformed",
    RowGravity.REFUSED,
    "统一社会信用代码不是18位规定字符",
    "The code is not 18 characters of the alphabet of GB 32100-2015",
    "请按营业执照更正代码",
    "Correct the code from the business licence",
)
CODE_NOT_COMPANY = FindingKind(
    "code_not_company",
    RowGravity.REFUSED,
    "代码不是企业的统一社会信用代码（不以91开头）",
    "The code is not a company's: it does not begin with 91",
    "个体工商户、工会、事业单位不在本系统登记，请删除该行",
    "Individual businesses, unions and institutions are not registered here: remove the line",
)
CODE_CHECK_FAILED = FindingKind(
    "code_check_failed",
    RowGravity.FLAGGED,
    "代码校验位不符，已登记并待复核",
    "The check character does not agree: kept, to be reviewed",
    "请核对营业执照；确有此码的，由区县复核确认",
    "Check the licence; if the code is right, the district confirms it",
)
CODE_REPEATED = FindingKind(
    "row_repeated",
    RowGravity.REFUSED,
    "同一文件中前面已有相同主键的行",
    "An earlier line of this file has the same key",
    "请保留正确的一行",
    "Keep the line that is right",
)
NO_LEGAL_PERSON = FindingKind(
    "no_legal_person",
    RowGravity.FLAGGED,
    "该类型不具有法人资格，已登记，但不能申请科技型企业入库",
    "This type has no legal personality: kept, but it cannot enter the city's register",
    "请以其所属法人或改制后的企业申请",
    "Apply through the legal person it belongs to",
)
UNIT_MAPPED = FindingKind(
    "unit_mapped",
    RowGravity.FLAGGED,
    "区县不在2023-06-30的行政区划表中，已按单位沿革表归入现行单位",
    "The district is not in the table of 2023-06-30; the dated unit table maps it to a present unit",
    "请核对归属单位",
    "Check the unit",
)
UNIT_UNKNOWN = FindingKind(
    "unit_unknown",
    RowGravity.REFUSED,
    "无法识别区县，不能确定上报单位",
    "The district is not known, so the reporting unit cannot be told",
    "请填写41个上报单位之一，见 /v1/units",
    "Give one of the 41 reporting units, see /v1/units",
)
UNIT_SUCCEEDED = FindingKind(
    "unit_succeeded",
    RowGravity.NOTED,
    "该区县已撤销，已归入承接单位",
    "The district was abolished; the line goes to its successor",
    "请核对；划入其他单位的乡镇请改填该单位",
    "Check it: some towns went to another unit",
)
UNIT_NOT_YOURS = FindingKind(
    "unit_not_yours",
    RowGravity.REFUSED,
    "该企业属于其他区县",
    "The enterprise belongs to another unit",
    "请由其所属区县导入，或由市级调整归属",
    "Leave it to that unit, or ask the city to move it",
)
FIELD_INVALID = FindingKind(
    "cell_invalid",
    RowGravity.REFUSED,
    "单元格内容不符合要求",
    "The cell is not as required",
    "请按模板填写该列",
    "Fill the column as the template says",
)
CELL_IGNORED = FindingKind(
    "cell_ignored",
    RowGravity.NOTED,
    "该单元格无法识别，已按未知处理",
    "The cell could not be read and is taken as unknown",
    "如需登记，请更正后再次导入",
    "Correct it and import again if it matters",
)
ENTERPRISE_UNKNOWN = FindingKind(
    "enterprise_unknown",
    RowGravity.REFUSED,
    "企业未登记，或不属于本单位",
    "The enterprise is not registered, or belongs to another unit",
    "请先登记企业",
    "Register the enterprise first",
)
FILING_REFUSED = FindingKind(
    "filing_refused",
    RowGravity.REFUSED,
    "年度数据未通过形式核对",
    "The filing does not pass its formal checks",
    "请按提示更正该列",
    "Correct the column as told",
)

KINDS = {
    kind.code: kind
    for kind in (
        ROW_DAMAGED,
        CODE_MALFORMED,
        CODE_NOT_COMPANY,
        CODE_CHECK_FAILED,
        CODE_REPEATED,
        NO_LEGAL_PERSON,
        UNIT_MAPPED,
        UNIT_UNKNOWN,
        UNIT_SUCCEEDED,
        UNIT_NOT_YOURS,
        FIELD_INVALID,
        CELL_IGNORED,
        ENTERPRISE_UNKNOWN,
        FILING_REFUSED,
    )
}


def finding(kind: FindingKind, column: str, value: object, *, group: str = "") -> RowFinding:
    """Return a finding whose value is short enough to be shown.

    Source: R-IMP-01 (design: a report names line, column and way out).
    """
    text = "" if value is None else str(value)
    # A NUL cannot be stored as text in PostgreSQL, and a lone surrogate cannot be sent.
    text = "".join("�" if mark == "\0" or "\ud800" <= mark <= "\udfff" else mark for mark in text)
    shown = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    return RowFinding(kind, column, shown, group)


def is_refused(findings: Iterable[RowFinding]) -> bool:
    """Tell whether a line is left out.

    Source: R-IMP-01 (design: good rows are kept).
    """
    return any(one.kind.gravity is RowGravity.REFUSED for one in findings)


def known(cells: Mapping[str, object], column: str) -> str | None:
    """Return the text of a cell, or None where it is missing or says that it is unknown.

    Source: R-IMP-01 (design: N/A is no value).
    """
    value = cells.get(column)
    text = "" if value is None else str(value).strip()
    return None if text in MISSING_TEXTS else text


def is_damaged(cells: Mapping[str, object], code: object) -> bool:
    """Tell whether a line was damaged before it came here: U+FFFD in it, or the code in another column.

    Source: R-IMP-02 (design: a damaged line is refused whole, since no cell of it can be trusted).
    """
    texts = [str(value) for value in cells.values() if value is not None]
    if any("�" in text for text in texts):
        return True
    return not looks_like_code(str(code or "")) and any(looks_like_code(text) for text in texts)


def looks_like_code(text: str) -> bool:
    """Tell whether a text has the shape of a unified social credit code.

    Source: R-IMP-02 (GB 32100-2015).
    """
    code = text.strip()
    return len(code) == _CODE_LENGTH and code.isascii() and code.isalnum() and code[2:8].isdecimal()


def tally(counts: Mapping[str, Mapping[str, int]], findings: Iterable[RowFinding]) -> dict[str, dict[str, int]]:
    """Add findings to the counts by code and group.

    Source: R-IMP-01 (design: the report counts what it names).
    """
    added = {code: Counter(groups) for code, groups in counts.items()}
    for one in findings:
        added.setdefault(one.kind.code, Counter())[one.group] += 1
    return {code: dict(groups) for code, groups in added.items()}

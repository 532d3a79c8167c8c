"""One line of a list of rights: what is kept, noted or refused, and the way out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from services.ipr.right.rules.right import RightDraft
from services.ipr.right.rules.right_kind import KIND_ZH, RightKind
from services.ipr.right.rules.right_owner import OwnerPart, equal_shares
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel import uscc as codes
from shared.kernel.errors import Detail, RefusalCode

IMPORT_CELL_INVALID = RefusalCode(
    code="import_cell_invalid",
    status=422,
    title_zh="单元格内容不符合要求：{value}",
    title_en="The cell is not as required: {value}",
    way_out_zh="请按模板填写该列：{expected_zh}",
    way_out_en="Fill the column as the template says: {expected_en}",
)
IMPORT_COLUMN_MISSING = RefusalCode(
    code="import_column_missing",
    status=422,
    title_zh="缺少该列的内容",
    title_en="The column is missing or empty",
    way_out_zh="请补充：{expected_zh}",
    way_out_en="Fill it in: {expected_en}",
)
IMPORT_OWNER_CODE_DOUBTFUL = RefusalCode(
    code="import_owner_code_doubtful",
    status=422,
    title_zh="权利人代码校验位不符，已登记并待复核：{uscc}",
    title_en="The check character of the owner's code does not agree; kept, to be reviewed: {uscc}",
    way_out_zh="请核对权利人的统一社会信用代码。",
    way_out_en="Check the owner's unified social credit code.",
)
IMPORT_LINE_REPEATED = RefusalCode(
    code="import_line_repeated",
    status=409,
    title_zh="同一文件中第 {line} 行已有相同的权利",
    title_en="Line {line} of this file has the same right",
    way_out_zh="请保留正确的一行。",
    way_out_en="Keep the line that is right.",
)
IMPORT_FACTS_DIFFER = RefusalCode(
    code="import_facts_differ",
    status=409,
    title_zh="与已登记的权利不一致（{fields}），导入不会改写",
    title_en="It differs from the recorded right ({fields}); an import never overwrites",
    way_out_zh="请通过转移（:transfer）、更正（:correct）或核验（:attest）办理。",
    way_out_en="Use :transfer, :correct or :attest on the right.",
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "种类", "知识产权种类", "类型"),
    "right_no": ("right_no", "号码", "申请号", "专利号", "登记号"),
    "title": ("title", "名称", "专利名称"),
    "owners": ("owners", "权利人", "权利人代码"),
    "legal_status": ("legal_status", "法律状态", "状态"),
    "status_effective_on": ("status_effective_on", "状态生效日", "状态日期"),
    "filed_on": ("filed_on", "申请日"),
    "published_on": ("published_on", "公开日", "首次发表日"),
    "granted_on": ("granted_on", "授权日", "注册日", "授权公告日"),
    "stated_ends_on": ("stated_ends_on", "证书载明到期日"),
    "evidence_no": ("evidence_no", "证据文号", "证书号"),
    "evidence_on": ("evidence_on", "证据日期"),
    "evidence_level": ("evidence_level", "证据等级"),
}
"""Names under which a list may carry each field."""

EXPECTED: Mapping[str, tuple[str, str]] = {
    "kind": ("知识产权种类，如 发明专利", "a kind of right, such as INVENTION"),
    "right_no": ("证书上的号码", "the number on the certificate"),
    "title": ("1 至 200 个字", "1 to 200 characters"),
    "owners": (
        "统一社会信用代码，多个以分号分隔，可加份额，如 代码:60%",
        "codes by semicolon, with shares as code:60%",
    ),
    "legal_status": ("法律状态，如 授权", "a legal status, such as GRANTED"),
    "evidence_no": ("官方文号", "an official number"),
    "evidence_on": ("日期，如 2025-03-01", "a date, such as 2025-03-01"),
    "evidence_level": (
        "DECLARED、DOCUMENT、ATTESTED 或 AUTHORITY_FEED",
        "DECLARED, DOCUMENT, ATTESTED or AUTHORITY_FEED",
    ),
}
_DATE_EXPECTED = ("日期，如 2025-03-01，或留空", "a date, such as 2025-03-01, or nothing")
_DATES = ("status_effective_on", "filed_on", "published_on", "granted_on", "stated_ends_on")

STATUS_ZH: Mapping[str, LegalStatus] = {
    "受理": LegalStatus.FILED,
    "公布": LegalStatus.PUBLISHED,
    "公开": LegalStatus.PUBLISHED,
    "实质审查的生效": LegalStatus.UNDER_EXAM,
    "实审": LegalStatus.UNDER_EXAM,
    "驳回": LegalStatus.REJECTED,
    "撤回": LegalStatus.WITHDRAWN,
    "视为撤回": LegalStatus.DEEMED_WITHDRAWN,
    "视为放弃取得专利权": LegalStatus.DEEMED_ABANDONED,
    "授权": LegalStatus.GRANTED,
    "注册": LegalStatus.GRANTED,
    "登记": LegalStatus.GRANTED,
    "有效": LegalStatus.GRANTED,
    "未缴年费终止": LegalStatus.LAPSED_FEE,
    "有效期届满": LegalStatus.EXPIRED,
    "主动放弃": LegalStatus.ABANDONED,
    "无效决定": LegalStatus.INVALIDATION_DECIDED,
    "全部无效": LegalStatus.INVALID_FULL,
    "部分无效": LegalStatus.INVALID_PART,
    "恢复": LegalStatus.RESTORED,
}
"""How lists write the legal status in Chinese."""

_KIND_WORDS: Mapping[str, RightKind] = {
    **{word: kind for kind, word in KIND_ZH.items()},
    "发明": RightKind.INVENTION,
    "实用新型": RightKind.UTILITY_MODEL,
    "外观设计": RightKind.DESIGN,
    "软著": RightKind.SOFTWARE_COPYRIGHT,
    "计算机软件著作权": RightKind.SOFTWARE_COPYRIGHT,
    "商标": RightKind.TRADEMARK,
    "集成电路布图设计": RightKind.IC_LAYOUT,
}
_OWNER = re.compile(r"(?P<uscc>[0-9A-Z]{18})(?:[:：](?P<share>\d{1,3}(?:\.\d{1,4})?)%?)?")
_PPM_PER_PERCENT = 10_000
_PERCENT_PLACES = 4
_LONGEST_VALUE = 100


@dataclass(frozen=True, slots=True)
class LineFinding:
    """One finding on one line: which column, which value, and whether it keeps the line out."""

    code: RefusalCode
    column: str
    value: str
    refused: bool
    details: tuple[tuple[str, Detail], ...] = ()

    def texts(self) -> dict[str, str]:
        """Return the finding and its way out in both languages."""
        words = {name: "" if value is None else value for name, value in self.details}
        return {
            "text_zh": self.code.title_zh.format(**words),
            "text_en": self.code.title_en.format(**words),
            "way_out_zh": self.code.way_out_zh.format(**words),
            "way_out_en": self.code.way_out_en.format(**words),
        }


@dataclass(frozen=True, slots=True)
class ReadLine:
    """What one line says; `draft` is None where it is refused."""

    draft: RightDraft | None
    findings: tuple[LineFinding, ...]


def read_line(cells: Mapping[str, str]) -> ReadLine:
    """Read one line of a list of rights.

    A cell that cannot be read refuses the line with column, value and way out; an owner's code whose check character
    does not agree is kept and noted, since official lists hold such codes.

    Source: I-IMPORT-01 (docs/rules/ipr.md).
    """
    named = {field: _named(cells, names) for field, names in COLUMNS.items()}
    findings: list[LineFinding] = []
    values: dict[str, Any] = {
        "kind": _kind(named["kind"][1]),
        "right_no": named["right_no"][1],
        "title": named["title"][1],
        "owners": owners_of(named["owners"][1] or ""),
        "legal_status": _status(named["legal_status"][1]),
    }
    evidence: dict[str, Any] = {
        "level": (named["evidence_level"][1] or "DOCUMENT").upper(),
        "issued_on": _day(named["evidence_on"][1] or ""),
        "official_no": named["evidence_no"][1],
    }
    for field in _DATES:
        column, text = named[field]
        day = _day(text) if text else None
        if text and day is None:
            findings.append(_invalid(field, column, text))
        values[field] = day
    required: list[tuple[str, object]] = [
        *((field, values[field]) for field in ("kind", "right_no", "title", "owners", "legal_status")),
        ("evidence_no", evidence["official_no"]),
        ("evidence_on", evidence["issued_on"]),
    ]
    findings += [_required(field, *named[field]) for field, value in required if not value]
    if findings:
        return ReadLine(None, tuple(findings))
    try:
        draft = RightDraft.model_validate({**values, "evidence": evidence})
    except ValidationError as problem:
        return ReadLine(None, tuple(_from_validation(problem, named)))
    return ReadLine(draft, tuple(_doubtful(draft.owners, named["owners"][0])))


def owners_of(text: str) -> list[OwnerPart] | None:
    """Return the owners that a cell names, or None where it cannot be read; without shares they hold equal ones.

    Source: I-IMPORT-02 (docs/rules/ipr.md).
    """
    parts = [part.strip().upper() for part in re.split(r"[;；,，、\n]", text) if part.strip()]
    matches = [_OWNER.fullmatch(part) for part in parts]
    read = [match for match in matches if match is not None]
    if not read or len(read) != len(parts) or not all(codes.is_well_formed(match["uscc"]) for match in read):
        return None
    shares = [match["share"] for match in read]
    if all(share is None for share in shares):
        return equal_shares([match["uscc"] for match in read])
    parsed = [_percent_ppm(share) if share else 0 for share in shares]
    if any(not 0 < share <= 100 * _PPM_PER_PERCENT for share in parsed):
        return None
    return [OwnerPart(uscc=match["uscc"], share_ppm=share) for match, share in zip(read, parsed, strict=True)]


def differing(recorded: Mapping[str, object], draft: RightDraft) -> list[str]:
    """Return the fields in which a line differs from the right that is recorded; empty cells say nothing.

    Source: I-IMPORT-03 (docs/rules/ipr.md).
    """
    said: dict[str, object] = {name: getattr(draft, name) for name in ("title", *_DATES[1:])}
    return sorted(name for name, value in said.items() if value is not None and value != recorded.get(name))


def finding(code: RefusalCode, column: str, cell: object, **details: Detail) -> LineFinding:
    """Return a finding that refuses its line, with a value short enough to be shown and fit to be stored.

    Source: I-IMPORT-04 (docs/rules/ipr.md).
    """
    text = "" if cell is None else str(cell)
    text = "".join("\ufffd" if mark == "\0" or "\ud800" <= mark <= "\udfff" else mark for mark in text)
    return LineFinding(code, column, text[:_LONGEST_VALUE], refused=True, details=tuple(details.items()))


def cell_of(cells: Mapping[str, str], field: str) -> tuple[str, str | None]:
    """Return heading and text of the cell that holds a field of the draft.

    Source: I-IMPORT-05 (docs/rules/ipr.md).
    """
    aliases = {
        "level": "evidence_level",
        "issued_on": "evidence_on",
        "to_status": "legal_status",
        "effective_on": "status_effective_on",
    }
    return _named(cells, COLUMNS.get(aliases.get(field, field), (field,)))


def _named(cells: Mapping[str, str], names: Sequence[str]) -> tuple[str, str | None]:
    column = next((name for name in names if name in cells), names[0])
    return column, (cells.get(column) or "").strip() or None


def _kind(text: str | None) -> RightKind | None:
    if text is None:
        return None
    return RightKind[text.upper()] if text.upper() in RightKind.__members__ else _KIND_WORDS.get(text)


def _status(text: str | None) -> LegalStatus | None:
    if text is None:
        return None
    return LegalStatus[text.upper()] if text.upper() in LegalStatus.__members__ else STATUS_ZH.get(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-").replace(".", "-"))
    except ValueError:
        return None


def _percent_ppm(text: str) -> int:
    whole, _, places = text.partition(".")
    return int(whole) * _PPM_PER_PERCENT + int(places.ljust(_PERCENT_PLACES, "0"))


def _required(field: str, column: str, text: str | None) -> LineFinding:
    if text is None:
        zh, en = EXPECTED[field]
        return finding(IMPORT_COLUMN_MISSING, column, None, expected_zh=zh, expected_en=en)
    return _invalid(field, column, text)


def _invalid(field: str, column: str, text: object) -> LineFinding:
    zh, en = EXPECTED.get(field, _DATE_EXPECTED)
    shown = str(text)[:_LONGEST_VALUE]
    return finding(IMPORT_CELL_INVALID, column, text, value=shown, expected_zh=zh, expected_en=en)


def _from_validation(problem: ValidationError, named: Mapping[str, tuple[str, str | None]]) -> list[LineFinding]:
    fields = dict.fromkeys(_field(error["loc"]) for error in problem.errors())
    return [_invalid(field, *named[field]) for field in fields]


def _field(place: tuple[int | str, ...]) -> str:
    first = str(place[0]) if place else "right_no"
    if first != "evidence":
        return first if first in COLUMNS else "right_no"
    return "evidence_level" if len(place) > 1 and place[1] == "level" else "evidence_no"


def _doubtful(owners: Sequence[OwnerPart], column: str) -> list[LineFinding]:
    return [
        replace(finding(IMPORT_OWNER_CODE_DOUBTFUL, column, owner.uscc, uscc=owner.uscc), refused=False)
        for owner in owners
        if not codes.is_valid(owner.uscc)
    ]

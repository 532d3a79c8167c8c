"""Titles of an enterprise: ours (the city's register) and mirrored ones (national platforms), each with validity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from services.registry.enterprise.rules.enterprise import DATE_IN_FUTURE, EVIDENCE_TOO_WEAK
from shared.events.registry import QualificationChanged
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.months import add_months
from shared.kernel.shape import Shape
from shared.kernel.types import Day, DayOrNone, ShortText
from shared.policy.rule_set import RuleSet

NUMBER_MALFORMED = RefusalCode(
    "number_malformed",
    422,
    "编号 {number} 不符合 {kind} 的格式",
    "The number {number} is not of the form of {kind}",
    "请按证书或公示名单填写：{example}。",
    "Take it from the certificate or the public list: {example}.",
)
NUMBER_YEAR_IMPLAUSIBLE = RefusalCode(
    "number_year_implausible",
    422,
    "编号中的年份 {year} 与生效日期不符",
    "The year {year} in the number does not agree with the date it takes effect",
    "请核对编号和生效日期。",
    "Check the number and the date.",
)
QUALIFICATION_EXISTS = RefusalCode(
    "qualification_exists",
    409,
    "该编号 {number} 已登记",
    "The number {number} is entered already",
    "如需撤销，请由原登记机关办理。",
    "The office that entered it may withdraw it.",
    hint_zh="POST /v1/qualifications/{qualification_id}:revoke。",
    hint_en="POST /v1/qualifications/{qualification_id}:revoke.",
)
QUALIFICATION_NOT_OURS_TO_ENTER = RefusalCode(
    "qualification_issued_here",
    422,
    "科技型企业编号由本系统入库后产生，不能直接登记",
    "The number of the city's register is issued here and cannot be entered",
    "请企业提交入库申请。",
    "The enterprise applies for the register.",
    hint_zh="POST /v1/register-applications。",
    hint_en="POST /v1/register-applications.",
)
DRAFTING_RANK_MISSING = RefusalCode(
    "drafting_rank_missing",
    422,
    "登记主导制定标准须填写在起草单位中的名次",
    "A standard that a firm led is entered with its rank among the drafting units",
    "请按标准文本的起草单位顺序填写名次；前五名视为主导制定。",
    "Take it from the order of the drafting units in the standard; the first five count as leading.",
)
VALIDITY_REVERSED = RefusalCode(
    "validity_reversed",
    422,
    "有效期截止日早于生效日",
    "The validity ends before it begins",
    "请核对有效期。",
    "Check the dates.",
)
QUALIFICATION_NOT_VALID = RefusalCode(
    "qualification_not_valid",
    409,
    "该称号当前不是有效状态",
    "The title is not valid now",
    "无需撤销；请核对编号。",
    "There is nothing to revoke; check the number.",
)

_MONTHS_OF_YEAR = 12


class QualificationKind(StrEnum):
    """Kinds of titles and recognitions."""

    TECH_ENTERPRISE = "TECH_ENTERPRISE"
    TECH_SME = "TECH_SME"
    HNTE = "HNTE"
    HIGH_GROWTH = "HIGH_GROWTH"
    INNOVATIVE_SME = "INNOVATIVE_SME"
    SRDI = "SRDI"
    LITTLE_GIANT = "LITTLE_GIANT"
    NATIONAL_AWARD = "NATIONAL_AWARD"
    RD_INSTITUTION = "RD_INSTITUTION"
    STANDARD_LEAD = "STANDARD_LEAD"


class QualificationStatus(StrEnum):
    """Whether a title stands."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class _NumberForm:
    pattern: re.Pattern[str]
    year_at: int
    example: str


# Flags at positions 11 and 12 of a tech-SME number are not judged: their meaning was not seen.
_NUMBER_FORMS = {
    QualificationKind.TECH_SME: _NumberForm(
        re.compile(r"20\d{2}50\d{4}[0-9A-Z]{2}\d{6}"), 0, "202650010708000123（18位）"
    ),
    QualificationKind.HNTE: _NumberForm(re.compile(r"GR20\d{10}"), 2, "GR202651100001"),
}
_YEARS_OF_KIND = {
    QualificationKind.HNTE: "hnte_valid_years",
    QualificationKind.INNOVATIVE_SME: "innovative_sme_valid_years",
    QualificationKind.SRDI: "srdi_valid_years",
    QualificationKind.LITTLE_GIANT: "little_giant_valid_years",
}
END_OF_KIND = {
    QualificationKind.TECH_SME: ("tech_sme_valid_years_after", "tech_sme_valid_month", "tech_sme_valid_day"),
    **{kind: (name,) for kind, name in _YEARS_OF_KIND.items()},
}
"""Numbers of the rule set that say when a title of a kind usually ends; the other kinds have no usual end."""

Rank = Annotated[int | None, Strict(), Field(ge=1, le=100)]
"""Rank of a firm among the winning units of an award or the drafting units of a standard, or none."""


class QualificationTerms(Shape):
    """A title as its certificate tells it; `award_rank` belongs to awards, `drafting_rank` to standards."""

    kind: QualificationKind
    number: ShortText
    valid_from_on: Day
    valid_until_on: DayOrNone = None
    award_rank: Rank = None
    drafting_rank: Rank = None


class QualificationDraft(QualificationTerms):
    """A title with the evidence it is entered on."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HeldTitle:
    """One title that a firm holds or held."""

    kind: QualificationKind
    number: str
    valid_from_on: date
    valid_until_on: date | None
    revoked_on: date | None
    evidence_level: EvidenceLevel
    award_rank: int | None = None
    drafting_rank: int | None = None


def enter(draft: QualificationDraft, held: Sequence[HeldTitle], *, today: date, rule_set: RuleSet) -> HeldTitle:
    """Decide whether a mirrored title may be entered, and until when it is valid.

    Raises:
        Refusal: `qualification_issued_here`, `evidence_too_weak`, `number_malformed`, `number_year_implausible`,
            `date_in_future`, `validity_reversed`, `qualification_exists`, `drafting_rank_missing`.

    Source: R-QUA-01 to R-QUA-04 (国科发政〔2017〕115号 第十二条; 国科发火〔2016〕32号 第九条).
    """
    if draft.kind is QualificationKind.TECH_ENTERPRISE:
        raise Refusal(QUALIFICATION_NOT_OURS_TO_ENTER, pointer="/kind")
    needed = EvidenceLevel(rule_set.param_text("evidence_level_min"))
    if draft.evidence.level.strength < needed.strength:
        raise Refusal(
            EVIDENCE_TOO_WEAK, pointer="/evidence/level", level=draft.evidence.level.value, needed=needed.value
        )
    if draft.kind is QualificationKind.STANDARD_LEAD and draft.drafting_rank is None:
        raise Refusal(DRAFTING_RANK_MISSING, pointer="/drafting_rank")
    check_number(draft.kind, draft.number, valid_from_on=draft.valid_from_on)
    if draft.valid_from_on > today:
        raise Refusal(DATE_IN_FUTURE, pointer="/valid_from_on")
    until = draft.valid_until_on or usual_end(draft, rule_set)
    if until is not None and until < draft.valid_from_on:
        raise Refusal(VALIDITY_REVERSED, pointer="/valid_until_on")
    if any(one.kind is draft.kind and one.number == draft.number for one in held):
        raise Refusal(QUALIFICATION_EXISTS, pointer="/number", number=draft.number)
    return HeldTitle(
        kind=draft.kind,
        number=draft.number,
        valid_from_on=draft.valid_from_on,
        valid_until_on=until,
        revoked_on=None,
        evidence_level=draft.evidence.level,
        award_rank=draft.award_rank,
        drafting_rank=draft.drafting_rank,
    )


def check_number(kind: QualificationKind, number: str, *, valid_from_on: date) -> None:
    """Check length, year and region of a national number; flags and serial are taken as they are.

    Raises:
        Refusal: `number_malformed`, `number_year_implausible`.

    Source: R-QUA-01 (全国科技型中小企业信息库入库登记编号规则).
    """
    form = _NUMBER_FORMS.get(kind)
    if form is None:
        return
    if form.pattern.fullmatch(number) is None:
        raise Refusal(NUMBER_MALFORMED, pointer="/number", number=number, kind=kind, example=form.example)
    year = int(number[form.year_at : form.year_at + 4])
    if abs(year - valid_from_on.year) > 1:
        raise Refusal(NUMBER_YEAR_IMPLAUSIBLE, pointer="/number", year=year)


def usual_end(terms: QualificationTerms, rule_set: RuleSet) -> date | None:
    """Return the last day on which a title is valid where its certificate does not say, or None if it has no end.

    Source: R-QUA-02 (国科火字〔2019〕87号; 国科发火〔2016〕32号 第九条; 工信部企业〔2022〕63号).
    """
    if terms.kind is QualificationKind.TECH_SME:
        return date(
            int(terms.number[:4]) + rule_set.param_int("tech_sme_valid_years_after"),
            rule_set.param_int("tech_sme_valid_month"),
            rule_set.param_int("tech_sme_valid_day"),
        )
    parameter = _YEARS_OF_KIND.get(terms.kind)
    return None if parameter is None else last_day(terms.valid_from_on, rule_set.param_int(parameter))


def last_day(valid_from_on: date, years: int) -> date:
    """Return the last day of a validity of whole years that begins on `valid_from_on`.

    Source: R-QUA-02 (民法典 第二百条、第二百零二条).
    """
    return date.fromordinal(add_months(valid_from_on, years * _MONTHS_OF_YEAR).toordinal() - 1)


def status_on(title: HeldTitle, on: date) -> QualificationStatus:
    """Return whether a title stands on a day; the last day of its validity is included.

    Source: R-QUA-03 (design: validity is inclusive).
    """
    if title.revoked_on is not None and title.revoked_on <= on:
        return QualificationStatus.REVOKED
    if title.valid_until_on is not None and title.valid_until_on < on:
        return QualificationStatus.EXPIRED
    return QualificationStatus.VALID


def current(titles: Sequence[HeldTitle], on: date) -> HeldTitle | None:
    """Return the title of one kind that speaks for the firm: a valid one first, then the newest.

    Source: R-QUA-05 (design: one state per firm and kind).
    """
    return max(
        titles,
        key=lambda title: (status_on(title, on) is QualificationStatus.VALID, title.valid_from_on, title.number),
        default=None,
    )


def revoke(title: HeldTitle, *, on: date, today: date) -> date:
    """Return the day from which a title no longer stands.

    Raises:
        Refusal: `qualification_not_valid`, `date_in_future`.

    Source: R-QUA-06 (国科发政〔2017〕115号 第十四条; 国科发火〔2016〕32号 第十九条).
    """
    if status_on(title, today) is not QualificationStatus.VALID:
        raise Refusal(QUALIFICATION_NOT_VALID)
    if on > today:
        raise Refusal(DATE_IN_FUTURE, pointer="/effective_on")
    return on


def public_state(titles: Sequence[HeldTitle], *, uscc: str, on: date) -> QualificationChanged | None:
    """Return the state event of one kind of title of a firm, from all titles of that kind.

    Source: R-QUA-05 (design: one state per firm and kind).
    """
    title = current(titles, on)
    if title is None:
        return None
    return QualificationChanged.of(title, uscc=uscc, status=status_on(title, on))

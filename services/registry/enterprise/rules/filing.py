"""The annual filing: what a firm declares of one year, and the formal checks before it is accepted."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from shared.events.registry import FilingAccepted
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.money import PPM, mul_ppm_half_up
from shared.kernel.shape import Shape
from shared.kernel.types import Count, Fen, FenOrNone
from shared.policy.rule_set import RuleSet

FILING_INCONSISTENT = RefusalCode(
    "filing_inconsistent",
    422,
    "年度数据未通过形式核对：{problems_zh}",
    "The filing does not pass its formal checks: {problems_en}",
    "请修改草稿中的相应项目后重新提交。",
    "Correct the draft where it is named and submit it again.",
    hint_zh="全部问题见草稿的 checks。",
    hint_en="checks of the draft lists every fault.",
)
FILING_YEAR_NOT_OPEN = RefusalCode(
    "filing_year_not_open",
    422,
    "{year} 年度不在填报期内，可填报 {first_year} 至 {last_year} 年度",
    "The year {year} is not open; the years {first_year} to {last_year} are",
    "请填报已结束的年度。",
    "File for a year that has ended.",
)
FILING_DRAFT_MISSING = RefusalCode(
    "filing_draft_missing",
    409,
    "{year} 年度没有待提交的草稿",
    "There is no draft for {year} to submit",
    "请先保存草稿。",
    "Save a draft first.",
    hint_zh="PUT /v1/enterprises/{uscc}/filings/{year}。",
    hint_en="PUT /v1/enterprises/{uscc}/filings/{year} first.",
)
FILING_BEFORE_FOUNDING = RefusalCode(
    "filing_before_founding",
    422,
    "{year} 年度企业尚未成立",
    "The enterprise did not exist in {year}",
    "请核对年度，或更正企业的成立日期。",
    "Check the year or correct the founding date.",
)


FILING_UNIT_UNCONFIRMED = RefusalCode(
    "filing_unit_unconfirmed",
    409,
    "请确认金额单位：{questions_zh}",
    "Is the unit right? {questions_en}",
    "如单位有误，请修改草稿；如无误，请确认金额单位后再次提交。",
    "Correct the draft if the unit is wrong; if it is right, submit again with unit_confirmed.",
)


POLICY = "annual_filing"
Draft = TypeVar("Draft")


class FilingStatus(StrEnum):
    """A draft may be changed; an accepted filing is replaced only by a newer version."""

    DRAFT = "DRAFT"
    ACCEPTED = "ACCEPTED"
    SUPERSEDED = "SUPERSEDED"


class FilingTerms(Shape):
    """What a firm declares of one year; amounts in fen, `super_deduction_fen` from form A107012."""

    staff: Count
    science_staff: Count
    rd_staff: Count
    senior_title_staff: Count
    revenue_fen: Fen
    cost_expense_fen: Fen
    assets_fen: Fen
    rd_expense_fen: Fen
    super_deduction_fen: FenOrNone = None
    innovative_products: Count = 0


class Gravity(StrEnum):
    """Whether a finding stops the filing, asks for a confirmation, or is only shown."""

    REFUSES = "REFUSES"
    ASKS = "ASKS"
    NOTES = "NOTES"


PER_HEAD = ("per_head_min_fen", "per_head_max_fen")
FAR_FROM_LAST_YEAR = ("unit_jump_factor", "unit_floor_fen")
DEDUCTION_MOST = ("super_deduction_max_ppm",)
DEDUCTION_USUAL = ("super_deduction_usual_ppm",)
JUMP = ("jump_note_ppm",)

_AMOUNTS = (
    ("revenue_fen", "营业收入", "revenue"),
    ("cost_expense_fen", "成本费用支出", "costs and expenses"),
    ("assets_fen", "资产总额", "assets"),
    ("rd_expense_fen", "研发费用", "R&D expense"),
)


@dataclass(frozen=True, slots=True)
class FilingFinding:
    """One thing a formal check found; `thresholds` names the numbers of the rule set that it compared with."""

    code: str
    gravity: Gravity
    pointer: str
    text_zh: str
    text_en: str
    thresholds: tuple[str, ...] = ()


def check_year(year: int, *, today: date, founded_on: date | None, rule_set: RuleSet) -> None:
    """Refuse a year that has not ended, lies too far back, or before the firm was founded.

    Raises:
        Refusal: `filing_year_not_open`, `filing_before_founding`.

    Source: R-FIL-01 (重庆市科技型企业系统年度数据填报要求; the number of years is assumed).
    """
    first, last = today.year - rule_set.param_int("oldest_year_age"), today.year - 1
    if not first <= year <= last:
        raise Refusal(FILING_YEAR_NOT_OPEN, pointer="/year", year=year, first_year=first, last_year=last)
    if founded_on is not None and founded_on.year > year:
        raise Refusal(FILING_BEFORE_FOUNDING, pointer="/year", year=year)


def open_years(*, today: date, founded_on: date | None, rule_set: RuleSet | None) -> tuple[int, ...]:
    """Return the years that may be filed today, newest first.

    Args:
        today: in Chongqing.
        founded_on: day on which the firm was founded; None where it is not known.
        rule_set: tells how far back; None where none is in force, and then no year is open.

    Source: R-FIL-01 (重庆市科技型企业系统年度数据填报要求; the number of years is assumed).
    """
    if rule_set is None:
        return ()
    years = range(today.year - 1, today.year - rule_set.param_int("oldest_year_age") - 1, -1)
    return tuple(year for year in years if founded_on is None or founded_on.year <= year)


def submittable(draft: Draft | None, year: int) -> Draft:
    """Return the draft of a year that may be submitted; None is told where there is none.

    Raises:
        Refusal: `filing_draft_missing`.

    Source: R-FIL-07 (design: formal checks are complete, a person's judgement comes with the register).
    """
    if draft is None:
        raise Refusal(FILING_DRAFT_MISSING, year=year)
    return draft


def check(
    terms: FilingTerms, *, year: int, previous: FilingTerms | None, founded_on: date | None, rule_set: RuleSet
) -> tuple[FilingFinding, ...]:
    """Return everything the formal checks find, what refuses first.

    Source: R-FIL-02 to R-FIL-06, R-FIL-08 (国科发政〔2017〕115号 第九条; 公告2023年第7号; 公告2023年第44号).
    """
    return (
        *_staff_findings(terms),
        *_deduction_findings(terms, rule_set),
        *unit_questions(terms, previous=previous, rule_set=rule_set),
        *_notes(terms, year=year, previous=previous, founded_on=founded_on, rule_set=rule_set),
    )


def submit(
    terms: FilingTerms, findings: tuple[FilingFinding, ...], *, uscc: str, year: int, unit_confirmed: bool = False
) -> FilingAccepted:
    """Accept a filing whose checks refuse nothing and whose questions are answered; notes do not stop it.

    Raises:
        Refusal: `filing_inconsistent`, naming every refusing finding and pointing at the first;
            `filing_unit_unconfirmed`, likewise, unless who files has confirmed the unit of the amounts.

    Source: R-FIL-07 (design: formal checks are complete, a person's judgement comes with the register).
    """
    refusing = [finding for finding in findings if finding.gravity is Gravity.REFUSES]
    if refusing:
        raise Refusal(
            FILING_INCONSISTENT,
            pointer=refusing[0].pointer,
            problems_zh="；".join(finding.text_zh for finding in refusing),
            problems_en="; ".join(finding.text_en for finding in refusing),
        )
    asking = [finding for finding in findings if finding.gravity is Gravity.ASKS]
    if asking and not unit_confirmed:
        raise Refusal(
            FILING_UNIT_UNCONFIRMED,
            pointer=asking[0].pointer,
            questions_zh="；".join(finding.text_zh for finding in asking),
            questions_en="; ".join(finding.text_en for finding in asking),
        )
    return FilingAccepted.of(terms, uscc=uscc, year=year)


def unit_questions(terms: FilingTerms, *, previous: FilingTerms | None, rule_set: RuleSet) -> list[FilingFinding]:
    """Ask whether the unit is right where an amount is ten times or a tenth of last year's, or odd per head.

    A slip from yuan to ten thousand yuan is a factor of 10,000; a real change of ten times is rare and is confirmed.

    Args:
        terms: the filing.
        previous: the accepted filing of the year before, if there is one.
        rule_set: thresholds, assumed.

    Source: R-FIL-08 (design: slips of the unit; the thresholds are assumed).
    """
    found = [] if previous is None else _far_from(terms, previous, rule_set)
    if terms.staff and terms.revenue_fen:
        high = terms.revenue_fen >= rule_set.param_int("per_head_max_fen") * terms.staff
        low = terms.revenue_fen < rule_set.param_int("per_head_min_fen") * terms.staff
        if high or low:
            yuan = terms.revenue_fen // 100 // terms.staff
            text = (f"人均营业收入约 {yuan:,} 元，单位是否正确", f"revenue per head is about {yuan:,} yuan")
            found.append(FilingFinding("unit_odd_per_head", Gravity.ASKS, "/revenue_fen", *text, PER_HEAD))
    return found


def _far_from(terms: FilingTerms, previous: FilingTerms, rule_set: RuleSet) -> list[FilingFinding]:
    factor, floor = rule_set.param_int("unit_jump_factor"), rule_set.param_int("unit_floor_fen")
    found = []
    for field, label_zh, label_en in _AMOUNTS:
        now, before = getattr(terms, field), getattr(previous, field)
        if not now or not before or max(now, before) < floor:
            continue
        if now >= before * factor:
            text = (
                f"{label_zh}为上年的 {now // before:,} 倍，单位是否正确",
                f"{label_en}: {now // before:,} times last year's",
            )
        elif now * factor <= before:
            text = (
                f"{label_zh}不足上年的 1/{before // now:,}，单位是否正确",
                f"{label_en}: 1/{before // now:,} of last year's",
            )
        else:
            continue
        found.append(FilingFinding("unit_far_from_last_year", Gravity.ASKS, f"/{field}", *text, FAR_FROM_LAST_YEAR))
    return found


def _staff_findings(terms: FilingTerms) -> list[FilingFinding]:
    pairs = (
        ("rd_staff_above_staff", "rd_staff", "研发人员多于职工总数", "R&D staff exceed all staff"),
        ("science_staff_above_staff", "science_staff", "科技人员多于职工总数", "science staff exceed all staff"),
        (
            "senior_staff_above_staff",
            "senior_title_staff",
            "高级职称人员多于职工总数",
            "staff with senior titles exceed all staff",
        ),
    )
    return [
        FilingFinding(code, Gravity.REFUSES, f"/{field}", text_zh, text_en)
        for code, field, text_zh, text_en in pairs
        if getattr(terms, field) > terms.staff
    ]


def _deduction_findings(terms: FilingTerms, rule_set: RuleSet) -> list[FilingFinding]:
    if terms.super_deduction_fen is None:
        return []
    most = mul_ppm_half_up(terms.rd_expense_fen, rule_set.param_int("super_deduction_max_ppm"))
    usual = mul_ppm_half_up(terms.rd_expense_fen, rule_set.param_int("super_deduction_usual_ppm"))
    if terms.super_deduction_fen > most:
        text = (
            "加计扣除额超过研发费用的法定最高比例",
            "the super-deduction exceeds the highest lawful share of the R&D expense",
        )
        return [
            FilingFinding("super_deduction_too_high", Gravity.REFUSES, "/super_deduction_fen", *text, DEDUCTION_MOST)
        ]
    if terms.super_deduction_fen > usual:
        text = (
            "加计扣除额超过一般比例，仅集成电路和工业母机企业适用",
            "the super-deduction exceeds the usual share; only integrated circuits and machine tools may",
        )
        return [FilingFinding("super_deduction_unusual", Gravity.NOTES, "/super_deduction_fen", *text, DEDUCTION_USUAL)]
    return []


def _notes(
    terms: FilingTerms, *, year: int, previous: FilingTerms | None, founded_on: date | None, rule_set: RuleSet
) -> list[FilingFinding]:
    found = []
    if previous is None:
        if founded_on is None or founded_on.year < year:
            text = (
                f"{year - 1} 年度尚未填报，增长率类指标不能评价",
                f"{year - 1} has not been filed: indicators of growth cannot be assessed",
            )
            found.append(FilingFinding("previous_year_missing", Gravity.NOTES, "/year", *text))
    else:
        found += _jumps(terms, previous, rule_set.param_int("jump_note_ppm"))
    if terms.rd_expense_fen > terms.cost_expense_fen:
        text = (
            "研发费用大于成本费用支出总额，请核对资本化部分",
            "R&D expense exceeds total cost and expense: check the capitalised part",
        )
        found.append(FilingFinding("rd_above_cost", Gravity.NOTES, "/rd_expense_fen", *text))
    if terms.rd_staff > terms.science_staff:
        text = ("研发人员多于科技人员，请核对口径", "R&D staff exceed science staff: check the definitions")
        found.append(FilingFinding("rd_staff_above_science_staff", Gravity.NOTES, "/rd_staff", *text))
    return found


def _jumps(terms: FilingTerms, previous: FilingTerms, most_ppm: int) -> list[FilingFinding]:
    return [
        FilingFinding(
            "jump_against_last_year",
            Gravity.NOTES,
            f"/{field}",
            f"{label_zh}较上年变化较大，请核对单位",
            f"{label_en} changed much against the year before: check the unit",
            JUMP,
        )
        for field, label_zh, label_en in (
            ("staff", "职工总数", "staff"),
            ("revenue_fen", "营业收入", "revenue"),
            ("rd_expense_fen", "研发费用", "R&D expense"),
        )
        if (before := getattr(previous, field)) and abs(getattr(terms, field) - before) * PPM > most_ppm * before
    ]

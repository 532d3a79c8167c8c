"""Annual fees of patents: what is due when, what delay costs, when the right is lost."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.ipr.right.rules.right_kind import PATENT_KINDS, RightKind
from shared.kernel.errors import RefusalCode
from shared.kernel.money import mul_ppm_half_up
from shared.kernel.months import add_months
from shared.kernel.workday import DueDate, WorkCalendar
from shared.policy.rule_set import RuleSet

POLICY = "annual_fee"
_PPM = 1_000_000
_DAY, _TWO_YEARS = timedelta(days=1), timedelta(days=731)

ANNUITY_NOT_DUE = RefusalCode(
    code="annuity_not_due",
    status=409,
    title_zh="该权利没有应缴的年费",
    title_en="No annual fee is due for this right",
    way_out_zh="只有有效的发明、实用新型和外观设计专利按年缴费。",
    way_out_en="Only inventions, utility models and designs in force have annual fees.",
)


class Payers(StrEnum):
    """Whether the payers are eligible for the reduction of fees."""

    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    ONE_ELIGIBLE = "ONE_ELIGIBLE"
    SEVERAL_ELIGIBLE = "SEVERAL_ELIGIBLE"


class FeeStatus(StrEnum):
    """Whether the amount of a fee is known."""

    KNOWN = "KNOWN"
    NOT_FOUND = "NOT_FOUND"
    """The fee is due, but no source was found for its amount: a patent whose term was extended by compensation."""


NOT_FOUND_ZH = "期限补偿期间（第二十一年度起）的年费标准未查到，请以国家知识产权局缴费通知书为准"
NOT_FOUND_EN = "no source was found for the fee of a compensated term (year 21 on): follow the office's notice"


@dataclass(frozen=True, slots=True)
class FeeCase:
    """A patent in force and who pays for it.

    Attributes:
        ends_on: last day of its term, with any compensation; None for the term that the tariff covers.
        open_licence: whether an open licence is carried out in the year the fee is for.
    """

    kind: RightKind
    filed_on: date
    granted_on: date
    payers: Payers
    ends_on: date | None = None
    open_licence: bool = False


@dataclass(frozen=True, slots=True)
class Annuity:
    """The fee of one patent year and its days; amounts in fen, None where no source for the fee was found.

    `days_assumed`: a day was moved, or might have been, over a year whose holidays are not published here.
    """

    patent_year: int
    fee_status: FeeStatus
    full_fee_fen: int | None
    fee_fen: int | None
    pay_from_on: date
    due_on: date
    grace_until_on: date
    surcharge_fen: int | None
    lost_from_on: date
    days_assumed: bool


def annual_fee_fen(kind: RightKind, patent_year: int, rules: RuleSet) -> int | None:
    """Return the full annual fee of a patent year counted from filing, in fen; None beyond the tariff.

    Source: I-FEE-01 (docs/rules/ipr.md).
    """
    if kind not in PATENT_KINDS or patent_year < 1:
        return None
    fees = rules.param_ints(f"{kind.value.lower()}_fee_by_year_fen")
    return fees[patent_year - 1] if patent_year <= len(fees) else None


def year_of(filed_on: date, on: date) -> int:
    """Return the patent year in which a day lies; the first begins on the filing day.

    Source: I-FEE-01 (docs/rules/ipr.md).
    """
    year = 1
    while add_months(filed_on, 12 * year) <= on:
        year += 1
    return year


def reduced_fen(fee_fen: int, case: FeeCase, patent_year: int, rules: RuleSet) -> int:
    """Return what is paid of a fee: one eligible payer 15 %, several 30 %, in ten fee years from that of the grant on.

    An open licence takes 15 % off; where both would help only the better one does.

    Source: I-FEE-02 (docs/rules/ipr.md).
    """
    off = rules.param_int("open_licence_reduction_ppm") if case.open_licence else 0
    first = year_of(case.filed_on, case.granted_on)
    if case.payers is not Payers.NOT_ELIGIBLE and patent_year < first + rules.param_int("reduction_fee_years"):
        single = case.payers is Payers.ONE_ELIGIBLE
        off = max(off, rules.param_int("reduction_single_ppm" if single else "reduction_joint_ppm"))
    return mul_ppm_half_up(fee_fen, _PPM - off)


def surcharge_fen(full_fee_fen: int, due_on: date, paid_on: date, rules: RuleSet) -> int:
    """Return the surcharge of a late fee: nothing in the first month, then 5 % of the full fee more each month.

    Source: I-FEE-03 (docs/rules/ipr.md).
    """
    if paid_on <= due_on:
        return 0
    months = 1
    while months < rules.param_int("grace_months") and add_months(due_on, months) < paid_on:
        months += 1
    rate = rules.param_int("surcharge_first_month_ppm") + (months - 1) * rules.param_int("surcharge_step_ppm")
    return mul_ppm_half_up(full_fee_fen, rate)


def next_due(case: FeeCase, on: date, rules: RuleSet, calendar: WorkCalendar) -> Annuity | None:
    """Return the annual fee that must be paid next, seen from a day; on its last day it is still the next one.

    The fee of the year of grant is paid with the grant; each later one by the anniversary of the filing day on which
    its patent year begins. What was paid is not known here. None once the last patent year of the term has begun.

    Source: I-FEE-04 (docs/rules/ipr.md).
    """
    # A due day moves by less than a year, so the running year is the earliest whose fee can still be open.
    year = max(year_of(case.filed_on, on), year_of(case.filed_on, case.granted_on) + 1)
    while (due := _annuity(case, year, on, rules, calendar)) is not None and due.due_on < on:
        year += 1
    return due


def anniversaries_due(today: date, until: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the first and the last anniversary of filing whose fee is due from today until a day, holidays moved.

    Before the first one a fee is late; the last one lies before `until` where that is a holiday.

    Source: I-FEE-04 (docs/rules/ipr.md).
    """
    # The next fee is due within a year; the calendar has an end.
    first, last = today, min(max(until, today - _TWO_YEARS), today + _TWO_YEARS)
    while calendar.next_working_day(first - _DAY).on >= today:
        first -= _DAY
    while calendar.next_working_day(last).on > max(until, today - _TWO_YEARS):
        last -= _DAY
    return first, last


def in_grace(case: FeeCase, on: date, rules: RuleSet, calendar: WorkCalendar) -> Annuity | None:
    """Return the annual fee whose grace runs on a day, with today's surcharge: it is owed only if it was not paid.

    Source: I-FEE-05 (docs/rules/ipr.md).
    """
    year = year_of(case.filed_on, on)
    if year <= year_of(case.filed_on, case.granted_on):
        return None
    due = _annuity(case, year, on, rules, calendar)
    return due if due is not None and due.due_on < on <= due.grace_until_on else None


def _annuity(case: FeeCase, year: int, on: date, rules: RuleSet, calendar: WorkCalendar) -> Annuity | None:
    starts_on = add_months(case.filed_on, 12 * (year - 1))
    full = annual_fee_fen(case.kind, year, rules)
    over = full is None if case.ends_on is None else starts_on > case.ends_on
    if over or case.kind not in PATENT_KINDS:
        return None
    due = _moved(starts_on, rules, calendar)
    grace = _moved(add_months(due.on, rules.param_int("grace_months")), rules, calendar)
    return Annuity(
        patent_year=year,
        fee_status=FeeStatus.NOT_FOUND if full is None else FeeStatus.KNOWN,
        full_fee_fen=full,
        fee_fen=None if full is None else reduced_fen(full, case, year, rules),
        pay_from_on=add_months(starts_on, -rules.param_int("pay_window_months")),
        due_on=due.on,
        grace_until_on=grace.on,
        surcharge_fen=None if full is None else surcharge_fen(full, due.on, on, rules),
        lost_from_on=starts_on,
        days_assumed=due.assumed or grace.assumed,
    )


def _moved(on: date, rules: RuleSet, calendar: WorkCalendar) -> DueDate:
    """Return the last day of a time limit: a holiday moves to the working day after it."""
    return calendar.next_working_day(on) if rules.param_flag("shift_to_working_day") else DueDate(on, assumed=False)

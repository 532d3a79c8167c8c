"""Annual fees of patents: what is due when, what delay costs, when the right is lost."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.ipr.right.rules.right_kind import PATENT_KINDS, RightKind
from shared.kernel.errors import RefusalCode
from shared.kernel.money import mul_ppm_half_up
from shared.kernel.months import add_months
from shared.policy.rule_set import RuleSet

POLICY = "annual_fee"
_PPM = 1_000_000

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


@dataclass(frozen=True, slots=True)
class FeeCase:
    """A patent in force and who pays for it."""

    kind: RightKind
    filed_on: date
    granted_on: date
    payers: Payers


@dataclass(frozen=True, slots=True)
class Annuity:
    """The fee of one patent year and its days; amounts in fen."""

    patent_year: int
    fee_fen: int
    pay_from_on: date
    due_on: date
    grace_until_on: date
    surcharge_fen: int
    lost_from_on: date


def annual_fee_fen(kind: RightKind, patent_year: int, rules: RuleSet) -> int | None:
    """Return the full annual fee of a patent year counted from filing, in fen; None beyond the term.

    Source: I-FEE-01 (docs/rules/ipr.md).
    """
    if kind not in PATENT_KINDS or patent_year < 1:
        return None
    fees = rules.param_ints(f"{kind.value.lower()}_fee_by_year_fen")
    return fees[patent_year - 1] if patent_year <= len(fees) else None


def reduced_fen(fee_fen: int, payers: Payers, *, granted_on: date, year_starts_on: date, rules: RuleSet) -> int:
    """Return what eligible payers pay of a fee: one 15 %, several 30 %, in the first ten years from grant.

    Source: I-FEE-02 (docs/rules/ipr.md).
    """
    ends = add_months(granted_on, 12 * rules.param_int("reduction_years_after_grant"))
    if payers is Payers.NOT_ELIGIBLE or year_starts_on >= ends:
        return fee_fen
    name = "reduction_single_ppm" if payers is Payers.ONE_ELIGIBLE else "reduction_joint_ppm"
    return mul_ppm_half_up(fee_fen, _PPM - rules.param_int(name))


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


def next_due(case: FeeCase, on: date, rules: RuleSet) -> Annuity | None:
    """Return the annual fee that must be paid next, seen from a day: for the patent year that begins after it.

    The fee of the year of grant is paid with the grant; each later one before its patent year begins. If the grace for
    it passes unpaid the right is lost from the day after the fee was due. What was paid is not known here. None in the
    last patent year, and for kinds without annual fees.

    Source: I-FEE-04 (docs/rules/ipr.md).
    """
    year, seen = 1, max(on, case.granted_on)
    while add_months(case.filed_on, 12 * year) <= seen:
        year += 1
    return _annuity(case, year + 1, on, rules)


def in_grace(case: FeeCase, on: date, rules: RuleSet) -> Annuity | None:
    """Return the annual fee whose grace runs on a day, with today's surcharge: it is owed only if it was not paid.

    Source: I-FEE-05 (docs/rules/ipr.md).
    """
    year = 1
    while add_months(case.filed_on, 12 * year) <= on:
        year += 1
    if year == 1 or add_months(case.filed_on, 12 * (year - 1)) <= case.granted_on:
        return None
    due = _annuity(case, year, on, rules)
    return due if due is not None and on <= due.grace_until_on else None


def _annuity(case: FeeCase, year: int, on: date, rules: RuleSet) -> Annuity | None:
    full = annual_fee_fen(case.kind, year, rules)
    if full is None:
        return None
    starts_on = add_months(case.filed_on, 12 * (year - 1))
    due_on = starts_on - timedelta(days=1)
    return Annuity(
        patent_year=year,
        fee_fen=reduced_fen(full, case.payers, granted_on=case.granted_on, year_starts_on=starts_on, rules=rules),
        pay_from_on=add_months(starts_on, -rules.param_int("pay_window_months")),
        due_on=due_on,
        grace_until_on=add_months(due_on, rules.param_int("grace_months")),
        surcharge_fen=surcharge_fen(full, due_on, on, rules),
        lost_from_on=starts_on,
    )

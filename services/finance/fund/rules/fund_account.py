"""The risk-compensation fund, one account per reporting unit: paid-in money of city and district, exposure of cover."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.money import mul_ppm_half_up
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.kernel.types import MAX_FEN, Day, Fen, Reference
from shared.kernel.unit import unit_on
from shared.policy.rule_set import RuleSet

POLICY = "fund_cover"

CONTRIBUTION_NOT_POSITIVE = RefusalCode(
    code="contribution_not_positive",
    status=422,
    title_zh="出资金额须大于零",
    title_en="A contribution must be above zero",
    way_out_zh="请填写大于零的金额。",
    way_out_en="Give an amount above zero.",
    hint_zh="amount_fen 为以分为单位的正整数。",
    hint_en="amount_fen is a whole number of fen above zero.",
)
CONTRIBUTION_TOO_LARGE = RefusalCode(
    code="contribution_too_large",
    status=422,
    title_zh="出资金额超出可记账范围",
    title_en="The contribution is larger than can be booked",
    way_out_zh="请核对金额及其单位。",
    way_out_en="Check the amount and its unit.",
    hint_zh="amount_fen 以分为单位。",
    hint_en="The unit of amount_fen is fen.",
)
CONTRIBUTION_DATE_INVALID = RefusalCode(
    code="contribution_date_invalid",
    status=422,
    title_zh="到账日不得晚于今天",
    title_en="Money cannot have arrived after today",
    way_out_zh="请更正到账日。",
    way_out_en="Correct the value date.",
)
RECEIPT_ALREADY_POSTED = RefusalCode(
    code="receipt_already_posted",
    status=409,
    title_zh="该到账回单已入账",
    title_en="This receipt was posted before",
    way_out_zh="同一回单只入账一次，请核对回单号。",
    way_out_en="A receipt is posted once: check its number.",
)
FUND_CAPACITY_EXCEEDED = RefusalCode(
    code="fund_capacity_exceeded",
    status=409,
    title_zh="超过该区县基金可承担责任：剩余 {left_fen}",
    title_en="Above what the unit's fund can still carry: {left_fen}",
    way_out_zh="请待出资补足或存量责任解除后再办理备案。",
    way_out_en="Wait until the fund is replenished or other cover is released.",
)


class Contributor(StrEnum):
    """Who paid in."""

    CITY = "CITY"
    DISTRICT = "DISTRICT"


class PostingKind(StrEnum):
    """What a posting does to the account."""

    CONTRIBUTION = "CONTRIBUTION"
    EXPOSURE = "EXPOSURE"
    """Cover was given: memorandum exposure grows, no cash is held."""
    EXPOSURE_RELEASE = "EXPOSURE_RELEASE"
    """Covered principal was repaid: exposure falls."""


class ContributionTerms(Shape):
    """Money that reached the fund's bank account, by the bank's receipt."""

    contributor: Contributor
    amount_fen: Fen
    receipt_no: Reference
    value_on: Day


class FundBalances(Shape):
    """Balances of one unit's account, in fen."""

    paid_in_city_fen: Fen
    paid_in_district_fen: Fen
    exposure_fen: Fen


@dataclass(frozen=True, slots=True)
class Shares:
    """What each contributor still owes so that paid-in money stands 40 : 60, in fen."""

    city_due_fen: int
    district_due_fen: int


def open_to_money(unit_id: str, today: date) -> None:
    """Check that money may be posted to the account of a unit: the unit reports today.

    Raises:
        Refusal: `not_found`.

    Source: F-FUND-01 (docs/rules/finance.md).
    """
    if unit_on(unit_id, today) is None:
        raise Refusal(NOT_FOUND, noun="unit")


def contribute(terms: ContributionTerms, balances: FundBalances, rules: RuleSet, today: date) -> FundBalances:
    """Record money that arrived; return the balances after it.

    Raises:
        Refusal: `contribution_not_positive`; `contribution_date_invalid`; `contribution_too_large`.

    Source: F-FUND-01 (docs/rules/finance.md).
    """
    if terms.amount_fen == 0:
        raise Refusal(CONTRIBUTION_NOT_POSITIVE, pointer="/amount_fen")
    if terms.value_on > today:
        raise Refusal(CONTRIBUTION_DATE_INVALID, pointer="/value_on")
    is_city = terms.contributor is Contributor.CITY
    city_fen = balances.paid_in_city_fen + (terms.amount_fen if is_city else 0)
    district_fen = balances.paid_in_district_fen + (0 if is_city else terms.amount_fen)
    if (city_fen + district_fen) * rules.param_int("leverage") > MAX_FEN:
        raise Refusal(CONTRIBUTION_TOO_LARGE, pointer="/amount_fen")
    return balances.model_copy(update={"paid_in_city_fen": city_fen, "paid_in_district_fen": district_fen})


def shares(balances: FundBalances, rules: RuleSet) -> Shares:
    """Return what each side still owes for the ratio city : district, given what the other has paid.

    Source: F-FUND-02 (docs/rules/finance.md).
    """
    city_ppm = rules.param_int("city_share_ppm")
    district_ppm = 1_000_000 - city_ppm
    city_fen, district_fen = balances.paid_in_city_fen, balances.paid_in_district_fen
    return Shares(
        city_due_fen=max(0, -(-district_fen * city_ppm // district_ppm) - city_fen),
        district_due_fen=max(0, -(-city_fen * district_ppm // city_ppm) - district_fen),
    )


def capacity(balances: FundBalances, rules: RuleSet) -> int:
    """Return the exposure that the paid-in money may carry, in fen.

    Source: F-FUND-03 (docs/rules/finance.md).
    """
    return (balances.paid_in_city_fen + balances.paid_in_district_fen) * rules.param_int("leverage")


def exposure_of(covered_fen: int, rules: RuleSet) -> int:
    """Return the fund's memorandum exposure for covered principal: 80 %, half up at the fen.

    Source: F-FUND-04 (docs/rules/finance.md).
    """
    return mul_ppm_half_up(covered_fen, rules.param_int("cover_share_ppm"))


def expose(balances: FundBalances, added_fen: int, rules: RuleSet) -> int:
    """Return the exposure after new cover.

    Raises:
        Refusal: `fund_capacity_exceeded`.

    Source: F-FUND-05 (docs/rules/finance.md).
    """
    left_fen = max(0, capacity(balances, rules) - balances.exposure_fen)
    if added_fen > left_fen:
        raise Refusal(FUND_CAPACITY_EXCEEDED, left_fen=left_fen)
    return balances.exposure_fen + added_fen

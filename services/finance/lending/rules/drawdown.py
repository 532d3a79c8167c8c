"""A drawdown under a loan note (借据): paid out by the bank, repaid in parts, never longer than its loan allows."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.finance.evaluation.rules import credit_line
from services.finance.evaluation.rules.credit_line import Movement
from services.finance.lending.rules import loan
from services.finance.lending.rules.loan import LoanState, LoanStatus
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.months import add_months
from shared.kernel.shape import Shape
from shared.kernel.types import Day, Fen, Reference
from shared.kernel.unit import successor_of
from shared.policy.rule_set import RuleSet

DRAWDOWN_NOT_POSITIVE = RefusalCode(
    code="drawdown_not_positive",
    status=422,
    title_zh="金额须大于零",
    title_en="The amount must be above zero",
    way_out_zh="请填写大于零的金额。",
    way_out_en="Give an amount above zero.",
    hint_zh="amount_fen 为以分为单位的正整数。",
    hint_en="amount_fen is a whole number of fen above zero.",
)
DRAWDOWN_ABOVE_UNDRAWN = RefusalCode(
    code="drawdown_above_undrawn",
    status=409,
    title_zh="放款金额超过未提款余额 {undrawn_fen}",
    title_en="Above the {undrawn_fen} that can still be drawn",
    way_out_zh="请在未提款余额以内放款。",
    way_out_en="Draw no more than what is left of the loan.",
)
DRAWING_PERIOD_OVER = RefusalCode(
    code="drawing_period_over",
    status=409,
    title_zh="提款期已于 {draw_until_on} 结束",
    title_en="The drawing period ended on {draw_until_on}",
    way_out_zh="请企业重新申请。",
    way_out_en="The firm must apply again.",
)
DRAWDOWN_DATES_INVALID = RefusalCode(
    code="drawdown_dates_invalid",
    status=422,
    title_zh="放款日须在签约日 {signed_on} 至今天之间，到期日须晚于放款日且不晚于 {latest}",
    title_en="Money is paid out between {signed_on} and today and falls due after that day, by {latest} at the latest",
    way_out_zh="请更正放款日或到期日：单笔借据不超过一年。",
    way_out_en="Correct the dates: one loan note runs one calendar year at most.",
)
REPAYMENT_ABOVE_OUTSTANDING = RefusalCode(
    code="repayment_above_outstanding",
    status=409,
    title_zh="还款本金超过未偿本金 {outstanding_fen}",
    title_en="Above the outstanding principal of {outstanding_fen}",
    way_out_zh="请核对还款本金；利息与费用不在此登记。",
    way_out_en="Check the principal; interest and fees are not recorded here.",
)
REPAYMENT_DATE_INVALID = RefusalCode(
    code="repayment_date_invalid",
    status=422,
    title_zh="还款日须在放款日 {starts_on} 至今天之间",
    title_en="Money is repaid between {starts_on} and today",
    way_out_zh="请更正还款日。",
    way_out_en="Correct the value date.",
)


class DrawdownStatus(StrEnum):
    """Where a drawdown stands."""

    DISBURSED = "DISBURSED"
    REPAID = "REPAID"


class DrawdownTerms(Shape):
    """One pay-out; `note_no` is the bank's loan note number, unique for that bank for ever."""

    note_no: Reference
    amount_fen: Fen
    starts_on: Day
    matures_on: Day


class RepaymentTerms(Shape):
    """One repayment of principal; `bank_ref` is the bank's booking number, unique for that bank for ever."""

    bank_ref: Reference
    amount_fen: Fen
    value_on: Day


@dataclass(frozen=True, slots=True)
class Disbursement:
    """Money paid out."""

    movement: Movement
    loan_drawn_fen: int


@dataclass(frozen=True, slots=True)
class Repayment:
    """Principal repaid: what stays outstanding, and how the drawdown and the loan stand after it."""

    movement: Movement
    outstanding_fen: int
    status: DrawdownStatus
    loan_repaid_fen: int
    loan_status: LoanStatus


def unit_of_payout(unit_id: str, on: date) -> str:
    """Return the reporting unit that stands behind a pay-out: the firm's, or the one that took over where it ended.

    Source: F-DRAW-03 (docs/rules/finance.md).
    """
    return successor_of(unit_id, on) or unit_id


def drawable(principal_fen: int, state: LoanState) -> int:
    """Return what of a loan can still be drawn, in fen.

    Raises:
        Refusal: `drawdown_above_undrawn`: nothing is left.

    Source: F-DRAW-01 (docs/rules/finance.md).
    """
    left_fen = loan.undrawn(principal_fen, state.drawn_fen, state.released_fen)
    if left_fen == 0:
        raise Refusal(DRAWDOWN_ABOVE_UNDRAWN, pointer="/amount_fen", undrawn_fen=left_fen)
    return left_fen


def repayable(outstanding_fen: int) -> None:
    """Check that principal of a drawdown is still owed.

    Raises:
        Refusal: `repayment_above_outstanding`: nothing is owed.

    Source: F-DRAW-02 (docs/rules/finance.md).
    """
    if outstanding_fen == 0:
        raise Refusal(REPAYMENT_ABOVE_OUTSTANDING, pointer="/amount_fen", outstanding_fen=outstanding_fen)


def draw(
    terms: DrawdownTerms,
    rules: RuleSet,
    *,
    principal_fen: int,
    state: LoanState,
    signed_on: date,
    draw_until_on: date,
    loan_ends_on: date,
    today: date,
) -> Disbursement:
    """Record a pay-out: inside the loan's amount and drawing period, for at most one calendar year.

    Raises:
        Refusal: `drawdown_not_positive`; `drawing_period_over`; `drawdown_dates_invalid`; `drawdown_above_undrawn`.

    Source: F-DRAW-01 (docs/rules/finance.md).
    """
    if terms.amount_fen == 0:
        raise Refusal(DRAWDOWN_NOT_POSITIVE, pointer="/amount_fen")
    if terms.starts_on > draw_until_on:
        raise Refusal(DRAWING_PERIOD_OVER, pointer="/starts_on", draw_until_on=draw_until_on)
    latest = min(add_months(terms.starts_on, rules.param_int("drawdown_months_max")), loan_ends_on)
    if not signed_on <= terms.starts_on <= today:
        raise Refusal(DRAWDOWN_DATES_INVALID, pointer="/starts_on", signed_on=signed_on, latest=latest)
    if not terms.starts_on < terms.matures_on <= latest:
        raise Refusal(DRAWDOWN_DATES_INVALID, pointer="/matures_on", signed_on=signed_on, latest=latest)
    left_fen = drawable(principal_fen, state)
    if terms.amount_fen > left_fen:
        raise Refusal(DRAWDOWN_ABOVE_UNDRAWN, pointer="/amount_fen", undrawn_fen=left_fen)
    return Disbursement(credit_line.use(terms.amount_fen), state.drawn_fen + terms.amount_fen)


def repay(
    terms: RepaymentTerms,
    *,
    outstanding_fen: int,
    starts_on: date,
    principal_fen: int,
    state: LoanState,
    today: date,
) -> Repayment:
    """Record repaid principal: the line is released by as much; a fully repaid note is closed.

    Raises:
        Refusal: `drawdown_not_positive`; `repayment_date_invalid`; `repayment_above_outstanding`.

    Source: F-DRAW-02 (docs/rules/finance.md).
    """
    if terms.amount_fen == 0:
        raise Refusal(DRAWDOWN_NOT_POSITIVE, pointer="/amount_fen")
    if not starts_on <= terms.value_on <= today:
        raise Refusal(REPAYMENT_DATE_INVALID, pointer="/value_on", starts_on=starts_on)
    repayable(outstanding_fen)
    if terms.amount_fen > outstanding_fen:
        raise Refusal(REPAYMENT_ABOVE_OUTSTANDING, pointer="/amount_fen", outstanding_fen=outstanding_fen)
    left_fen = outstanding_fen - terms.amount_fen
    after = state.model_copy(update={"repaid_fen": state.repaid_fen + terms.amount_fen})
    return Repayment(
        movement=credit_line.release_drawn(terms.amount_fen),
        outstanding_fen=left_fen,
        status=DrawdownStatus.REPAID if left_fen == 0 else DrawdownStatus.DISBURSED,
        loan_repaid_fen=after.repaid_fen,
        loan_status=loan.status_after(principal_fen, after),
    )

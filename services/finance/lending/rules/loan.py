"""A signed loan contract: credit only, one year at most, at the LPR of its day; drawn in time or lapsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.finance.evaluation.rules import credit_line
from services.finance.evaluation.rules.credit_line import Movement
from services.finance.lending.rules.application_refusal import TERM_TOO_LONG
from services.finance.lending.rules.loan_application import POLICY
from services.finance.lending.rules.lpr import DayRate, LprStatus, Publication, on_day
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.months import add_months
from shared.kernel.shape import Shape
from shared.kernel.types import Day, Fen, LooseUscc, RatePpm, Reference, TermMonths, Uscc
from shared.kernel.workday import WorkCalendar
from shared.policy.book import RuleBook

PRINCIPAL_ABOVE_APPROVAL = RefusalCode(
    code="principal_above_approval",
    status=409,
    title_zh="合同本金超过批复金额 {amount_fen}",
    title_en="Above the {amount_fen} that were approved",
    way_out_zh="请在批复金额以内签约。",
    way_out_en="Sign no more than was approved.",
)
PRINCIPAL_NOT_POSITIVE = RefusalCode(
    code="principal_not_positive",
    status=422,
    title_zh="合同本金须大于零",
    title_en="The principal must be above zero",
    way_out_zh="请填写大于零的金额。",
    way_out_en="Give an amount above zero.",
    hint_zh="principal_fen 为以分为单位的正整数。",
    hint_en="principal_fen is a whole number of fen above zero.",
)
RATE_NOT_LPR = RefusalCode(
    code="rate_not_lpr",
    status=409,
    title_zh="利率须等于合同日执行的一年期LPR：{rate_ppm}",
    title_en="The rate must equal the one-year LPR in force on the contract date: {rate_ppm}",
    way_out_zh="知识价值信用贷款执行当月LPR，不加点；请更正利率。",
    way_out_en="The knowledge-value loan carries the LPR without a margin: correct the rate.",
)
SIGNED_ON_INVALID = RefusalCode(
    code="signed_on_invalid",
    status=422,
    title_zh="签约日须在批复日 {approved_on} 至今天之间",
    title_en="The contract date lies between the approval on {approved_on} and today",
    way_out_zh="请更正签约日期。",
    way_out_en="Correct the date.",
)


class LoanStatus(StrEnum):
    """Where a signed loan stands."""

    SIGNED = "SIGNED"
    """Signed; money can be drawn or is outstanding."""
    LAPSED = "LAPSED"
    """Nothing was drawn in time."""
    CLOSED = "CLOSED"
    """All drawn money is repaid and nothing can be drawn any more."""


class LoanTerms(Shape):
    """The contract; `contract_no` is the bank's own number, unique for that bank for ever."""

    contract_no: Reference
    principal_fen: Fen
    rate_ppm: RatePpm
    term_months: TermMonths
    signed_on: Day


class LoanState(Shape):
    """How much of a loan was drawn, repaid and given back undrawn, in fen."""

    enterprise_uscc: LooseUscc
    bank_uscc: Uscc
    drawn_fen: Fen
    repaid_fen: Fen
    released_fen: Fen


@dataclass(frozen=True, slots=True)
class Signature:
    """A contract as signed: what it reserves, until when it is drawn, when it ends at the latest."""

    movement: Movement
    draw_until_on: date
    ends_on: date
    lpr: DayRate

    @property
    def lpr_status(self) -> LprStatus:
        """Whether the publication that decides the day of the contract was recorded."""
        return self.lpr.status


@dataclass(frozen=True, slots=True)
class Lapse:
    """What becomes free when the drawing period ends."""

    movement: Movement
    status: LoanStatus


def sign(  # noqa: PLR0913  # the terms, what was approved, and the books that a rate is read from
    terms: LoanTerms,
    book: RuleBook,
    *,
    approved_fen: int,
    approved_months: int,
    approved_on: date,
    available_fen: int,
    today: date,
    calendar: WorkCalendar,
    publications: Sequence[Publication] = (),
) -> Signature:
    """Sign a loan: reserve its principal on the credit line that all banks share.

    The rate is held against the LPR of the contract day; the signature tells whether that month's was recorded.

    Raises:
        Refusal: `principal_not_positive`; `principal_above_approval`; `term_too_long`; `signed_on_invalid`;
            `rate_not_lpr`; `lpr_unknown`; `credit_line_exceeded`.

    Source: F-LOAN-01 (docs/rules/finance.md).
    """
    if terms.principal_fen == 0:
        raise Refusal(PRINCIPAL_NOT_POSITIVE, pointer="/principal_fen")
    if terms.principal_fen > approved_fen:
        raise Refusal(PRINCIPAL_ABOVE_APPROVAL, pointer="/principal_fen", amount_fen=approved_fen)
    if not approved_on <= terms.signed_on <= today:
        raise Refusal(SIGNED_ON_INVALID, pointer="/signed_on", approved_on=approved_on)
    rules = book.pick(POLICY, terms.signed_on)
    months_max = min(approved_months, rules.param_int("term_months_max"))
    if terms.term_months > months_max:
        raise Refusal(TERM_TOO_LONG, pointer="/term_months", months_max=months_max)
    lpr = on_day(book, terms.signed_on, calendar, publications)
    rate_ppm = lpr.rate_ppm + rules.param_int("rate_margin_ppm")
    if terms.rate_ppm != rate_ppm:
        raise Refusal(
            RATE_NOT_LPR, pointer="/rate_ppm", rate_ppm=rate_ppm, lpr_status=lpr.status.value, lpr_month=lpr.month
        )
    return Signature(
        movement=credit_line.reserve(terms.principal_fen, available_fen),
        draw_until_on=terms.signed_on + timedelta(days=rules.param_int("draw_within_days")),
        ends_on=add_months(terms.signed_on, terms.term_months),
        lpr=lpr,
    )


def undrawn(principal_fen: int, drawn_fen: int, released_fen: int) -> int:
    """Return what of a loan can still be drawn, in fen.

    Source: F-LOAN-02 (docs/rules/finance.md).
    """
    return principal_fen - drawn_fen - released_fen


def status_after(principal_fen: int, state: LoanState) -> LoanStatus:
    """Return the status that follows from the balances of a loan.

    Source: F-LOAN-03 (docs/rules/finance.md).
    """
    if undrawn(principal_fen, state.drawn_fen, state.released_fen) > 0 or state.repaid_fen < state.drawn_fen:
        return LoanStatus.SIGNED
    return LoanStatus.CLOSED if state.drawn_fen > 0 else LoanStatus.LAPSED


def lapse(principal_fen: int, state: LoanState, *, draw_until_on: date, today: date) -> Lapse | None:
    """Release what was not drawn in time; what was drawn stays as it is.

    Source: F-LOAN-04 (docs/rules/finance.md).
    """
    left_fen = undrawn(principal_fen, state.drawn_fen, state.released_fen)
    if draw_until_on >= today or left_fen == 0:
        return None
    after = state.model_copy(update={"released_fen": state.released_fen + left_fen})
    return Lapse(credit_line.release_reserved(left_fen), status_after(principal_fen, after))

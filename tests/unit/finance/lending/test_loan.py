"""Signatures, drawdowns, repayments, lapses: no fen is lost, none is lent twice."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finance.evaluation.rules import credit_line
from services.finance.lending.rules import drawdown, loan, loan_application
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.rules.loan import LoanState, LoanStatus, LoanTerms
from services.finance.lending.rules.lpr import LprStatus, Publication
from shared.kernel.errors import Refusal
from shared.kernel.workday import PUBLISHED
from tests.unit.finance.builders import BANK, BOOK, TODAY, USCC, WAN

POLICY = BOOK.pick(loan_application.POLICY, TODAY)


def state(drawn: int = 0, repaid: int = 0, released: int = 0) -> LoanState:
    return LoanState(enterprise_uscc=USCC, bank_uscc=BANK, drawn_fen=drawn, repaid_fen=repaid, released_fen=released)


def sign(
    available_fen: int = 400 * WAN,
    approved_fen: int = 100 * WAN,
    publications: Sequence[Publication] = (),
    **fields: object,
) -> loan.Signature:
    given = {
        "contract_no": "C-1",
        "principal_fen": 100 * WAN,
        "rate_ppm": 30_000,
        "term_months": 12,
        "signed_on": TODAY,
    }
    return loan.sign(
        LoanTerms.model_validate(given | fields),
        BOOK,
        approved_fen=approved_fen,
        approved_months=12,
        approved_on=TODAY - timedelta(days=10),
        available_fen=available_fen,
        today=TODAY,
        calendar=PUBLISHED,
        publications=publications,
    )


def test_a_signature_reserves_its_principal_and_may_be_drawn_for_ninety_days() -> None:
    found = sign()
    assert (found.movement.reserved_delta_fen, found.movement.drawn_delta_fen) == (100 * WAN, 0)
    assert (found.draw_until_on, found.ends_on) == (date(2027, 2, 21), date(2027, 11, 23))


def test_a_signature_tells_whether_the_lpr_it_was_held_against_is_recorded() -> None:
    assert sign().lpr_status is LprStatus.NOT_RECORDED
    published = [Publication(TODAY - timedelta(days=3), 29_500, "公告")]
    assert sign(publications=published, rate_ppm=29_500).lpr_status is LprStatus.RECORDED
    with pytest.raises(Refusal, match="rate_not_lpr") as caught:
        sign(publications=published)
    assert caught.value.details["rate_ppm"] == 29_500


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"principal_fen": 0}, "principal_not_positive"),
        ({"principal_fen": 100 * WAN + 1}, "principal_above_approval"),
        ({"rate_ppm": 30_001}, "rate_not_lpr"),
        ({"rate_ppm": 29_999}, "rate_not_lpr"),
        ({"term_months": 13}, "term_too_long"),
        ({"signed_on": TODAY + timedelta(days=1)}, "signed_on_invalid"),
        ({"signed_on": TODAY - timedelta(days=11)}, "signed_on_invalid"),
    ],
)
def test_a_bad_contract_is_refused_with_its_code(fields: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        sign(**fields)  # type: ignore[arg-type]  # a table of fields


def test_a_loan_above_the_credit_line_is_refused_and_tells_what_is_left() -> None:
    with pytest.raises(Refusal, match="credit_line_exceeded") as refused:
        sign(available_fen=100 * WAN - 1)
    assert refused.value.details == {"available_fen": 100 * WAN - 1}


def draw(held: LoanState, **fields: object) -> drawdown.Disbursement:
    given = {"note_no": "N-1", "amount_fen": 40 * WAN, "starts_on": TODAY, "matures_on": date(2027, 11, 23)}
    return drawdown.draw(
        DrawdownTerms.model_validate(given | fields),
        POLICY,
        principal_fen=100 * WAN,
        state=held,
        signed_on=TODAY,
        draw_until_on=TODAY + timedelta(days=90),
        loan_ends_on=date(2027, 11, 23),
        today=TODAY,
    )


def test_a_drawdown_turns_reserved_into_drawn() -> None:
    found = draw(state())
    assert (found.movement.reserved_delta_fen, found.movement.drawn_delta_fen) == (-40 * WAN, 40 * WAN)
    assert found.loan_drawn_fen == 40 * WAN


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount_fen": 0}, "drawdown_not_positive"),
        ({"amount_fen": 60 * WAN + 1}, "drawdown_above_undrawn"),
        ({"starts_on": TODAY + timedelta(days=91)}, "drawing_period_over"),
        ({"starts_on": TODAY + timedelta(days=1)}, "drawdown_dates_invalid"),
        ({"starts_on": TODAY - timedelta(days=1)}, "drawdown_dates_invalid"),
        ({"matures_on": TODAY}, "drawdown_dates_invalid"),
        ({"matures_on": date(2027, 11, 24)}, "drawdown_dates_invalid"),
    ],
)
def test_a_bad_drawdown_is_refused_with_its_code(fields: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        draw(state(drawn=30 * WAN, released=10 * WAN), **fields)


def test_a_note_of_29_february_falls_due_on_28_february_at_the_latest() -> None:
    def leap(matures_on: date) -> drawdown.Disbursement:
        return drawdown.draw(
            DrawdownTerms(note_no="N", amount_fen=1, starts_on=date(2024, 2, 29), matures_on=matures_on),
            POLICY,
            principal_fen=1,
            state=state(),
            signed_on=date(2024, 2, 29),
            draw_until_on=date(2024, 5, 29),
            loan_ends_on=date(2025, 3, 31),
            today=date(2024, 2, 29),
        )

    leap(date(2025, 2, 28))
    with pytest.raises(Refusal, match="drawdown_dates_invalid"):
        leap(date(2025, 3, 1))


@pytest.mark.parametrize(
    ("unit", "on", "behind"),
    [
        ("500105", date(2025, 11, 5), "500105"),
        ("500105", date(2025, 11, 6), "CQ-LJ"),
        ("500112", date(2026, 11, 23), "CQ-LJ"),
        ("500107", date(2026, 11, 23), "500107"),
    ],
)
def test_a_payout_stands_with_the_unit_in_force_on_its_day(unit: str, on: date, behind: str) -> None:
    assert drawdown.unit_of_payout(unit, on) == behind


def repay(amount_fen: int, outstanding_fen: int = 40 * WAN, value_on: date = TODAY) -> drawdown.Repayment:
    return drawdown.repay(
        RepaymentTerms(bank_ref="R-1", amount_fen=amount_fen, value_on=value_on),
        outstanding_fen=outstanding_fen,
        starts_on=TODAY,
        principal_fen=100 * WAN,
        state=state(drawn=100 * WAN, repaid=100 * WAN - outstanding_fen),
        today=TODAY,
    )


def test_a_part_repayment_releases_as_much_and_the_last_one_closes() -> None:
    part = repay(15 * WAN)
    assert (part.outstanding_fen, part.status, part.loan_status) == (
        25 * WAN,
        DrawdownStatus.DISBURSED,
        LoanStatus.SIGNED,
    )
    assert (part.movement.reserved_delta_fen, part.movement.drawn_delta_fen) == (0, -15 * WAN)
    whole = repay(40 * WAN)
    assert (whole.outstanding_fen, whole.status, whole.loan_status) == (0, DrawdownStatus.REPAID, LoanStatus.CLOSED)


def test_a_bad_repayment_is_refused_with_its_code() -> None:
    for amount, value_on, code in (
        (0, TODAY, "drawdown_not_positive"),
        (40 * WAN + 1, TODAY, "repayment_above_outstanding"),
        (1, TODAY + timedelta(days=1), "repayment_date_invalid"),
        (1, TODAY - timedelta(days=1), "repayment_date_invalid"),
    ):
        with pytest.raises(Refusal, match=code):
            repay(amount, value_on=value_on)


def test_what_was_not_drawn_in_time_is_released() -> None:
    until, after = TODAY, TODAY + timedelta(days=1)
    assert loan.lapse(100 * WAN, state(), draw_until_on=until, today=until) is None
    nothing = loan.lapse(100 * WAN, state(), draw_until_on=until, today=after)
    assert nothing is not None
    assert (nothing.movement.reserved_delta_fen, nothing.status) == (-100 * WAN, LoanStatus.LAPSED)
    some = loan.lapse(100 * WAN, state(drawn=60 * WAN), draw_until_on=until, today=after)
    assert some is not None
    assert (some.movement.amount_fen, some.status) == (40 * WAN, LoanStatus.SIGNED)
    paid = loan.lapse(100 * WAN, state(drawn=60 * WAN, repaid=60 * WAN), draw_until_on=until, today=after)
    assert paid is not None
    assert paid.status is LoanStatus.CLOSED
    assert loan.lapse(100 * WAN, state(drawn=100 * WAN), draw_until_on=until, today=after) is None


@given(st.lists(st.tuples(st.sampled_from(["sign", "draw", "repay", "lapse", "limit"]), st.integers(1, 500))))
def test_no_order_of_steps_lets_a_signature_pass_the_limit_or_a_balance_go_below_zero(
    steps: list[tuple[str, int]],
) -> None:
    limit, reserved, drawn = 1_000, 0, 0
    for verb, amount in steps:
        left = credit_line.available(limit, reserved, drawn)
        assert left == max(0, limit - reserved - drawn)
        if verb == "limit":
            limit = amount * 3
            continue
        if verb == "sign":
            if amount > left:
                with pytest.raises(Refusal, match="credit_line_exceeded"):
                    credit_line.reserve(amount, left)
                continue
            movement = credit_line.reserve(amount, left)
            assert reserved + drawn + amount <= limit
        elif verb == "draw":
            movement = credit_line.use(min(amount, reserved))
        elif verb == "repay":
            movement = credit_line.release_drawn(min(amount, drawn))
        else:
            movement = credit_line.release_reserved(min(amount, reserved))
        reserved, drawn = reserved + movement.reserved_delta_fen, drawn + movement.drawn_delta_fen
        assert min(reserved, drawn) >= 0


def test_the_event_of_the_line_tells_what_is_left() -> None:
    line = credit_line.CreditLineTerms(uscc=USCC, limit_fen=100, reserved_fen=60, drawn_fen=70)
    assert credit_line.limit_changed(line).available_fen == 0

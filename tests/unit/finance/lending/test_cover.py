"""Cover and the fund: 80 % of covered principal, ten times the paid-in money, 40 to 60."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finance.fund.rules import fund_account
from services.finance.fund.rules.fund_account import ContributionTerms, Contributor, FundBalances
from services.finance.lending.rules import cover
from services.finance.lending.rules.cover import CoverBalances, CoverStatus, CoverVerdict
from services.finance.lending.rules.drawdown import DrawdownStatus
from services.finance.partner.rules import bank
from services.finance.partner.rules.bank import BankStatus, BankTerms
from shared.kernel.errors import Refusal
from shared.kernel.workday import PUBLISHED
from tests.unit.finance.builders import BANK, BOOK, TODAY, WAN

POLICY = BOOK.pick(fund_account.POLICY, TODAY)


def balances(city: int = 40 * WAN, district: int = 60 * WAN, exposure: int = 0) -> FundBalances:
    return FundBalances(paid_in_city_fen=city, paid_in_district_fen=district, exposure_fen=exposure)


def file(
    today: date, *, status: DrawdownStatus = DrawdownStatus.DISBURSED, filed_before: bool = False
) -> cover.DueDate:
    return cover.file(
        POLICY, starts_on=TODAY, status=status, filed_before=filed_before, today=today, calendar=PUBLISHED
    )


def test_cover_is_filed_within_ten_working_days_of_the_payout() -> None:
    assert file(date(2026, 12, 7)).on == date(2026, 12, 7)
    with pytest.raises(Refusal, match="cover_filed_too_late"):
        file(date(2026, 12, 8))


def test_cover_is_filed_once_and_not_for_a_repaid_note() -> None:
    with pytest.raises(Refusal, match="cover_already_filed"):
        file(TODAY, filed_before=True)
    with pytest.raises(Refusal, match="drawdown_already_repaid"):
        file(TODAY, status=DrawdownStatus.REPAID)


def decide(
    verdict: CoverVerdict = CoverVerdict.COVERED,
    reason: str | None = None,
    *,
    status: CoverStatus = CoverStatus.FILED,
    outstanding_fen: int = 60 * WAN,
    held: FundBalances | None = None,
) -> cover.CoverDecision:
    return cover.decide(
        status,
        POLICY,
        verdict=verdict,
        reason_code=reason,
        outstanding_fen=outstanding_fen,
        balances=held or balances(),
    )


def test_cover_takes_eighty_percent_of_the_outstanding_principal_into_the_exposure() -> None:
    found = decide(held=balances(exposure=100))
    assert (found.status, found.covered_fen, found.exposure_fen) == (CoverStatus.COVERED, 60 * WAN, 48 * WAN)
    assert found.account_exposure_fen == 48 * WAN + 100


def test_cover_stops_exactly_at_ten_times_the_paid_in_money() -> None:
    room = 1_000 * WAN - 48 * WAN
    assert decide(held=balances(exposure=room)).account_exposure_fen == 1_000 * WAN
    with pytest.raises(Refusal, match="fund_capacity_exceeded") as refused:
        decide(held=balances(exposure=room + 1))
    assert refused.value.details == {"left_fen": 48 * WAN - 1}


def test_a_refusal_of_cover_needs_a_known_reason_and_a_grant_none() -> None:
    assert decide(CoverVerdict.REFUSED, "collateral_taken").status is CoverStatus.REFUSED
    for verdict, reason, code in (
        (CoverVerdict.REFUSED, None, "cover_reason_missing"),
        (CoverVerdict.COVERED, "collateral_taken", "cover_reason_missing"),
        (CoverVerdict.REFUSED, "because", "reason_unknown"),
    ):
        with pytest.raises(Refusal, match=code):
            decide(verdict, reason)


def test_cover_is_decided_once_and_not_after_repayment() -> None:
    for status in set(CoverStatus) - {CoverStatus.FILED}:
        with pytest.raises(Refusal, match="cover_state_conflict"):
            decide(status=status)
    with pytest.raises(Refusal, match="drawdown_already_repaid"):
        decide(outstanding_fen=0)


@given(st.integers(1, 10**12), st.data())
def test_cover_follows_repayment_down_to_nothing_without_losing_a_fen(covered_fen: int, data: st.DataObject) -> None:
    held = CoverBalances(covered_fen=covered_fen, exposure_fen=fund_account.exposure_of(covered_fen, POLICY))
    assert held.exposure_fen == int(Fraction(8, 10) * covered_fen + Fraction(1, 2))
    account, outstanding = held.exposure_fen, covered_fen
    while outstanding:
        outstanding -= data.draw(st.integers(max(1, outstanding // 3), outstanding))
        step = cover.release(held, POLICY, outstanding_fen=outstanding)
        assert step.released_exposure_fen >= 0
        account -= step.released_exposure_fen
        assert account == step.exposure_fen
        assert step.released_fen == covered_fen - outstanding
        held = CoverBalances(covered_fen=covered_fen, released_fen=step.released_fen, exposure_fen=step.exposure_fen)
        assert step.status is (CoverStatus.RELEASED if outstanding == 0 else CoverStatus.COVERED)
    assert account == 0


@pytest.mark.parametrize(
    ("city", "district", "dues"),
    [(40, 60, (0, 0)), (0, 60, (40, 0)), (40, 0, (0, 60)), (0, 0, (0, 0)), (1, 1, (0, 1)), (0, 1, (1, 0))],
)
def test_city_and_district_pay_in_forty_to_sixty(city: int, district: int, dues: tuple[int, int]) -> None:
    found = fund_account.shares(balances(city, district), POLICY)
    assert (found.city_due_fen, found.district_due_fen) == dues


def test_a_contribution_is_money_that_has_arrived() -> None:
    def pay(amount: int, on: date = TODAY, who: Contributor = Contributor.CITY) -> FundBalances:
        terms = ContributionTerms(contributor=who, amount_fen=amount, receipt_no="F-1", value_on=on)
        return fund_account.contribute(terms, balances(1, 2, 3), POLICY, TODAY)

    assert pay(5) == balances(6, 2, 3)
    assert pay(5, who=Contributor.DISTRICT) == balances(1, 7, 3)
    with pytest.raises(Refusal, match="contribution_not_positive"):
        pay(0)
    with pytest.raises(Refusal, match="contribution_date_invalid"):
        pay(1, TODAY + timedelta(days=1))
    most = 9_000_000_000_000_000 // 10 - 3
    assert pay(most).paid_in_city_fen == most + 1
    with pytest.raises(Refusal, match="contribution_too_large"):
        pay(most + 1)


def test_what_the_unit_can_still_carry_is_ten_times_its_money_less_its_exposure() -> None:
    assert fund_account.capacity(balances(1, 2), POLICY) == 30
    assert fund_account.expose(balances(1, 2, 3), 27, POLICY) == 30
    with pytest.raises(Refusal, match="fund_capacity_exceeded"):
        fund_account.expose(balances(1, 2, 3), 28, POLICY)


def test_a_bank_cooperates_within_its_agreement_and_unless_suspended() -> None:
    agreement = BankTerms(
        uscc=BANK,
        name="示例银行",
        agreement_from_on=TODAY,
        agreement_until_on=TODAY,
        decision_no="1号",
    )
    assert bank.admit(agreement, known=False).status is BankStatus.ACTIVE
    with pytest.raises(Refusal, match="bank_already_admitted"):
        bank.admit(agreement, known=True)
    with pytest.raises(Refusal, match="bank_period_invalid"):
        bank.admit(agreement.model_copy(update={"agreement_until_on": TODAY - timedelta(days=1)}), known=False)
    bank.cooperates(agreement, BankStatus.ACTIVE, TODAY)
    for terms, status, on in (
        (None, None, TODAY),
        (agreement, BankStatus.SUSPENDED, TODAY),
        (agreement, BankStatus.ACTIVE, TODAY + timedelta(days=1)),
        (agreement, BankStatus.ACTIVE, TODAY - timedelta(days=1)),
    ):
        with pytest.raises(Refusal, match="bank_not_cooperating"):
            bank.cooperates(terms, status, on)

"""Acts on loans and drawdowns: what is offered is accepted by the whole rule, what is not offered is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product

import pytest

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.lending.rules import cover as cover_rules
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules import drawdown_act, loan_act
from services.finance.lending.rules import loan_application as application_rules
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.rules.drawdown_act import DrawdownStanding
from services.finance.lending.rules.loan import LoanState
from services.finance.lending.rules.loan_act import LoanStanding
from shared.kernel.action import Bodies, actions
from shared.kernel.actor import Role
from shared.kernel.workday import PUBLISHED
from tests.unit.finance.builders import BANK, BOOK, TODAY, WAN
from tests.unit.finance.lending.test_acts import FIRM, ROLES, accepts, callers

TERMS = BOOK.pick(application_rules.POLICY, TODAY)
FUND = BOOK.pick(fund_rules.POLICY, TODAY)
CALENDAR = PUBLISHED
BODIES: Bodies = {Role.ENTERPRISE: FIRM, Role.BANK: BANK}
USCC = "91500107MA5U00001A"


def state(drawn: int, repaid: int, released: int) -> LoanState:
    """Return the balances of a loan, in ten thousand yuan."""
    return LoanState(
        enterprise_uscc=USCC,
        bank_uscc=BANK,
        drawn_fen=drawn * WAN,
        repaid_fen=repaid * WAN,
        released_fen=released * WAN,
    )


LOANS = [
    LoanStanding(100 * WAN, state(*balances), TODAY)
    for balances in ((0, 0, 0), (60, 0, 0), (100, 0, 0), (100, 100, 0), (60, 0, 40), (0, 0, 100))
]
NOTES = [
    DrawdownStanding(status, starts_on, starts_on + timedelta(days=90), owed_fen, is_filed, FUND, CALENDAR, TODAY)
    for (status, owed_fen), starts_on, is_filed in product(
        ((DrawdownStatus.DISBURSED, 60 * WAN), (DrawdownStatus.DISBURSED, 1), (DrawdownStatus.REPAID, 0)),
        (TODAY, TODAY - timedelta(days=13), TODAY - timedelta(days=60)),
        (False, True),
    )
]


def _draw(case: LoanStanding) -> None:
    rules.draw(
        DrawdownTerms(note_no="N-1", amount_fen=1, starts_on=TODAY, matures_on=TODAY + timedelta(days=1)),
        TERMS,
        principal_fen=case.principal_fen,
        state=case.state,
        signed_on=TODAY,
        draw_until_on=case.draw_until_on,
        loan_ends_on=date(2027, 6, 10),
        today=TODAY,
    )


def _repay(case: DrawdownStanding) -> None:
    rules.repay(
        RepaymentTerms(bank_ref="R-1", amount_fen=1, value_on=TODAY),
        outstanding_fen=case.outstanding_fen,
        starts_on=case.starts_on,
        principal_fen=100 * WAN,
        state=state(60, 0, 0),
        today=TODAY,
    )


def _file(case: DrawdownStanding) -> None:
    cover_rules.file(
        FUND,
        starts_on=case.starts_on,
        status=case.status,
        filed_before=case.is_filed,
        today=TODAY,
        calendar=CALENDAR,
    )


NOTE_RULES: dict[str, Callable[[DrawdownStanding], None]] = {"repay": _repay, "cover": _file}


@pytest.mark.parametrize("role", ROLES)
def test_a_drawdown_is_offered_to_the_bank_while_something_is_left_to_be_drawn(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role), LOANS):
        told = [one.name for one in actions(loan_act.ACTS, case, who, BODIES)]
        taken = role is Role.BANK and is_own and accepts(_draw, case)
        assert told == (["draw"] if taken else []), (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.BANK)


@pytest.mark.parametrize("role", ROLES)
def test_repayment_and_filing_are_offered_to_the_bank_where_the_rules_take_them(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role), NOTES):
        told = [one.name for one in actions(drawdown_act.ACTS, case, who, BODIES)]
        taken = [name for name, rule in NOTE_RULES.items() if role is Role.BANK and is_own and accepts(rule, case)]
        assert told == taken, (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.BANK)


def test_the_days_of_drawing_of_maturity_and_of_filing_stand_beside_the_acts() -> None:
    (bank, _), *_ = callers(Role.BANK)
    assert [one.due_on for one in actions(loan_act.ACTS, LOANS[0], bank, BODIES)] == [TODAY]
    due = cover_rules.filing_due(FUND, starts_on=TODAY, calendar=CALENDAR).on
    told = actions(drawdown_act.ACTS, NOTES[0], bank, BODIES)
    assert [(one.name, one.due_on) for one in told] == [("repay", NOTES[0].matures_on), ("cover", due)]

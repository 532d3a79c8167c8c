"""Acts on applications and cover: what is offered is accepted by the whole rule, what is not offered is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.fund.rules.fund_account import FundBalances
from services.finance.lending.rules import application_act, cover_act
from services.finance.lending.rules import cover as cover_rules
from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.application_act import ApplicationStanding
from services.finance.lending.rules.cover import CoverStatus, CoverVerdict
from services.finance.lending.rules.cover_act import CoverStanding
from services.finance.lending.rules.loan_application import ApplicationFlag, ApplicationStatus, ApprovalTerms
from services.finance.partner.rules import consent as consent_rules
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope, HeldConsent
from shared.kernel.action import Bodies, actions
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.role_scope import scopes_of
from tests.unit.finance.builders import BANK, BOOK, TODAY, WAN

POLICY = BOOK.pick(rules.POLICY, TODAY)
FUND = BOOK.pick(fund_rules.POLICY, TODAY)
BALANCES = FundBalances(paid_in_city_fen=400 * WAN, paid_in_district_fen=600 * WAN, exposure_fen=0)
FIRM, ELSE = "firm", "somebody else"
BODIES: Bodies = {Role.ENTERPRISE: FIRM, Role.BANK: BANK, Role.FUND_MANAGER: None}
ROLES = [role for role in Role if role is not Role.SYSTEM]
NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)


def consent(
    *, days: int = 1, revoked: bool = False, scope: ConsentScope = ConsentScope.EVALUATION_RESULT
) -> HeldConsent:
    """Return a consent that ends in some days from now."""
    return HeldConsent(
        consent_id=UUID(int=1),
        purpose=ConsentPurpose.LOAN_APPLICATION,
        scopes=frozenset({scope}),
        expires_at=NOW + timedelta(days=days),
        revoked_at=NOW if revoked else None,
    )


CONSENTS: tuple[tuple[HeldConsent, ...], ...] = (
    (),
    (consent(),),
    (consent(days=0),),
    (consent(revoked=True),),
    (consent(scope=ConsentScope.IP_PORTFOLIO),),
    (consent(days=0), consent()),
)


def standing(
    status: ApplicationStatus,
    flag: ApplicationFlag | None = None,
    *,
    is_acknowledged: bool = False,
    due: date = TODAY,
    until: date | None = None,
    consents: tuple[HeldConsent, ...] = (consent(),),
) -> ApplicationStanding:
    """Return how an application stands."""
    return ApplicationStanding(status, flag, is_acknowledged, due, until, TODAY, FIRM, consents, NOW)


STANDINGS = [
    standing(status, flag, is_acknowledged=is_acknowledged, until=until, consents=consents)
    for status, flag, is_acknowledged, until, consents in product(
        ApplicationStatus,
        (None, ApplicationFlag.EVALUATION_SUPERSEDED),
        (False, True),
        (None, TODAY, TODAY - timedelta(days=1)),
        CONSENTS,
    )
]
COVERS = [CoverStanding(status, outstanding_fen) for status, outstanding_fen in product(CoverStatus, (0, 60 * WAN))]


def _approve(case: ApplicationStanding) -> None:
    rules.approve(
        case.status,
        POLICY,
        terms=ApprovalTerms(amount_fen=50 * WAN, term_months=12, bank_ref="A-1"),
        applied_fen=100 * WAN,
        snapshot_limit_fen=400 * WAN,
        open_flag=None if case.is_acknowledged else case.flag,
        today=case.today,
    )
    consent_rules.require(
        case.consents,
        enterprise_uscc=FIRM,
        purpose=ConsentPurpose.LOAN_APPLICATION,
        scope=ConsentScope.EVALUATION_RESULT,
        now=case.now,
    )


RULES: dict[str, tuple[Role, Callable[[ApplicationStanding], object]]] = {
    "accept": (Role.BANK, lambda case: rules.accept(case.status)),
    "acknowledge": (Role.BANK, lambda case: rules.acknowledge(case.flag, acknowledged=case.is_acknowledged)),
    "approve": (Role.BANK, _approve),
    "return": (Role.BANK, lambda case: rules.send_back(case.status)),
    "reject": (Role.BANK, lambda case: rules.reject(case.status, "excessive_debt", POLICY)),
    "sign": (Role.BANK, lambda case: rules.signable(case.status, case.valid_until_on, case.today)),
    "resubmit": (Role.ENTERPRISE, lambda case: rules.resubmit(case.status)),
    "cancel": (Role.ENTERPRISE, lambda case: rules.cancel(case.status)),
}


def _decide(verdict: CoverVerdict, reason_code: str | None) -> Callable[[CoverStanding], object]:
    return lambda case: cover_rules.decide(
        case.status,
        FUND,
        verdict=verdict,
        reason_code=reason_code,
        outstanding_fen=case.outstanding_fen,
        balances=BALANCES,
    )


COVER_RULES = {
    "cover": (Role.FUND_MANAGER, _decide(CoverVerdict.COVERED, None)),
    "refuse": (Role.FUND_MANAGER, _decide(CoverVerdict.REFUSED, "repaid_before_decision")),
}


def accepts(rule: Callable[..., object], case: object) -> bool:
    """Return whether the whole rule takes an act in this state."""
    try:
        rule(case)
    except Refusal:
        return False
    return True


def callers(role: Role) -> list[tuple[Actor, bool]]:
    """Return callers of a role with its scopes, and whether the case is their body's."""
    scopes = frozenset(scopes_of(role.value))
    own = {Role.ENTERPRISE: FIRM, Role.BANK: BANK}.get(role)
    found = [(Actor("own", role, scopes, own), role in BODIES)]
    return [*found, (Actor("foreign", role, scopes, ELSE), False)] if own is not None else found


@pytest.mark.parametrize("role", ROLES)
def test_what_is_offered_is_accepted_by_the_rule_and_what_is_not_is_refused(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role), STANDINGS):
        told = {one.name for one in actions(application_act.ACTS, case, who, BODIES)}
        allowed = {name for name, (by, rule) in RULES.items() if is_own and by is role and accepts(rule, case)}
        assert told == allowed, (who, case)
        offers += len(told)
    assert (offers > 0) == (role in {Role.ENTERPRISE, Role.BANK})


@pytest.mark.parametrize("role", ROLES)
def test_a_decision_on_cover_is_offered_where_the_rule_takes_it_and_nowhere_else(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role), COVERS):
        told = {one.name for one in actions(cover_act.ACTS, case, who, BODIES)}
        allowed = {name for name, (by, rule) in COVER_RULES.items() if is_own and by is role and accepts(rule, case)}
        assert told == allowed, (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.FUND_MANAGER)


def test_every_act_is_held_against_its_rule() -> None:
    assert [one.name for one in application_act.ACTS] == list(RULES)
    assert [one.name for one in cover_act.ACTS] == list(COVER_RULES)


def test_the_clock_of_the_bank_and_the_end_of_an_approval_stand_beside_the_acts() -> None:
    who = Actor("own", Role.BANK, frozenset(scopes_of(Role.BANK.value)), BANK)
    due, until = TODAY + timedelta(days=3), TODAY + timedelta(days=9)
    asked = standing(ApplicationStatus.BANK_REVIEW, due=due)
    assert {one.due_on for one in actions(application_act.ACTS, asked, who, BODIES)} == {due}
    granted = standing(ApplicationStatus.APPROVED, due=due, until=until)
    assert [(one.name, one.due_on) for one in actions(application_act.ACTS, granted, who, BODIES)] == [("sign", until)]

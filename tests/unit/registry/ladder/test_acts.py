"""Acts on cases of the registry: what is offered is accepted by the whole rule, what is not offered is refused."""

from collections.abc import Callable
from datetime import date
from itertools import product
from typing import Any

import pytest

from services.registry.enterprise.rules import filing as filing_rules
from services.registry.enterprise.rules import filing_act
from services.registry.enterprise.rules.filing import FilingStatus
from services.registry.enterprise.rules.filing_act import FilingStanding
from services.registry.ladder.rules import register_application as rules
from services.registry.ladder.rules import register_application_act as register_act
from services.registry.ladder.rules.register_application import (
    CheckDecision,
    FieldNote,
    RegisterCheck,
    RegisterReview,
    RegisterReviewDecision,
    RegisterStatus,
)
from services.registry.ladder.rules.register_application_act import RegisterStanding
from services.registry.ladder.rules.register_condition import EntryCondition
from shared.kernel.action import Bodies, actions
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from tests.support.acts import ROLES, allowed, callers
from tests.unit.registry.rule_sets import rule_set

TODAY, DUE = date(2026, 6, 1), date(2026, 6, 12)
BODIES: Bodies = {Role.ENTERPRISE: "firm", Role.DISTRICT: "500107", Role.CITY: None}
FILINGS = rule_set("annual_filing")
REGISTER = rule_set("tech_enterprise_register")
MET = (
    EntryCondition("in_business", True, True, "", "", "", "", "reported", "", ""),
    EntryCondition("ip_rights", False, True, "", "", "", "", "assumed", "", ""),
)
APPLICATIONS = [RegisterStanding(status, DUE) for status in RegisterStatus]
YEARS = [
    FilingStanding(status, year, founded_on, TODAY, held)
    for status, year, founded_on, held in product(
        FilingStatus, (2021, 2023, 2025, 2026), (None, date(2024, 5, 1)), (FILINGS, None)
    )
]


def _decide(decision: CheckDecision) -> Callable[[RegisterStanding], object]:
    check = RegisterCheck(decision=decision, **_words(decision.value))
    return lambda case: rules.decide(case.status, check, REGISTER)


def _review(decision: RegisterReviewDecision) -> Callable[[RegisterStanding], object]:
    review = RegisterReview(decision=decision, **_words(decision.value))
    return lambda case: rules.review(case.status, review, REGISTER)


def _words(decision: str) -> dict[str, Any]:
    """Return what a decision must say beside itself."""
    notes = [FieldNote(field="staff", note="与社保人数不符")] if decision == "RETURN" else []
    return {"notes": notes, "reason_code": "documents_not_true" if decision == "REJECT" else None}


def _year(case: FilingStanding) -> None:
    if case.rule_set is None:
        raise Refusal(filing_rules.FILING_YEAR_NOT_OPEN, year=case.year, first_year=0, last_year=0)
    filing_rules.check_year(case.year, today=case.today, founded_on=case.founded_on, rule_set=case.rule_set)


def _submit(case: FilingStanding) -> None:
    _year(case)
    if case.status is not FilingStatus.DRAFT:
        raise Refusal(filing_rules.FILING_DRAFT_MISSING, year=case.year)


RULES: dict[str, tuple[Role, Callable[[RegisterStanding], object]]] = {
    "pass": (Role.DISTRICT, _decide(CheckDecision.PASS)),
    "return": (Role.DISTRICT, _decide(CheckDecision.RETURN)),
    "reject": (Role.DISTRICT, _decide(CheckDecision.REJECT)),
    "list": (Role.CITY, lambda case: rules.enlist(case.status, MET)),
    "review-return": (Role.CITY, _review(RegisterReviewDecision.RETURN)),
    "review-reject": (Role.CITY, _review(RegisterReviewDecision.REJECT)),
    "resubmit": (Role.ENTERPRISE, lambda case: rules.resubmit(case.status, MET)),
    "withdraw": (Role.ENTERPRISE, lambda case: rules.withdraw(case.status)),
}
FILING_RULES: dict[str, tuple[Role, Callable[[FilingStanding], object]]] = {
    "save": (Role.ENTERPRISE, _year),
    "submit": (Role.ENTERPRISE, _submit),
}


@pytest.mark.parametrize("role", ROLES)
def test_what_an_application_offers_is_accepted_by_the_rule_and_what_it_does_not_is_refused(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role, BODIES), APPLICATIONS):
        told = {one.name for one in actions(register_act.ACTS, case, who, BODIES)}
        assert told == allowed(who, case, RULES, is_own=is_own), (who, case)
        offers += len(told)
    assert (offers > 0) == (role in BODIES)


@pytest.mark.parametrize("role", ROLES)
def test_a_filing_offers_what_its_year_and_its_version_allow_and_nothing_else(role: Role) -> None:
    offers = 0
    for (who, is_own), case in product(callers(role, {Role.ENTERPRISE: "firm"}), YEARS):
        told = {one.name for one in actions(filing_act.ACTS, case, who, {Role.ENTERPRISE: "firm"})}
        assert told == allowed(who, case, FILING_RULES, is_own=is_own), (who, case)
        offers += len(told)
    assert (offers > 0) == (role is Role.ENTERPRISE)


def test_every_act_is_held_against_its_rule() -> None:
    assert [one.name for one in register_act.ACTS] == list(RULES)
    assert [one.name for one in filing_act.ACTS] == list(FILING_RULES)


def test_the_clock_of_the_district_stands_beside_its_acts_and_beside_no_others() -> None:
    (district, _), _foreign = callers(Role.DISTRICT, BODIES)
    waiting = RegisterStanding(RegisterStatus.SUBMITTED, DUE)
    assert {one.due_on for one in actions(register_act.ACTS, waiting, district, BODIES)} == {DUE}
    ((city, _),) = callers(Role.CITY, BODIES)
    checked = RegisterStanding(RegisterStatus.CHECKED, DUE)
    told = [(one.name, one.due_on) for one in actions(register_act.ACTS, checked, city, BODIES)]
    assert told == [("list", None), ("review-return", None), ("review-reject", None)]


def test_the_years_that_may_be_filed_are_those_that_saving_takes() -> None:
    for founded_on in (None, date(2024, 5, 1)):
        told = filing_rules.open_years(today=TODAY, founded_on=founded_on, rule_set=FILINGS)
        taken = [
            year
            for year in range(2030, 2010, -1)
            if not _refused(FilingStanding(FilingStatus.DRAFT, year, founded_on, TODAY, FILINGS))
        ]
        assert list(told) == taken
    assert filing_rules.open_years(today=TODAY, founded_on=None, rule_set=None) == ()


def _refused(case: FilingStanding) -> bool:
    try:
        _year(case)
    except Refusal:
        return True
    return False

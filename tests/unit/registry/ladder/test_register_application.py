from dataclasses import replace
from datetime import date

import pytest

from services.registry.ladder.rules.register_application import (
    FieldNote,
    RegisterCheck,
    RegisterReview,
    RegisterStatus,
    apply,
    decide,
    enlist,
    filing_years,
    register_number,
    resubmit,
    review,
    withdraw,
)
from services.registry.ladder.rules.register_condition import EntryFacts, as_json, conditions, entry_met
from shared.kernel.errors import Refusal
from tests.unit.registry.rule_sets import rule_set

RULES = rule_set("tech_enterprise_register")
NOTHING = EntryFacts(
    in_business=True, legal_person=True, industry_barred=False,
    open_marks=(), staff=100, science_staff=0, senior_title_staff=0,
    revenue_fen=1_000_000, rd_expense_fen=0, ip_rights=0, innovative_products=0, titles=(),
)  # fmt: skip
GOOD = conditions(replace(NOTHING, science_staff=5), RULES)
BAD = conditions(NOTHING, RULES)


def met(facts: EntryFacts) -> set[str]:
    """Return which conditions are met."""
    return {one.id for one in conditions(facts, RULES) if one.met}


@pytest.mark.parametrize(("values", "condition"), [
    ({"science_staff": 5}, "science_staff"),
    ({"senior_title_staff": 1}, "science_staff"),
    ({"rd_expense_fen": 10_000}, "rd_share"),
    ({"ip_rights": 1}, "ip_rights"),
    ({"innovative_products": 1}, "innovative_products"),
    ({"titles": ("HNTE",)}, "titles"),
    ({"titles": ("TECH_SME",)}, "titles"),
])  # fmt: skip
def test_any_one_of_the_other_conditions_is_enough(values: dict[str, object], condition: str) -> None:
    assert met(replace(NOTHING, **values)) == {"in_business", "legal_person", "industry", "integrity", condition}  # type: ignore[arg-type]
    assert entry_met(conditions(replace(NOTHING, **values), RULES))  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [
    {"science_staff": 4}, {"rd_expense_fen": 9_999}, {"titles": ("SRDI",)}, {"staff": 0}, {"revenue_fen": 0},
])  # fmt: skip
def test_just_below_each_bound_nothing_is_met(values: dict[str, object]) -> None:
    assert not entry_met(conditions(replace(NOTHING, **values), RULES))  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [
    {"in_business": False}, {"legal_person": False}, {"industry_barred": True}, {"open_marks": ("SERIOUS_DISHONESTY",)},
])  # fmt: skip
def test_every_basic_condition_must_be_met(values: dict[str, object]) -> None:
    found = conditions(replace(NOTHING, science_staff=100, **values), RULES)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as caught:
        apply(found)
    assert caught.value.code.code == "register_conditions_unmet"


def test_a_refusal_names_every_condition_that_would_help() -> None:
    with pytest.raises(Refusal) as caught:
        apply(BAD)
    assert str(caught.value.details["unmet_zh"]).count("；") == 4


def test_the_first_condition_is_reported_and_the_others_are_assumed() -> None:
    trust = {one.id: one.confidence for one in GOOD if not one.basic}
    assert trust["science_staff"] == "reported"
    assert {trust[name] for name in ("rd_share", "ip_rights", "innovative_products", "titles")} == {"assumed"}
    assert {entry["id"] for entry in as_json(GOOD)} == {one.id for one in GOOD}


NOTE = [FieldNote(field="staff", note="与社保人数不符")]


REASON = "documents_not_true"


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ({"decision": "PASS"}, "CHECKED"),
        ({"decision": "RETURN", "notes": NOTE}, "RETURNED"),
        ({"decision": "REJECT", "reason_code": REASON}, "REJECTED"),
        ({"decision": "REJECT", "reason_code": REASON, "notes": NOTE}, "REJECTED"),
    ],
)
def test_the_district_passes_returns_or_rejects(said: dict[str, object], after: str) -> None:
    assert decide(RegisterStatus.SUBMITTED, RegisterCheck.model_validate(said), RULES).value == after


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"decision": "RETURN"}, "return_needs_notes"),
        ({"decision": "REJECT", "notes": NOTE}, "register_reason_missing"),
        ({"decision": "REJECT", "reason_code": "because"}, "reason_unknown"),
        ({"decision": "RETURN", "reason_code": REASON, "notes": NOTE}, "register_reason_missing"),
        ({"decision": "PASS", "reason_code": REASON}, "register_reason_missing"),
    ],
)
def test_returning_needs_a_note_and_rejecting_a_reason_of_the_catalogue(said: dict[str, object], refusal: str) -> None:
    with pytest.raises(Refusal, match=refusal):
        decide(RegisterStatus.SUBMITTED, RegisterCheck.model_validate(said), RULES)
    if said["decision"] != "PASS":
        with pytest.raises(Refusal, match=refusal):
            review(RegisterStatus.CHECKED, RegisterReview.model_validate(said), RULES)


def test_the_city_may_return_or_reject_what_the_district_passed() -> None:
    returned = RegisterReview.model_validate({"decision": "RETURN", "notes": NOTE})
    assert review(RegisterStatus.CHECKED, returned, RULES) is RegisterStatus.RETURNED
    rejected = RegisterReview.model_validate({"decision": "REJECT", "reason_code": REASON})
    assert review(RegisterStatus.CHECKED, rejected, RULES) is RegisterStatus.REJECTED


def test_a_condition_says_what_was_found_of_the_firm_in_both_languages() -> None:
    found = {one.id: one for one in conditions(replace(NOTHING, science_staff=30, senior_title_staff=2), RULES)}
    assert found["science_staff"].found_zh == "职工 100 人，科技人员 30 人（30%），副高级及以上职称 2 人"
    assert found["science_staff"].found_en == "30 of 100 people (30%), 2 with a senior title"
    nobody = {one.id: one for one in conditions(replace(NOTHING, staff=0, revenue_fen=0), RULES)}
    assert "（—）" in nobody["science_staff"].found_zh
    assert "(—)" in nobody["rd_share"].found_en
    assert all(one.found_zh and one.found_en for one in found.values())


@pytest.mark.parametrize("status", RegisterStatus)
def test_each_step_is_allowed_from_its_states_only(status: RegisterStatus) -> None:
    passed = RegisterCheck.model_validate({"decision": "PASS"})
    returned = RegisterReview.model_validate({"decision": "RETURN", "notes": NOTE})
    steps = {
        "decide": (lambda: decide(status, passed, RULES), {"SUBMITTED"}),
        "review": (lambda: review(status, returned, RULES), {"CHECKED"}),
        "resubmit": (lambda: resubmit(status, GOOD), {"RETURNED"}),
        "withdraw": (lambda: withdraw(status), {"SUBMITTED", "RETURNED", "CHECKED"}),
        "enlist": (lambda: enlist(status, GOOD), {"CHECKED"}),
    }
    for name, (step, allowed) in steps.items():
        if status.value in allowed:
            assert step(), name
        else:
            with pytest.raises(Refusal, match="register_step_not_allowed"):
                step()


def test_conditions_are_looked_at_again_when_listing_and_resubmitting() -> None:
    for step, status in ((enlist, RegisterStatus.CHECKED), (resubmit, RegisterStatus.RETURNED)):
        with pytest.raises(Refusal, match="register_conditions_unmet"):
            step(status, BAD)


def test_the_number_is_the_case_number_without_dashes() -> None:
    assert register_number("KC-2026-500107-000123") == "KC2026500107000123"


@pytest.mark.parametrize(("today", "years"), [
    (date(2026, 11, 23), (2025,)), (date(2026, 6, 1), (2025,)), (date(2026, 5, 31), (2025, 2024)),
    (date(2026, 1, 1), (2025, 2024)),
])  # fmt: skip
def test_until_the_tax_is_settled_the_year_before_may_stand_in(today: date, years: tuple[int, ...]) -> None:
    assert filing_years(today, RULES) == years

from dataclasses import replace
from datetime import date

import pytest

from services.registry.ladder.rules.register_application import (
    EntryFacts,
    FieldNote,
    RegisterCheck,
    RegisterStatus,
    apply,
    as_json,
    conditions,
    decide,
    enlist,
    entry_met,
    filing_years,
    register_number,
    resubmit,
    withdraw,
)
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


@pytest.mark.parametrize(("decision", "after"), [("PASS", "CHECKED"), ("RETURN", "RETURNED"), ("REJECT", "REJECTED")])
def test_the_district_passes_returns_or_rejects(decision: str, after: str) -> None:
    check = RegisterCheck.model_validate({"decision": decision, "notes": NOTE})
    assert decide(RegisterStatus.SUBMITTED, check).value == after


@pytest.mark.parametrize("decision", ["RETURN", "REJECT"])
def test_returning_and_rejecting_need_a_note(decision: str) -> None:
    with pytest.raises(Refusal, match="return_needs_notes"):
        decide(RegisterStatus.SUBMITTED, RegisterCheck.model_validate({"decision": decision}))


@pytest.mark.parametrize("status", RegisterStatus)
def test_each_step_is_allowed_from_its_states_only(status: RegisterStatus) -> None:
    passed = RegisterCheck.model_validate({"decision": "PASS"})
    steps = {
        "decide": (lambda: decide(status, passed), {"SUBMITTED"}),
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

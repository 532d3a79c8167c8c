from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.enterprise.rules.filing import FilingTerms, Gravity, check, check_year, submit
from shared.kernel.errors import Refusal
from tests.unit.registry.rule_sets import TODAY, rule_set

RULES = rule_set("annual_filing")
TERMS = FilingTerms(
    staff=100, science_staff=30, rd_staff=20, senior_title_staff=2, revenue_fen=5_000_000_000,
    cost_expense_fen=4_000_000_000, assets_fen=6_000_000_000, rd_expense_fen=300_000_000,
    super_deduction_fen=300_000_000,
)  # fmt: skip


def filed(**values: object) -> FilingTerms:
    """Return the filing with some values changed."""
    return FilingTerms.model_validate({**TERMS.model_dump(), **values})


def codes(
    terms: FilingTerms, *, previous: FilingTerms | None = TERMS, founded_on: date | None = None
) -> dict[str, str]:
    """Return what the checks find: code → gravity."""
    found = check(terms, year=2025, previous=previous, founded_on=founded_on, rule_set=RULES)
    assert all(one.text_zh and one.text_en and one.pointer.startswith("/") for one in found)
    return {one.code: one.gravity.value for one in found}


def test_a_consistent_filing_is_accepted_as_it_is() -> None:
    assert codes(TERMS) == {}
    event = submit(TERMS, (), uscc="91500107MA5XTE8T03", year=2025)
    assert (event.year, event.staff, event.super_deduction_fen) == (2025, 100, 300_000_000)


@pytest.mark.parametrize(("field", "code"), [
    ("rd_staff", "rd_staff_above_staff"),
    ("science_staff", "science_staff_above_staff"),
    ("senior_title_staff", "senior_staff_above_staff"),
])  # fmt: skip
def test_no_part_of_the_staff_exceeds_all_staff(field: str, code: str) -> None:
    assert codes(filed(**{field: 100})).get(code) is None
    assert codes(filed(**{field: 101}))[code] == "REFUSES"


@pytest.mark.parametrize(("deduction", "code", "gravity"), [
    (300_000_000, None, None),
    (300_000_001, "super_deduction_unusual", "NOTES"),
    (360_000_000, "super_deduction_unusual", "NOTES"),
    (360_000_001, "super_deduction_too_high", "REFUSES"),
    (None, None, None),
])  # fmt: skip
def test_the_super_deduction_stays_within_the_law(deduction: int | None, code: str | None, gravity: str | None) -> None:
    found = codes(filed(super_deduction_fen=deduction))
    assert found == ({} if code is None else {code: gravity})


def test_a_missing_year_before_is_noted_unless_the_firm_is_new() -> None:
    assert codes(TERMS, previous=None) == {"previous_year_missing": "NOTES"}
    assert codes(TERMS, previous=None, founded_on=date(2025, 6, 1)) == {}
    assert codes(TERMS, previous=None, founded_on=date(2024, 12, 31)) == {"previous_year_missing": "NOTES"}


def test_a_jump_and_odd_relations_are_noted() -> None:
    assert codes(filed(revenue_fen=20_000_000_000)) == {}
    assert codes(filed(revenue_fen=20_000_000_001)) == {"jump_against_last_year": "NOTES"}
    cheap = filed(cost_expense_fen=299_999_999)
    assert codes(cheap, previous=cheap) == {"rd_above_cost": "NOTES"}
    assert codes(filed(rd_staff=31)) == {"rd_staff_above_science_staff": "NOTES"}


def test_a_refusal_names_every_problem_and_points_at_the_first() -> None:
    terms = filed(rd_staff=101, science_staff=102)
    found = check(terms, year=2025, previous=TERMS, founded_on=None, rule_set=RULES)
    with pytest.raises(Refusal) as caught:
        submit(terms, found, uscc="x", year=2025)
    assert (caught.value.code.code, caught.value.pointer) == ("filing_inconsistent", "/rd_staff")
    assert "研发人员" in str(caught.value.details["problems_zh"])
    assert "science staff" in str(caught.value.details["problems_en"])


@pytest.mark.parametrize(("year", "code"), [
    (2026, "filing_year_not_open"), (2025, None), (2023, None), (2022, "filing_year_not_open"),
])  # fmt: skip
def test_years_that_have_ended_are_open_and_old_ones_closed(year: int, code: str | None) -> None:
    if code is None:
        check_year(year, today=TODAY, founded_on=None, rule_set=RULES)
        return
    with pytest.raises(Refusal) as caught:
        check_year(year, today=TODAY, founded_on=None, rule_set=RULES)
    assert caught.value.code.code == code


def test_a_year_before_the_founding_is_refused() -> None:
    check_year(2024, today=TODAY, founded_on=date(2024, 12, 31), rule_set=RULES)
    with pytest.raises(Refusal, match="filing_before_founding"):
        check_year(2024, today=TODAY, founded_on=date(2025, 1, 1), rule_set=RULES)


@given(
    staff=st.integers(0, 10), science=st.integers(0, 10), rd=st.integers(0, 10), senior=st.integers(0, 10),
    expense=st.integers(0, 1000), deduction=st.none() | st.integers(0, 1300),
)  # fmt: skip
def test_a_filing_is_refused_exactly_when_a_part_exceeds_its_whole(
    staff: int, science: int, rd: int, senior: int, expense: int, deduction: int | None
) -> None:
    terms = filed(
        staff=staff, science_staff=science, rd_staff=rd, senior_title_staff=senior,
        rd_expense_fen=expense, super_deduction_fen=deduction,
    )  # fmt: skip
    found = check(terms, year=2025, previous=None, founded_on=None, rule_set=RULES)
    # 120 % of the expense, rounded half up in whole fen
    expected = max(science, rd, senior) > staff or (deduction or 0) > (expense * 12 + 5) // 10
    assert any(one.gravity is Gravity.REFUSES for one in found) is expected


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({"revenue_fen": 50_000_000_000}, {"unit_far_from_last_year"}),
        ({"revenue_fen": 49_999_999_999}, set()),
        ({"assets_fen": 600_000_000}, {"unit_far_from_last_year"}),
        ({"assets_fen": 600_000_001}, set()),
        ({"rd_expense_fen": 0}, set()),
    ],
)
def test_an_amount_far_from_last_year_asks_for_its_unit(values: dict[str, int], asked: set[str]) -> None:
    found = codes(filed(super_deduction_fen=None, **values))
    assert {code for code, gravity in found.items() if gravity == "ASKS"} == asked


def test_small_amounts_may_grow_tenfold_without_a_question() -> None:
    small = filed(rd_expense_fen=100_000, super_deduction_fen=None)
    assert "ASKS" not in codes(filed(rd_expense_fen=5_000_000, super_deduction_fen=None), previous=small).values()


@pytest.mark.parametrize(
    ("revenue_fen", "asked"),
    [
        (5_000_000_000 * 100, True),
        (4_999_999_999 * 100, False),
        (99_999 * 100, True),
        (100_000 * 100, False),
        (0, False),
    ],
)
def test_an_odd_revenue_per_head_asks_for_its_unit(revenue_fen: int, asked: bool) -> None:
    terms = filed(revenue_fen=revenue_fen)
    found = codes(terms, previous=terms)
    assert ("unit_odd_per_head" in found) is asked


def test_a_question_stops_a_filing_until_it_is_confirmed() -> None:
    terms = filed(revenue_fen=50_000_000_000)
    found = check(terms, year=2025, previous=TERMS, founded_on=None, rule_set=RULES)
    with pytest.raises(Refusal, match="filing_unit_unconfirmed") as caught:
        submit(terms, found, uscc="91500107MA5XTE8T03", year=2025)
    assert "10 倍" in str(caught.value.details["questions_zh"])
    assert submit(terms, found, uscc="91500107MA5XTE8T03", year=2025, unit_confirmed=True).year == 2025

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.enterprise.rules.enterprise import IntegrityKind, OpenMark
from services.registry.enterprise.rules.filing import FilingTerms
from services.registry.enterprise.rules.qualification import HeldTitle, QualificationKind
from services.registry.evaluation.rules.next_step import steps
from services.registry.evaluation.rules.tech_sme_evaluation import (
    Dossier,
    conditions,
    direct_pass,
    evaluate,
    freeze,
    inputs_of,
)
from services.registry.evaluation.rules.tech_sme_score import Inputs, score
from shared.kernel.evidence import EvidenceLevel
from shared.policy.decision import Fact, canonical, open_record
from tests.support.oracle import tech_sme as oracle
from tests.unit.registry.rule_sets import TODAY, rule_set

RULES = rule_set("tech_sme_evaluation")
FILING = FilingTerms(
    staff=100, science_staff=30, rd_staff=20, senior_title_staff=1, revenue_fen=10_000_000_000,
    cost_expense_fen=8_000_000_000, assets_fen=10_000_000_000, rd_expense_fen=600_000_000,
)  # fmt: skip
DOSSIER = Dossier(
    is_resident=True,
    industry_barred=False,
    enterprise_origin="registry.enterprise/x@v1",
    marks=(),
    titles=(),
    filing=FILING,
    filing_origin="registry.filing.accepted/x/2025@v1",
    class_1_count=0,
    class_2_count=0,
    portfolio_origin="ipr.portfolio.changed/x@v1",
)


def filed(**values: int) -> Dossier:
    """Return the dossier with other figures."""
    return replace(DOSSIER, filing=FilingTerms.model_validate({**FILING.model_dump(), **values}))


def advice(dossier: Dossier) -> str:
    """Return the verdict on a dossier."""
    return str(evaluate(RULES, freeze(dossier), as_of=TODAY).result["verdict"])


def gates_met(dossier: Dossier) -> list[bool]:
    """Return which of the five conditions are met."""
    return [gate.open for gate in evaluate(RULES, freeze(dossier), as_of=TODAY).gates]


def title(kind: QualificationKind, **values: object) -> HeldTitle:
    """Return a title of a kind, valid since 2024."""
    given = {
        "kind": kind, "number": "示例", "valid_from_on": date(2024, 1, 1), "valid_until_on": None, "revoked_on": None,
        "evidence_level": EvidenceLevel.DOCUMENT, **values,
    }  # fmt: skip
    return HeldTitle(**given)  # type: ignore[arg-type]


def test_seventy_points_and_clean_conditions_qualify() -> None:
    record = evaluate(RULES, freeze(DOSSIER), as_of=TODAY)
    assert record.result["score_milli"] == 70_000
    assert record.result["verdict"] == "QUALIFIED"
    assert [gate.open for gate in record.gates] == [True] * 5


@pytest.mark.parametrize(("rd_fen", "class_2", "score_milli", "expected"), [
    (400_000_000, 2, 62_000, "QUALIFIED"),
    (400_000_000, 1, 56_000, "NOT_QUALIFIED"),
    (500_000_000, 0, 60_000, "QUALIFIED"),
])  # fmt: skip
def test_sixty_points_are_enough_and_fewer_are_not(rd_fen: int, class_2: int, score_milli: int, expected: str) -> None:
    dossier = replace(filed(rd_expense_fen=rd_fen), class_2_count=class_2)
    record = evaluate(RULES, freeze(dossier), as_of=TODAY)
    assert (record.result["score_milli"], record.result["verdict"]) == (score_milli, expected)


def test_eighty_points_without_science_staff_do_not_qualify() -> None:
    dossier = replace(filed(science_staff=9), class_1_count=1)
    record = evaluate(RULES, freeze(dossier), as_of=TODAY)
    assert (record.result["score_milli"], record.result["verdict"]) == (80_000, "NOT_QUALIFIED")


@pytest.mark.parametrize(("field", "most"), [
    ("staff", 500), ("revenue_fen", 20_000_000_000), ("assets_fen", 20_000_000_000),
])  # fmt: skip
def test_the_size_limits_are_included_and_one_more_is_too_large(field: str, most: int) -> None:
    assert gates_met(filed(**{field: most}))[1]
    assert not gates_met(filed(**{field: most + 1}))[1]


def test_each_of_the_first_four_conditions_stops_the_firm() -> None:
    mark = OpenMark(IntegrityKind.SERIOUS_DISHONESTY, date(2020, 1, 1))
    for dossier in (
        replace(DOSSIER, is_resident=False),
        filed(staff=501, science_staff=200),
        replace(DOSSIER, industry_barred=True),
        replace(DOSSIER, marks=(mark,)),
    ):
        direct = replace(dossier, titles=(title(QualificationKind.HNTE),))
        assert advice(direct) == "NOT_QUALIFIED"


@pytest.mark.parametrize(("mark", "met"), [
    (OpenMark(IntegrityKind.MAJOR_ACCIDENT, date(2025, 1, 1), date(2025, 2, 1)), False),
    (OpenMark(IntegrityKind.MAJOR_ACCIDENT, date(2024, 12, 31)), True),
    (OpenMark(IntegrityKind.RESEARCH_DISHONESTY, date(2026, 11, 1)), False),
    (OpenMark(IntegrityKind.ABNORMAL_OPERATIONS, date(2019, 1, 1)), False),
    (OpenMark(IntegrityKind.ABNORMAL_OPERATIONS, date(2026, 1, 1), date(2026, 6, 1)), True),
])  # fmt: skip
def test_accidents_count_by_year_and_lists_while_the_firm_is_on_them(mark: OpenMark, met: bool) -> None:
    assert gates_met(replace(DOSSIER, marks=(mark,)))[3] is met


@pytest.mark.parametrize(("held", "grounds"), [
    (title(QualificationKind.HNTE), ("HNTE",)),
    (title(QualificationKind.HNTE, valid_until_on=TODAY), ("HNTE",)),
    (title(QualificationKind.HNTE, valid_until_on=date(2026, 11, 22)), ()),
    (title(QualificationKind.HNTE, revoked_on=TODAY), ()),
    (title(QualificationKind.NATIONAL_AWARD, award_rank=3), ("NATIONAL_AWARD",)),
    (title(QualificationKind.NATIONAL_AWARD, award_rank=4), ()),
    (title(QualificationKind.NATIONAL_AWARD), ()),
    (title(QualificationKind.NATIONAL_AWARD, award_rank=1, valid_from_on=date(2021, 11, 24)), ("NATIONAL_AWARD",)),
    (title(QualificationKind.NATIONAL_AWARD, award_rank=1, valid_from_on=date(2021, 11, 23)), ()),
    (title(QualificationKind.RD_INSTITUTION), ("RD_INSTITUTION",)),
    (title(QualificationKind.STANDARD_LEAD, drafting_rank=5), ("STANDARD_LEAD",)),
    (title(QualificationKind.STANDARD_LEAD, drafting_rank=6), ()),
    (title(QualificationKind.STANDARD_LEAD), ()),
    (title(QualificationKind.STANDARD_LEAD, drafting_rank=1, valid_from_on=date(2021, 11, 23)), ()),
    (title(QualificationKind.SRDI), ()),
])  # fmt: skip
def test_each_ground_of_direct_confirmation(held: HeldTitle, grounds: tuple[str, ...]) -> None:
    assert direct_pass(RULES, [held], as_of=TODAY) == grounds
    poor = replace(filed(science_staff=0, rd_expense_fen=0), titles=(held,))
    assert advice(poor) == ("QUALIFIED_DIRECT" if grounds else "NOT_QUALIFIED")


def test_frozen_facts_say_where_each_came_from_and_give_the_same_bytes_again() -> None:
    dossier = replace(
        DOSSIER,
        titles=(title(QualificationKind.NATIONAL_AWARD, award_rank=2, valid_until_on=date(2027, 1, 1)),),
        marks=(OpenMark(IntegrityKind.MAJOR_ACCIDENT, date(2020, 1, 1), date(2020, 2, 1)),),
    )
    facts = freeze(dossier)
    assert facts["staff"].origin == "registry.filing.accepted/x/2025@v1"
    assert facts["class_1_count"].origin == "ipr.portfolio.changed/x@v1"
    assert inputs_of(facts) == Inputs(100, 30, 10_000_000_000, 8_000_000_000, 600_000_000, 0, 0)
    stored = canonical(evaluate(RULES, facts, as_of=TODAY))
    opened = open_record(stored)
    assert canonical(evaluate(RULES, opened.facts, as_of=opened.as_of)) == stored
    changed = {**opened.facts, "staff": Fact(101, opened.facts["staff"].origin)}
    assert canonical(evaluate(RULES, changed, as_of=opened.as_of)) != stored


def test_every_condition_names_its_article_and_its_way_out_in_both_languages() -> None:
    facts = freeze(DOSSIER)
    gates = conditions(RULES, facts, score(RULES, inputs_of(facts)), as_of=TODAY)
    assert [gate.article for gate in gates] == [f"第六条第（{number}）项" for number in "一二三四五"]
    assert all(gate.label_zh and gate.label_en and gate.way_out_zh and gate.way_out_en for gate in gates)


def test_the_cheapest_step_is_the_smallest_relative_rise() -> None:
    # 24 of 100 science staff: one more (+4.2 %) is a tier; R&D 4.7 % of sales: the next tier is 6.4 % more.
    result = evaluate(RULES, freeze(filed(science_staff=24, rd_expense_fen=470_000_000)), as_of=TODAY).result
    (step,) = result["cheapest_to_tier"]
    assert (step["indicator"], step["from_value"], step["to_value"], step["add"]) == ("science_staff", 24, 25, 1)
    assert step["move_ppm"] == 41_667
    assert step["verdict_after"] == "NOT_QUALIFIED"


def test_equal_relative_rises_are_all_shown() -> None:
    # 24 → 25 of 100 staff, and 480 → 500 of 10,000 million fen of sales: both are one twenty-fourth more.
    tied = evaluate(RULES, freeze(filed(science_staff=24, rd_expense_fen=480_000_000)), as_of=TODAY).result
    names = [step["indicator"] for step in tied["cheapest_to_tier"]]
    assert names == ["science_staff", "rd_expense_fen"]


def test_the_cheapest_way_to_the_verdict_may_skip_tiers() -> None:
    # 20 points for staff, 20 for R&D: 40. Sixty need R&D at 5 % (40 points) or four class II rights (24 points).
    dossier = replace(filed(rd_expense_fen=300_000_000), class_2_count=2)
    result = evaluate(RULES, freeze(dossier), as_of=TODAY).result
    assert result["score_milli"] == 52_000
    assert [step["indicator"] for step in result["cheapest_to_verdict"]] == ["rd_expense_fen"]
    assert result["cheapest_to_verdict"][0]["to_value"] == 400_000_000
    assert result["cheapest_to_verdict"][0]["verdict_after"] == "QUALIFIED"


def test_a_full_score_has_no_further_step() -> None:
    result = evaluate(RULES, freeze(replace(DOSSIER, class_1_count=1)), as_of=TODAY).result
    assert (result["score_milli"], result["cheapest_to_tier"], result["cheapest_to_verdict"]) == (100_000, [], [])


def test_where_nothing_is_there_all_first_steps_tie() -> None:
    result = evaluate(RULES, freeze(filed(science_staff=0, rd_expense_fen=0)), as_of=TODAY).result
    assert [step["indicator"] for step in result["cheapest_to_tier"]] == [
        "science_staff", "rd_expense_fen", "class_1_count", "class_2_count",
    ]  # fmt: skip
    assert all(step["move_ppm"] is None for step in result["cheapest_to_tier"])


def points(inputs: Inputs) -> int:
    """Return the points of a second calculation."""
    return (
        oracle.staff_points(inputs.science_staff, inputs.staff)
        + oracle.rd_points(inputs.rd_expense_fen, inputs.revenue_fen, inputs.cost_expense_fen)
        + oracle.ip_points(inputs.class_1_count, inputs.class_2_count)
    )


def good(inputs: Inputs) -> bool:
    """Tell whether condition five holds by the second calculation."""
    return points(inputs) >= 60 and oracle.staff_points(inputs.science_staff, inputs.staff) > 0


@settings(max_examples=60)
@given(
    staff=st.integers(1, 60), science=st.integers(0, 60), revenue=st.integers(0, 400), cost=st.integers(0, 400),
    rd=st.integers(0, 100), class_1=st.integers(0, 1), class_2=st.integers(0, 5),
)  # fmt: skip
def test_no_smaller_rise_of_one_number_gains_anything(
    staff: int, science: int, revenue: int, cost: int, rd: int, class_1: int, class_2: int
) -> None:
    inputs = Inputs(staff, min(science, staff), revenue, cost, rd, class_1, class_2)
    now = score(RULES, inputs)
    gates = conditions(RULES, freeze(DOSSIER), now, as_of=TODAY)
    found: dict[str, int] = {}
    for step in steps(RULES, inputs, gates=gates, bases=()):
        found[step.lever] = min(step.to_value, found.get(step.lever, step.to_value))
    for lever, most in (("science_staff", staff), ("rd_expense_fen", 130), ("class_1_count", 2), ("class_2_count", 6)):
        start = getattr(inputs, lever)
        rises = [replace(inputs, **{lever: value}) for value in range(start + 1, most + 1)]
        gains = [
            getattr(after, lever) for after in rises if points(after) > points(inputs) or (good(after) > good(inputs))
        ]
        assert not gains or found[lever] == gains[0]
        assert gains or lever not in found or found[lever] > most

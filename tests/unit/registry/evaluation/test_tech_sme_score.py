"""Points of the national tech-SME evaluation against tables typed from 国科发政〔2017〕115号 (domain table 2.2)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.evaluation.rules.tech_sme_score import Inputs, score
from tests.support.oracle import tech_sme as oracle
from tests.unit.registry.rule_sets import rule_set

RULES = rule_set("tech_sme_evaluation")
BASE = Inputs(
    staff=100,
    science_staff=0,
    revenue_fen=10_000_000,
    cost_expense_fen=10_000_000,
    rd_expense_fen=0,
    class_1_count=0,
    class_2_count=0,
)
# lower bound in percent → points; below the last bound 0
SCIENCE_STAFF = {30: 20, 25: 16, 20: 12, 15: 8, 10: 4}
RD_BY_SALES = {6: 50, 5: 40, 4: 30, 3: 20, 2: 10}
RD_BY_COST = {30: 50, 25: 40, 20: 30, 15: 20, 10: 10}
CLASS_2 = {0: 0, 1: 6, 2: 12, 3: 18, 4: 24, 5: 24}


def with_values(**values: int) -> Inputs:
    """Return the base with some values changed."""
    return Inputs(**{**{name: getattr(BASE, name) for name in Inputs.__dataclass_fields__}, **values})


def below(table: dict[int, int], bound: int) -> int:
    """Return the points of the tier below `bound`."""
    return max((points for lower, points in table.items() if lower < bound), default=0)


@pytest.mark.parametrize(("bound", "points"), SCIENCE_STAFF.items())
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_science_staff_at_one_below_and_one_above_each_bound(bound: int, points: int, step: int) -> None:
    staff = 1_000_000
    found = score(RULES, with_values(staff=staff, science_staff=staff * bound // 100 + step))
    expected = points if step >= 0 else below(SCIENCE_STAFF, bound)
    assert found.science_staff_milli == expected * 1000


@pytest.mark.parametrize(("bound", "points"), RD_BY_SALES.items())
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_rd_by_sales_at_one_fen_below_and_above_each_bound(bound: int, points: int, step: int) -> None:
    revenue = 12_345_678_900
    found = score(
        RULES, with_values(revenue_fen=revenue, cost_expense_fen=0, rd_expense_fen=revenue * bound // 100 + step)
    )
    assert found.rd_milli == (points if step >= 0 else below(RD_BY_SALES, bound)) * 1000


@pytest.mark.parametrize(("bound", "points"), RD_BY_COST.items())
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_rd_by_cost_at_one_fen_below_and_above_each_bound(bound: int, points: int, step: int) -> None:
    cost = 12_345_678_900
    found = score(RULES, with_values(revenue_fen=0, cost_expense_fen=cost, rd_expense_fen=cost * bound // 100 + step))
    assert found.rd_milli == (points if step >= 0 else below(RD_BY_COST, bound)) * 1000


@pytest.mark.parametrize(("count", "points"), CLASS_2.items())
def test_class_two_rights_at_each_count(count: int, points: int) -> None:
    assert score(RULES, with_values(class_2_count=count)).rights_milli == points * 1000


@pytest.mark.parametrize(("class_1", "points"), [(0, 24), (1, 30), (2, 30)])
def test_one_class_one_right_beats_any_number_of_class_two(class_1: int, points: int) -> None:
    assert score(RULES, with_values(class_1_count=class_1, class_2_count=9)).rights_milli == points * 1000


def test_the_better_of_the_two_rd_ratios_counts_and_the_other_says_so() -> None:
    found = score(RULES, with_values(revenue_fen=10_000_000, cost_expense_fen=10_000_000, rd_expense_fen=600_000))
    assert found.counted == ("science_staff", "rd_by_sales", "class_1_rights")
    lines = {line.indicator: line for line in found.lines}
    assert lines["rd_by_sales"].points_milli == 50_000
    assert lines["rd_by_cost"].points_milli == 0
    assert lines["rd_by_cost"].note_zh == "两项取高，本项未计入总分"
    assert lines["rd_by_sales"].note_zh is None


def test_a_ratio_without_a_base_scores_nothing() -> None:
    found = score(RULES, with_values(staff=0, revenue_fen=0, cost_expense_fen=0, rd_expense_fen=5))
    assert (found.science_staff_milli, found.rd_milli, found.total_milli) == (0, 0, 0)


AMOUNT = st.integers(0, 10**13)
COUNT = st.integers(0, 6)


@settings(max_examples=400)
@given(
    staff=st.integers(0, 5_000), share=st.integers(0, 1_000_000), revenue=AMOUNT, cost=AMOUNT, rd=AMOUNT,
    class_1=st.integers(0, 2), class_2=COUNT,
)  # fmt: skip
def test_every_score_agrees_with_a_second_calculation_and_with_its_lines(
    staff: int, share: int, revenue: int, cost: int, rd: int, class_1: int, class_2: int
) -> None:
    science = staff * share // 1_000_000
    found = score(RULES, Inputs(staff, science, revenue, cost, rd, class_1, class_2))
    expected = (
        oracle.staff_points(science, staff) + oracle.rd_points(rd, revenue, cost) + oracle.ip_points(class_1, class_2)
    )
    assert found.total_milli == expected * 1000
    assert sum(line.points_milli for line in found.lines if line.indicator in found.counted) == found.total_milli
    assert all(line.article.startswith("第七条") and line.confidence == "reported" for line in found.lines)

"""Each indicator says its value, its tier, its points and what the next tier needs, in Chinese and in English."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.explain import IndicatorLine, Status, lines
from shared.policy.header import Confidence
from shared.policy.value_text import value_text
from tests.support.policy import document, rule_set, table

RULES = rule_set()


def explained(ratio: int | None = 50000, defects: int | None = 1) -> dict[str, IndicatorLine]:
    """Return the lines of the example by indicator."""
    facts = {"rd_ratio_ppm": ratio, "defect_count": defects, "title": None}
    return {line.indicator: line for line in lines(RULES, RULES.evaluate(facts), facts)}


def test_a_line_says_value_tier_points_article_and_confidence() -> None:
    line = explained()["rd_ratio"]
    assert (line.value, line.value_text_zh, line.value_text_en) == (50000, "5%", "5 %")
    assert (line.tier, line.points_milli, line.max_points_milli) == ("t2", 30000, 50000)
    assert (line.article, line.source, line.confidence) == ("第三条", "示例办法", Confidence.OFFICIAL)
    assert line.status is Status.ASSESSED
    assert line.note_zh is None


def test_the_next_tier_says_what_it_needs_and_how_far_it_is() -> None:
    tier = explained()["rd_ratio"].next_tier
    assert tier is not None
    assert (tier.row, tier.points_milli, tier.needs, tier.distance) == ("t1", 50000, 60000, 10000)
    assert tier.text_zh == "达到 6%（还差 1 个百分点），可得 50 分"
    assert tier.text_en == "50 points with at least 6 % (1 percentage points away)"


def test_where_less_is_better_the_next_tier_lies_below() -> None:
    tier = explained(defects=5)["defects"].next_tier
    assert tier is not None
    assert (tier.row, tier.needs, tier.distance) == ("t2", 2, 3)
    assert tier.text_zh.startswith("降至 2 项")
    top = explained(defects=2)["defects"].next_tier
    assert top is not None
    assert (top.row, top.needs, top.distance) == ("t1", 0, 2)


def test_a_tier_with_the_same_points_is_no_next_tier() -> None:
    changed = document()
    table(changed, "rd_ratio")["rules"][2]["points_milli"] = "10000"
    rules = rule_set(changed)
    facts = {"rd_ratio_ppm": 25000, "defect_count": 0, "title": None}
    tier = lines(rules, rules.evaluate(facts), facts)[0].next_tier
    assert tier is not None
    assert (tier.row, tier.needs) == ("t1", 60000)


def test_the_top_tier_has_no_next_one() -> None:
    assert explained(60000, 0)["rd_ratio"].next_tier is None
    assert explained(60000, 0)["defects"].next_tier is None


def test_an_unknown_value_is_not_assessed_and_names_the_lowest_tier_with_points() -> None:
    line = explained(None)["rd_ratio"]
    assert (line.status, line.points_milli, line.tier) == (Status.NOT_ASSESSED, 0, "absent")
    assert line.value_text_zh == "无数据"
    assert line.note_zh
    assert line.note_en
    assert line.next_tier is not None
    assert (line.next_tier.row, line.next_tier.needs, line.next_tier.distance) == ("t3", 20000, None)


def test_what_cannot_be_assessed_yet_gives_no_points_and_says_why() -> None:
    line = explained()["patent_quality"]
    assert (line.status, line.points_milli, line.max_points_milli, line.tier) == (Status.NOT_ASSESSED, 0, 30000, None)
    assert line.note_en == "needs a valuation of the patents, not assessed"


def test_only_evaluated_tables_are_explained() -> None:
    facts = {"defect_count": 0}
    found = lines(RULES, RULES.evaluate(facts, nodes={"defects"}), facts)
    assert [line.indicator for line in found] == ["defects", "patent_quality"]


@given(st.integers(-10, 80_000))
def test_the_next_tier_is_reached_at_what_it_needs_and_not_before(value: int) -> None:
    tier = explained(value)["rd_ratio"].next_tier
    if tier is None:
        assert value >= 60000
        return
    assert tier.distance == tier.needs - value
    assert explained(tier.needs)["rd_ratio"].tier == tier.row
    assert explained(tier.needs)["rd_ratio"].points_milli == tier.points_milli
    assert explained(tier.needs - 1)["rd_ratio"].points_milli == explained(value)["rd_ratio"].points_milli


@given(st.integers(-5, 10))
def test_the_next_tier_below_is_reached_at_what_it_needs_and_not_before(value: int) -> None:
    tier = explained(defects=value)["defects"].next_tier
    if tier is None:
        assert value <= 0
        return
    assert tier.distance == value - tier.needs
    assert explained(defects=tier.needs)["defects"].points_milli == tier.points_milli
    assert explained(defects=tier.needs + 1)["defects"].points_milli < tier.points_milli


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (123456789, "fen", "123.456789万元", "CNY 1,234,567.89"),
        (-150, "fen", "-0.00015万元", "CNY -1.50"),
        (34500, "ppm", "3.45%", "3.45 %"),
        (1, "ppm", "0.0001%", "0.0001 %"),
        (-50000, "ppm", "-5%", "-5 %"),
        (25000, "ppm_points", "2.5 个百分点", "2.5 percentage points"),
        (12500, "milli_points", "12.5 分", "12.5 points"),
        (1001, "milli", "1.001", "1.001"),
        (1200, "people", "1,200 人", "1,200 people"),
        (10, "working_days", "10 个工作日", "10 working days"),
        (7, "rank", "第 7 位", "rank 7"),
        (20250520, "day_number", "2025-05-20", "2025-05-20"),
        (202605, "month_number", "2026-05", "2026-05"),
        (0, "flag", "否", "no"),
        (7, "bare", "7", "7"),
        (True, "bool", "是", "yes"),
        (False, "bool", "否", "no"),
        ("HNTE", "code", "高新技术企业", "high and new technology enterprise"),
        (None, "fen", "无数据", "no data"),
    ],
)
def test_values_read_exactly_in_both_languages(value: int | str | None, unit: str, zh: str, en: str) -> None:
    assert value_text(value, unit) == (zh, en)


def test_a_line_of_an_own_calculation_has_the_same_words() -> None:
    line = replace(explained()["rd_ratio"], indicator="ip_rights", points_milli=12000, next_tier=None)
    assert (line.indicator, line.status) == ("ip_rights", Status.ASSESSED)

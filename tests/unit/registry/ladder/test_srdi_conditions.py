"""The conditions of an SRDI SME, shown as they were restated; no answer judges a firm by them yet."""

from datetime import date

import pytest

from shared.kernel.errors import Refusal
from shared.policy.number import parameter_number
from shared.policy.rule_set import RuleSet
from shared.web.rule_set_read import RuleSetRead
from tests.unit.registry.rule_sets import BOOK

POLICY = "srdi_conditions"
FIRST_DAY = date(2026, 4, 1)
# 工信部企业〔2026〕2号 as restated: 1,500万元, 2,000万元, 80 %, 80 %, 100万元 and 3 % in each of two years, one class I
# right in use, three years in the niche, 50 points, and the title of the step below.
STATED = {
    "revenue_min_fen": "1,500万元",
    "equity_in_two_years_min_fen": "2,000万元",
    "main_business_min_ppm": "80%",
    "debt_ratio_max_ppm": "80%",
    "rd_expense_min_fen": "100万元",
    "rd_revenue_min_ppm": "3%",
    "rd_years": "2 年",
    "class_1_rights_min": "1 项",
    "niche_years_min": "3 年",
    "score_min_milli": "50 分",
    "title_required": "科技和创新型中小企业",
}


@pytest.fixture
def conditions() -> RuleSet:
    """What holds on the first day of the measures."""
    return BOOK.pick(POLICY, FIRST_DAY)


def test_every_condition_stands_as_the_measures_were_restated(conditions: RuleSet) -> None:
    assert {name: parameter_number(conditions, name).value_text_zh for name in conditions.parameters} == STATED


def test_what_others_restated_is_called_reported_and_the_page_says_so(conditions: RuleSet) -> None:
    page = RuleSetRead.of(conditions, BOOK)
    assert {one.confidence for one in page.parameters} == {"reported"}
    assert (page.weakest_confidence, page.valid_from_on, page.source_no) == (
        "reported", FIRST_DAY, "工信部企业〔2026〕2号",
    )  # fmt: skip


def test_the_day_before_the_measures_has_no_conditions_of_theirs() -> None:
    with pytest.raises(Refusal) as refused:
        BOOK.pick(POLICY, date(2026, 3, 31))
    assert refused.value.code.code == "rule_set_not_in_force"

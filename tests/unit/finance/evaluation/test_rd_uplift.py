"""The article-6 uplift: at each bound, at the cap, and why a firm gets none."""

import json

import pytest

from services.finance.evaluation.rules import kv_evaluation
from shared.policy.decision import Fact
from tests.unit.finance.builders import BOOK, TODAY, WAN, evaluate, filing, firm, portfolio, titles


@pytest.mark.parametrize(
    ("deduction", "percent"),
    [
        (None, 0),
        (0, 0),
        (200 * WAN - 1, 0),
        (200 * WAN, 10),
        (500 * WAN - 1, 10),
        (500 * WAN, 20),
        (1_000 * WAN - 1, 20),
        (1_000 * WAN, 30),
    ],
)
def test_the_article_6_uplift_holds_at_each_bound(deduction: int | None, percent: int) -> None:
    held = firm(
        filings={2025: filing(super_deduction_fen=deduction, rd_expense_fen=250 * WAN, innovative_products=0)},
        qualifications=titles("TECH_ENTERPRISE", "TECH_SME"),
        portfolio=portfolio(0, INVENTION=(2, 2_000)),
    )
    found = evaluate(held)
    assert (found.grade, found.base_limit_fen) == ("D", 160 * WAN)
    assert found.uplift_fen == 160 * WAN * percent // 100


def test_the_uplift_stops_at_the_cap() -> None:
    filed = {2024: filing(2024, rd_expense_fen=250 * WAN), 2025: filing(super_deduction_fen=1_000 * WAN)}
    found = evaluate(firm(filings=filed, qualifications=titles("TECH_ENTERPRISE", "TECH_SME")))
    assert (found.base_limit_fen, found.uplift_fen, found.limit_fen) == (500 * WAN, 0, 500 * WAN)


def test_a_firm_only_on_the_citys_register_gets_no_uplift_and_is_told_why() -> None:
    filed = {2025: filing(super_deduction_fen=1_000 * WAN)}
    found = evaluate(firm(filings=filed))
    uplift = json.loads(found.uplift_record)["result"]
    assert (found.uplift_fen, uplift["reason_code"]) == (0, "not_tech_sme")
    assert "科技型中小企业" in uplift["reason_zh"]
    assert "article 6" in uplift["reason_en"]


def test_a_firm_only_on_the_national_register_has_no_limit_to_raise() -> None:
    filed = {2025: filing(super_deduction_fen=1_000 * WAN)}
    found = evaluate(firm(filings=filed, qualifications=titles("TECH_SME")))
    assert json.loads(found.uplift_record)["result"]["reason_code"] == "no_base_limit"
    values = {"base_limit_fen": 100, "tech_enterprise_valid": False, "tech_sme_valid": True, "super_deduction_fen": 0}
    facts = {name: Fact(value, "test") for name, value in values.items()}
    rules = BOOK.pick(kv_evaluation.UPLIFT_POLICY, TODAY)
    assert kv_evaluation.decide_uplift(facts, rules).reason_code == "not_on_city_register"

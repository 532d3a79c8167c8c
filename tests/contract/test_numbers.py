"""Every number that decides is told beside an answer, with its source; what only guards an entry is named."""

import importlib
import json
import pkgutil
from datetime import date
from typing import Any

import pytest

import services
from shared.policy.book import RuleBook
from tests.support.source import ROOT, SERVICES

TODAY = date(2026, 11, 29)
BOOKS = {service: RuleBook.from_folder(ROOT / "services" / service / "policies") for service in SERVICES}
WHOLE = {
    "kvc_evaluation": ("finance", "EvaluationRead", "numbers"),
    "rd_uplift": ("finance", "EvaluationRead", "numbers"),
    "tech_sme_evaluation": ("registry", "EvaluationRead", "numbers"),
    "tech_sme_window": ("registry", "EvaluationRead", "numbers"),
    "ip_portfolio": ("ipr", "PortfolioRead", "parameters"),
    "annual_fee": ("ipr", "AnnuitiesRead", "numbers"),
    "right_term": ("ipr", "RightDetail", "numbers"),
    "size_class": ("registry", "SizeBoundRead", "bound"),
}
"""Rule sets of which an answer tells every number that counted: service, shape and field of it."""
GUARDS = {
    "loan_terms": {"drawdown_months_max"},
    "lpr_1y": {"publication_day", "jump_max_ppm", "rate_max_ppm", "rate_min_ppm", "recorded_until_month"},
    "right_status": {"restore_within_months"},
    "listing_terms": {"innovation_point_chars_max", "innovation_points_max", "keywords_max"},
    "annual_filing": {"oldest_year_age"},
    "srdi_conditions": {
        "revenue_min_fen", "equity_in_two_years_min_fen", "main_business_min_ppm", "debt_ratio_max_ppm",
        "rd_expense_min_fen", "rd_revenue_min_ppm", "rd_years", "class_1_rights_min", "niche_years_min",
        "score_min_milli",
    },
}  # fmt: skip
"""Numbers that no answer holds: they refuse an entry, or decide nothing yet; the page of their rule set
tells them with their source."""


def told_by(names: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the numbers of each policy that the answers of all services tell by name, added to `names`."""
    for found in pkgutil.walk_packages(services.__path__, "services."):
        if ".api." in found.name:
            for policy, numbers in getattr(importlib.import_module(found.name), "NUMBERS", {}).items():
                names.setdefault(policy, set()).update(numbers)
    return names


def untold(numbers: dict[str, set[str]], told: dict[str, set[str]]) -> list[str]:
    """Return the numbers that neither an answer tells nor a reason leaves out."""
    return [
        f"{policy}.{name}"
        for policy, names in sorted(numbers.items())
        if policy not in WHOLE
        for name in sorted(names - told.get(policy, set()) - GUARDS.get(policy, set()))
    ]


def numbers_that_decide() -> dict[str, set[str]]:
    """Return the whole numbers among the parameters of the rule sets that decide today."""
    return {
        rules.policy: {name for name, one in rules.parameters.items() if type(one.value) is int}
        for book in BOOKS.values()
        for rules in book.deciding(TODAY)
    }


def shape(service: str, name: str) -> dict[str, Any]:
    """Return the fields of a shape of a service's contract."""
    document = json.loads((ROOT / "docs/contracts/openapi" / f"{service}.json").read_text("utf-8"))
    fields: dict[str, Any] = document["components"]["schemas"][name]["properties"]
    return fields


def test_a_number_that_no_answer_tells_would_be_found() -> None:
    assert untold({"fund_cover": {"leverage", "cap_fen"}}, {"fund_cover": {"leverage"}}) == ["fund_cover.cap_fen"]


def test_every_number_that_decides_is_told_beside_an_answer() -> None:
    numbers = numbers_that_decide()
    assert {"loan_terms", "fund_cover", "consent_terms", "right_term", "listing_terms"} <= numbers.keys()
    assert untold(numbers, told_by({})) == []


def test_what_is_left_out_or_told_by_name_is_there() -> None:
    numbers = numbers_that_decide()
    for policy, names in [*GUARDS.items(), *told_by({}).items()]:
        assert names <= numbers[policy], policy
    assert WHOLE.keys() <= numbers.keys()


@pytest.mark.parametrize(
    ("service", "name", "field"),
    [
        *sorted(WHOLE.values()),
        ("finance", "LoanRead", "numbers"),
        ("finance", "LoanApplicationRead", "numbers"),
        ("finance", "ApprovalRead", "numbers"),
        ("finance", "CoverRead", "numbers"),
        ("finance", "ConsentRead", "numbers"),
        ("finance", "FundAccountRead", "numbers"),
        ("registry", "RegisterApplicationRead", "numbers"),
        ("registry", "QualificationRead", "numbers"),
        ("registry", "FilingCheckRead", "numbers"),
        ("techtransfer", "NeedDetail", "numbers"),
        ("techtransfer", "AchievementChecked", "numbers"),
    ],
)
def test_the_contract_says_that_numbers_come_with_their_source(service: str, name: str, field: str) -> None:
    assert "NumberRead" in json.dumps(shape(service, name)[field])
    number = shape(service, "NumberRead")
    assert {"value", "source", "article", "source_on", "confidence", "label_zh", "label_en"} <= number.keys()

"""Builders of the unit tests: the shipped rule sets, and firms as finance sees them."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import services.finance
from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_evaluation import Evaluation
from services.finance.evaluation.rules.kv_fact import (
    EnterpriseView,
    FilingView,
    FirmView,
    PortfolioView,
    QualificationView,
)
from shared.kernel.uscc import check_character
from shared.policy.book import RuleBook

BOOK = RuleBook.from_folder(Path(services.finance.__file__).parent / "policies")
TODAY = date(2026, 11, 23)
USCC = "91500107MA0000001M"
WAN = 1_000_000
BANK = "91500107MA9000001" + check_character("91500107MA9000001")


def filing(year: int = 2025, **fields: Any) -> FilingView:
    """An accepted filing; money in fen."""
    given = {
        "version": 1,
        "year": year,
        "staff": 100,
        "rd_staff": 25,
        "revenue_fen": 3_000 * WAN,
        "rd_expense_fen": 300 * WAN,
        "super_deduction_fen": None,
        "innovative_products": 2,
    }
    return FilingView(**(given | fields))


def titles(*kinds: str) -> dict[str, QualificationView]:
    """Valid titles without an end."""
    return {kind: QualificationView(1, "VALID", date(2025, 1, 1), None) for kind in kinds}


def portfolio(high_value: int = 1, **kinds: tuple[int, int]) -> PortfolioView:
    """An IP summary: kind=(count, weighted thousandths)."""
    return PortfolioView(1, TODAY, high_value, 0, kinds, "0" * 64)


def firm(**fields: Any) -> FirmView:
    """A firm that may borrow."""
    held = FirmView(
        uscc=USCC,
        enterprise=EnterpriseView(1, serious_dishonesty=False, abnormal_operations=False),
        filings={2024: filing(2024, rd_expense_fen=250 * WAN), 2025: filing()},
        qualifications=titles("TECH_ENTERPRISE"),
        portfolio=portfolio(INVENTION=(4, 4_000), UTILITY_MODEL=(5, 5_000)),
    )
    return replace(held, **fields)


def evaluate(held: FirmView, on: date = TODAY) -> Evaluation:
    """Evaluate a firm under the rule sets in force on a day."""
    rules, uplift = BOOK.pick(kv_evaluation.POLICY, on), BOOK.pick(kv_evaluation.UPLIFT_POLICY, on)
    return kv_evaluation.evaluate(kv_fact.gather(held, rules, on), rules, uplift, on)

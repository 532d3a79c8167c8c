"""A made-up firm as finance holds it, for the evaluation of one firm."""

from datetime import date
from pathlib import Path

import services.finance
from services.finance.evaluation.rules.kv_fact import (
    EnterpriseView,
    FilingView,
    FirmView,
    PortfolioView,
    QualificationView,
)
from tests.bench.filling import code

FOLDER = Path(services.finance.__file__).parent / "policies"
_WAN = 1_000_000


def made_up(number: int, today: date) -> FirmView:
    """Return a firm as finance holds it; the numbers differ so that every tier occurs."""
    size = number % 17 + 1
    filings = {
        year: FilingView(
            1, year, 10 * size, 3 * size, 300 * size * _WAN, (20 + number % 23 + turn) * size * _WAN, None, number % 4
        )
        for turn, year in enumerate((today.year - 2, today.year - 1))
    }
    titles = {"TECH_ENTERPRISE": QualificationView(1, "VALID", date(2024, 1, 1), None)}
    if number % 2:
        titles["TECH_SME"] = QualificationView(1, "VALID", date(2024, 1, 1), None)
    kinds = {"INVENTION": (number % 6, 1000 * (number % 6)), "UTILITY_MODEL": (number % 9, 1000 * (number % 9))}
    return FirmView(
        code(number),
        EnterpriseView(1, serious_dishonesty=False, abnormal_operations=False),
        filings,
        titles,
        PortfolioView(1, today, number % 3, 0, kinds, "0" * 64),
    )

"""Tables of finance; importing this package registers all of them for migrations."""

from services.finance.models import (
    bank,
    consent,
    cover,
    credit_line,
    drawdown,
    enterprise,
    filing,
    fund_account,
    kv_evaluation,
    loan,
    loan_application,
    portfolio,
    qualification,
)

__all__ = [
    "bank",
    "consent",
    "cover",
    "credit_line",
    "drawdown",
    "enterprise",
    "filing",
    "fund_account",
    "kv_evaluation",
    "loan",
    "loan_application",
    "portfolio",
    "qualification",
]

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
from services.finance.models.base import Base

__all__ = [
    "Base",
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

"""Tables of finance; importing this package registers all of them for migrations."""

from services.finance.base import Base
from services.finance.evaluation.models import credit_line, enterprise, filing, kv_evaluation, portfolio, qualification
from services.finance.fund.models import fund_account
from services.finance.lending.models import cover, drawdown, loan, loan_application, lpr_publication
from services.finance.partner.models import bank, consent

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
    "lpr_publication",
    "portfolio",
    "qualification",
]
